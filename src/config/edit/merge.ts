/*
 * Takes servers of clients into our own file: what is new, what we have already, and what must have another name.
 *
 * Nothing we have is changed. The same entry twice is one; another entry under a name we have gets the name of its
 * client behind it. What comes out must pass our own loader, else it is not written.
 */
import { isDeepStrictEqual } from 'node:util';
import { dialectOf } from '../dialects/recognise.ts';
import type { Environment } from '../expand.ts';
import { parseConfig } from '../load.ts';
import { slugOf } from '../names.ts';
import { parseFile, syntaxOf } from '../parse.ts';
import type { Problem } from '../problem.ts';
import { editServers, type PlainEntry, type ServersPlace, serverEntries } from './edit.ts';
import type { Source, SourceServer } from './source.ts';

export interface Arrival {
  readonly source: Source;
  readonly server: SourceServer;
  /** Its name with us. */
  readonly name: string;
  readonly state: 'new' | 'same' | 'left' | 'gatewright';
  /** Fields with a secret in clear, as in our file. */
  readonly secrets: readonly string[];
}

export type Merged =
  | { readonly ok: true; readonly text: string; readonly arrivals: readonly Arrival[] }
  | { readonly ok: false; readonly problems: readonly Problem[] };

export interface OwnFile {
  readonly path: string;
  /** Empty when there is none yet. */
  readonly text: string;
}

export interface Offered {
  readonly source: Source;
  readonly servers: readonly SourceServer[];
}

export function merged(own: OwnFile, offered: readonly Offered[], env: Environment): Merged {
  const fault = ownFault(own, env);
  if (fault !== undefined) return fault;
  const place: ServersPlace = {
    syntax: syntaxOf(own.path) === 'json' ? 'json' : 'yaml',
    section: 'servers',
    shape: 'map',
  };
  const before = serverEntries(own.text, place);
  if (!before.ok) return refused(own.path, before);
  const arrivals = named(new Map(Object.entries(before.value)), offered);
  const put = arrivals
    .filter(({ state }) => state === 'new')
    .map(({ name, server }) => ({ name, entry: server.entry }));
  const edited = editServers(own.text, place, { remove: [], put });
  if (!edited.ok) return refused(own.path, edited);
  if (edited.text === own.text) return { ok: true, text: own.text, arrivals };
  const check = parseConfig(edited.text.replace(/^\ufeff/, ''), own.path, env, {}, { faultyServers: 'setAside' });
  if (!check.ok) return check;
  const broken = check.setAside.filter(({ name }) => put.some((one) => one.name === name));
  if (broken.length > 0) return { ok: false, problems: broken.flatMap(({ problems }) => problems) };
  return { ok: true, text: edited.text, arrivals };
}

function ownFault({ path, text }: OwnFile, env: Environment): Merged | undefined {
  const bare = text.replace(/^\ufeff/, '');
  if (bare.trim() === '') return undefined;
  const loaded = parseConfig(bare, path, env, {}, { faultyServers: 'setAside' });
  if (!loaded.ok) return loaded;
  const parsed = parseFile(bare, path);
  const root = parsed.ok && parsed.root?.kind === 'map' ? parsed.root : undefined;
  const foreign = root === undefined ? undefined : dialectOf(root, path);
  if (foreign === undefined) return undefined;
  return refused(path, {
    say: 'This is a file of another client; servers are taken into a file of ours. Name one with --config.',
    ...{ line: 0, column: 0 },
  });
}

function refused(file: string, { say, line, column }: { say: string; line: number; column: number }): Merged {
  return { ok: false, problems: [{ file, line, column, field: '', say }] };
}

function named(known: Map<string, unknown>, offered: readonly Offered[]): Arrival[] {
  return offered.flatMap(({ source, servers }) =>
    servers.map((server): Arrival => {
      const left = server.own ? 'gatewright' : server.lacks === undefined ? undefined : 'left';
      if (left !== undefined) return { source, server, name: server.slug, state: left, secrets: [] };
      const name = nameFor(known, server, source);
      const state = known.has(name) ? 'same' : 'new';
      known.set(name, server.entry);
      return { source, server, name, state, secrets: state === 'new' ? clearSecrets(name, server.entry) : [] };
    }),
  );
}

/** The first name that is free, or that has this very entry already. */
function nameFor(known: ReadonlyMap<string, unknown>, { slug, entry }: SourceServer, { client }: Source): string {
  for (let count = 1; ; count++) {
    const name =
      count === 1 ? slug : slugOf(count === 2 ? `${slug}-${client.id}` : `${slug}-${client.id}-${count - 1}`);
    if (!known.has(name) || isDeepStrictEqual(known.get(name), entry)) return name;
  }
}

const SECRET_NAME = /key|token|secret|pass|pwd|auth|credential|cookie|dsn|database_url/i;

/** Values that look like secrets by the name of their field, and are no reference to a variable. */
function clearSecrets(name: string, entry: PlainEntry): string[] {
  return (['env', 'headers'] as const).flatMap((field) =>
    Object.entries((entry[field] ?? {}) as PlainEntry)
      .filter(([key, value]) => SECRET_NAME.test(key) && typeof value === 'string' && !/(?<!\$)\$\{/.test(value))
      .map(([key]) => `servers.${name}.${field}.${key}`),
  );
}
