/*
 * The servers of one client's file as entries of ours: translated, but with every `${NAME}` still a reference.
 *
 * Each is judged by the loader first. What lacks something is said and left where it is: a server that arrives here
 * works.
 */
import { dirname, isAbsolute, resolve } from 'node:path';
import type { Client } from '../clients.ts';
import type { ServerConfig } from '../config.ts';
import { dialectOf } from '../dialects/recognise.ts';
import type { Environment } from '../expand.ts';
import { type Loaded, parseConfig } from '../load.ts';
import { startsGateway } from '../own-entry.ts';
import { parseFile } from '../parse.ts';
import type { Path, Problem } from '../problem.ts';
import { schemaWalk } from '../schema-walk.ts';
import { type MapNode, type Node, nodeAt } from '../tree.ts';
import type { PlainEntry } from './edit.ts';

export interface Source {
  readonly client: Client;
  readonly path: string;
  readonly text: string;
}

export interface SourceServer {
  /** As the client's file has it. */
  readonly original: string;
  readonly slug: string;
  readonly entry: PlainEntry;
  /** Why it cannot be taken. */
  readonly lacks: string | undefined;
  /** It is this gateway. */
  readonly own: boolean;
}

export type SourceRead =
  | { readonly ok: true; readonly servers: readonly SourceServer[] }
  | { readonly ok: false; readonly problems: readonly Problem[] };

export function readSource({ path, text }: Source, env: Environment, ownPort: number): SourceRead {
  const bare = text.replace(/^\ufeff/, '');
  if (bare.trim() === '') return { ok: true, servers: [] };
  const loaded = parseConfig(bare, path, env, {}, { faultyServers: 'setAside' });
  if (!loaded.ok) return { ok: false, problems: loaded.problems };
  const parsed = parseFile(bare, path);
  const root = parsed.ok && parsed.root?.kind === 'map' ? parsed.root : undefined;
  return { ok: true, servers: root === undefined ? [] : serversOf(root, path, env, { loaded, ownPort }) };
}

interface Judging {
  readonly loaded: Extract<Loaded, { ok: true }>;
  readonly ownPort: number;
}

function serversOf(root: MapNode, path: string, env: Environment, judging: Judging): SourceServer[] {
  const known = schemaWalk().fields(['servers', 'any']);
  const ignore = () => undefined;
  const translated = dialectOf(root, path)?.translate(root, { path, env, known, warn: ignore, fault: ignore });
  const section = translated?.root.entries.get('servers')?.node;
  if (translated === undefined || section?.kind !== 'map') return [];
  return [...section.entries].map(([slug, { node }]) => {
    const original = originalName(root, translated.original(['servers', slug])) ?? slug;
    return { original, slug, entry: entryOf(node, path), ...judged(slug, judging) };
  });
}

function judged(slug: string, { loaded, ownPort }: Judging): Pick<SourceServer, 'lacks' | 'own'> {
  const aside = loaded.setAside.find(({ name }) => name === slug)?.problems[0];
  const server: ServerConfig | undefined = loaded.config.servers.find(({ name }) => name === slug);
  if (server !== undefined) return { lacks: undefined, own: startsGateway(server, ownPort) };
  return { lacks: aside === undefined ? 'It is disabled and not valid.' : reason(aside), own: false };
}

function reason({ say, suggestion }: Problem): string {
  return suggestion === undefined ? say : `${say} ${suggestion}`;
}

function originalName(root: MapNode, path: Path): string | undefined {
  const last = path.at(-1);
  if (typeof last === 'string') return last;
  const name = nodeAt(root, [...path, 'name']);
  return name?.kind === 'scalar' ? name.source : undefined;
}

/** Without what says nothing, so that what two clients have is seen to be the same. */
function entryOf(node: Node, path: string): PlainEntry {
  const value = valueIn(node);
  if (typeof value !== 'object' || value === null) return {};
  const entry = value as PlainEntry;
  return Object.fromEntries(
    Object.entries(entry)
      .filter(([key, field]) => !saysNothing(key, field, entry))
      .map(([key, field]) => [key, key === 'cwd' ? absolute(field, path) : field]),
  );
}

function saysNothing(key: string, value: unknown, entry: PlainEntry): boolean {
  if (key === 'type') return 'command' in entry ? value === 'stdio' : value === 'http';
  if (key !== 'env' && key !== 'headers' && key !== 'args') return false;
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}

/** Relative folders start at the file, and the file is now another one. */
function absolute(cwd: unknown, path: string): unknown {
  return typeof cwd !== 'string' || isAbsolute(cwd) || /^[~$]/.test(cwd) ? cwd : resolve(dirname(path), cwd);
}

/** `${env:NAME}` is how several editors write `${NAME}`; with another `$` before it, it is plain text. */
const EDITORS_REFERENCE = /(?<!\$)\$\{env:(?=[A-Za-z_])/g;

function valueIn(node: Node): unknown {
  if (node.kind === 'list') return node.items.map(valueIn);
  if (node.kind === 'map')
    return Object.fromEntries([...node.entries].map(([key, entry]) => [key, valueIn(entry.node)]));
  // `0123` is text to us, as it is to the loader.
  const exact = node.quoted || typeof node.value !== 'number' || String(node.value) === node.source;
  if (typeof node.value === 'string') return node.value.replace(EDITORS_REFERENCE, `\${`);
  return exact ? node.value : node.source;
}
