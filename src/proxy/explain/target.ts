/*
 * Which entry of which server a question means, whoever asks: by the name that clients of the endpoint know, by
 * `server.name`, or by a server's own name for it where no other server has the same.
 */
import { type EntryKind, isShown, type ServerCatalogue } from '../../model/catalogue.ts';
import type { Explained, ExplainedReason } from '../../model/explanation.ts';
import type { EndpointDefinition, ServerDefinition, Snapshot } from '../../model/snapshot.ts';
import type { Offered } from '../policy/chunk.ts';
import { publicKey, splitName, splitUri } from '../policy/naming.ts';
import type { Stocks } from '../policy/stock.ts';

export interface Meant {
  readonly server: ServerDefinition;
  readonly kind: EntryKind;
  readonly key: string;
  /** As clients of the endpoint call it. */
  readonly name: string;
  /** Its server has it in its list. */
  readonly isListed: boolean;
}

export interface TargetParts {
  readonly snapshot: Snapshot;
  readonly catalogues: { of(server: string): ServerCatalogue };
  readonly stocks: Stocks;
  /** What the catalogue says is how it is now. */
  readonly serversRun: boolean;
}

export const KINDS: Readonly<Record<Explained, EntryKind>> = {
  tool: 'tools',
  prompt: 'prompts',
  resource: 'resources',
};

/** Why there is none, or those that it may be: several where names meet. */
export function meantBy(
  parts: TargetParts,
  endpoint: EndpointDefinition,
  { kind, name }: { readonly kind: Explained; readonly name: string },
): readonly Meant[] | Extract<ExplainedReason, 'unknown' | 'ambiguous'> {
  const all = endpoint.servers.flatMap((server) => parts.snapshot.servers.get(server) ?? []);
  const has = (fits: (offered: Offered) => boolean) =>
    all.flatMap((server) => listed(parts, endpoint, server, { kind, fits }));
  const called = has(({ key, target }) => key === name || `${target.server}.${target.key}` === name);
  if (called.length > 0) return called;
  const own = has(({ target }) => target.key === name);
  if (new Set(own.map(({ server }) => server.name)).size > 1) return 'ambiguous';
  if (own.length > 0) return own;
  const guess = guessed(endpoint, all, { kind, name });
  const isSure = parts.serversRun && kind !== 'resource';
  if (!guess || (isSure && isKnown(parts.catalogues.of(guess.server.name)))) return 'unknown';
  return [guess];
}

interface Wanted {
  readonly kind: Explained;
  readonly fits: (offered: Offered) => boolean;
}

function listed(
  { catalogues, stocks }: TargetParts,
  endpoint: EndpointDefinition,
  server: ServerDefinition,
  wanted: Wanted,
) {
  const { lists } = catalogues.of(server.name);
  const kinds: readonly EntryKind[] = wanted.kind === 'resource' ? ['resources', 'templates'] : [KINDS[wanted.kind]];
  return kinds.flatMap((kind): readonly Meant[] =>
    stocks
      .of({ endpoint, server }, kind, lists[kind])
      .offered.filter(wanted.fits)
      .map(({ key, target }) => ({ server, kind, key: target.key, name: key, isListed: true })),
  );
}

function isKnown(catalogue: ServerCatalogue): boolean {
  return catalogue.version > 0 && isShown(catalogue);
}

/** Whose it would be by its name alone: of a server whose list is not known, and of URIs that no list has. */
function guessed(
  endpoint: EndpointDefinition,
  servers: readonly ServerDefinition[],
  { kind, name }: { readonly kind: Explained; readonly name: string },
): Meant | undefined {
  const byName = kind === 'resource' ? splitUri(endpoint.naming, name) : splitName(endpoint, name);
  const split = renamed(endpoint, name) ?? splitByDot(name, servers) ?? byName;
  const [first] = servers;
  const server = endpoint.naming === 'transparent' ? first : servers.find((each) => each.name === split.server);
  if (!server) return undefined;
  const entry = KINDS[kind];
  return {
    server,
    kind: entry,
    key: split.key,
    name: publicKey(endpoint, entry, server.name, split.key),
    isListed: false,
  };
}

function splitByDot(name: string, servers: readonly ServerDefinition[]) {
  const server = servers.find((each) => name.startsWith(`${each.name}.`))?.name;
  return server === undefined ? undefined : { server, key: name.slice(server.length + 1) };
}

/** What operators named. */
function renamed({ tools }: EndpointDefinition, name: string) {
  const [address] = [...(tools?.changes ?? [])].find(([, change]) => change.name === name) ?? [];
  const dot = address?.indexOf('.') ?? 0;
  return address === undefined ? undefined : { server: address.slice(0, dot), key: address.slice(dot + 1) };
}
