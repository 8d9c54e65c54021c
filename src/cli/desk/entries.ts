/*
 * What the servers offer, asked of each at its own endpoint, and finding in it what a person means by a word.
 */
import { type Conversation, RpcFailure } from '../../client/conversation.ts';
import { converse, listEntries, type Place } from '../../client/converse.ts';
import { type JsonObject, textAt } from '../../client/json.ts';
import { nearestWord } from '../../config/suggest.ts';
import type { ServerReport } from '../../model/operator.ts';
import { EXIT } from '../usage.ts';
import { versionText } from '../version.ts';
import { Failure } from './failure.ts';
import type { Reached } from './reach.ts';

export type ListKind = 'tools' | 'prompts' | 'resources' | 'templates';

const LISTS: Readonly<Record<ListKind, { readonly method: string; readonly member: string; readonly key: string }>> = {
  tools: { method: 'tools/list', member: 'tools', key: 'name' },
  prompts: { method: 'prompts/list', member: 'prompts', key: 'name' },
  resources: { method: 'resources/list', member: 'resources', key: 'uri' },
  templates: { method: 'resources/templates/list', member: 'resourceTemplates', key: 'uriTemplate' },
};
const NO_SUCH_METHOD = -32601;

export interface Listed {
  readonly server: ServerReport;
  /** The name or URI. */
  readonly key: string;
  readonly entry: JsonObject;
}

export interface Missing {
  readonly server: string;
  readonly state: string;
  readonly reason: string;
}

export interface Listing {
  readonly entries: readonly Listed[];
  /** Servers whose list is not in it, and why. */
  readonly missing: readonly Missing[];
}

/** A word as `server.name` or `server__name`, if it begins with a server's name. */
export function splitName(
  word: string,
  servers: readonly string[],
): { readonly server?: string; readonly name: string } {
  const [, server = '', name = ''] = /^([a-z0-9-]+)(?:\.|__)(.+)$/s.exec(word) ?? [];
  return servers.includes(server) ? { server, name } : { name: word };
}

/** A URI as `server+uri`, as an aggregate shows it. */
export function splitUri(
  word: string,
  servers: readonly string[],
): { readonly server?: string; readonly name: string } {
  const plus = word.indexOf('+');
  const server = word.slice(0, Math.max(0, plus));
  return servers.includes(server) ? { server, name: word.slice(plus + 1) } : { name: word };
}

export function placeOf({ operator }: Reached, server: string): Place {
  return {
    socketPath: operator.socketPath,
    endpoint: server,
    clientInfo: { name: 'gatewright-cli', title: 'Gatewright command line', version: versionText() },
  };
}

/** A conversation in which the server can ask back. */
export function conversationWith(reached: Reached, { name, revision }: ServerReport): Conversation {
  return converse(placeOf(reached, name), revision);
}

/** Asks no server that is known to be away, unless it is the only one asked: then its start is waited for, too. */
export async function listOf(
  reached: Reached,
  kind: ListKind,
  servers: readonly ServerReport[],
  signal: AbortSignal,
): Promise<Listing> {
  const parts = await Promise.all(
    servers.map(async (server): Promise<Listing> => {
      if (isAway(server) && servers.length > 1) return { entries: [], missing: [missingOf(server, '')] };
      const patience = server.state === 'starting' && servers.length > 1 ? [AbortSignal.timeout(PATIENCE_MS)] : [];
      try {
        const entries = await entriesOf(reached, kind, server, AbortSignal.any([signal, ...patience]));
        return { entries, missing: [] };
      } catch (thrown) {
        if (patience[0]?.aborted && !signal.aborted) return { entries: [], missing: [missingOf(server, '')] };
        if (!(thrown instanceof RpcFailure)) throw thrown;
        return { entries: [], missing: [missingOf(server, thrown.message)] };
      }
    }),
  );
  return { entries: parts.flatMap(({ entries }) => entries), missing: parts.flatMap(({ missing }) => missing) };
}

async function entriesOf(
  reached: Reached,
  kind: ListKind,
  server: ServerReport,
  signal: AbortSignal,
): Promise<readonly Listed[]> {
  try {
    const entries = await listEntries(placeOf(reached, server.name), LISTS[kind], signal);
    return entries.map((entry) => ({ server, entry, key: textAt(entry, LISTS[kind].key) ?? '' }));
  } catch (thrown) {
    if (thrown instanceof RpcFailure && thrown.code === NO_SUCH_METHOD) return [];
    throw thrown;
  }
}

/** One of thirty that hangs at its start, for a minute or more, must not keep back what the others have. */
const PATIENCE_MS = 3_000;

const AWAY: ReadonlySet<string> = new Set(['down', 'crashed', 'stopped']);

function isAway({ state }: ServerReport): boolean {
  return AWAY.has(state);
}

function missingOf({ name, state, reason }: ServerReport, otherwise: string): Missing {
  return { server: name, state, reason: reason ?? otherwise };
}

/** Throws `Failure`. */
export function serverNamed(name: string, servers: readonly ServerReport[]): ServerReport {
  const found = servers.find((server) => server.name === name);
  if (found) return found;
  const names = servers.map((server) => server.name);
  throw unknown(`There is no server "${name}".`, nearestWord(name, names), `Servers: ${names.join(', ') || 'none'}.`);
}

/** The one entry that a word means. Throws `Failure` when there is none, or more than one. */
export async function findEntry(
  reached: Reached,
  kind: 'tools' | 'prompts',
  word: string,
  signal: AbortSignal,
): Promise<Listed> {
  const servers = await reached.operator.servers();
  const names = servers.map(({ name }) => name);
  const { server, name } = splitName(word, names);
  const asked = server === undefined ? servers : servers.filter((each) => each.name === server);
  const { entries, missing } = await listOf(reached, kind, asked, signal);
  const found = entries.filter(({ key }) => key === name);
  const [only] = found;
  if (only && found.length === 1) return only;
  const noun = kind.slice(0, -1);
  if (only) {
    const words = found.map((each) => `${each.server.name}.${each.key}`);
    throw new Failure(`Several servers have a ${noun} "${name}": ${words.join(', ')}.`, EXIT.unknown.code);
  }
  const withheld = asked.flatMap((each) => each.withheld.filter((entry) => entry.kind === kind && entry.name === name));
  if (withheld[0])
    throw new Failure(
      `The ${noun} "${name}" is withheld: ${withheld[0].reason}, ${withheld[0].why}.`,
      EXIT.unknown.code,
    );
  throw notFound(noun, word, entries, missing);
}

function notFound(noun: string, word: string, entries: readonly Listed[], missing: readonly Missing[]): Failure {
  const [away] = missing;
  if (away && entries.length === 0 && missing.length === 1)
    return new Failure(`${away.server} is ${away.state}: ${away.reason}`);
  const words = entries.flatMap(({ server, key }) => [`${server.name}.${key}`, key]);
  const absent = missing.map(({ server, state }) => `${server} is ${state}`).join(', ');
  const otherwise = `See gatewright ${noun}s.${absent === '' ? '' : ` Not looked at: ${absent}.`}`;
  return unknown(`There is no ${noun} "${word}".`, nearestWord(word, words), otherwise);
}

function unknown(say: string, nearest: string | undefined, otherwise: string): Failure {
  return new Failure(`${say} ${nearest === undefined ? otherwise : `Did you mean "${nearest}"?`}`, EXIT.unknown.code);
}
