/*
 * The shares of all servers as one list: which name is whose, what is withheld, and the chunks in list order.
 *
 * Where each name says its server the shares stay as they are, side by side: the prefix only picks the share to ask, and
 * what it answers by is the whole name. Where names of servers can meet they are joined (`joining.ts`).
 */
import { type EntryKind, isShown, type ServerCatalogue } from '../../model/catalogue.ts';
import type { EndpointDefinition } from '../../model/snapshot.ts';
import { Joining } from './joining.ts';
import { splitName, splitUri } from './naming.ts';
import { type Admitted, type Chunk, NOTHING, namesMeet, type Offered, type Share, type Withheld } from './share.ts';

export interface Source {
  readonly share: Share;
  readonly catalogue: ServerCatalogue;
}

/** What public names stand for, also those of servers that are not there now. */
export interface Names extends Iterable<readonly [string, Admitted]> {
  get(name: string): Admitted | undefined;
}

export interface ViewList {
  readonly names: Names;
  /** The bytes of what is listed; the same array for as long as the list is the same. */
  readonly chunks: readonly Chunk[];
  /** As older clients read it; the same array when there is no difference. */
  readonly older: readonly Chunk[];
  readonly count: number;
  readonly withheld: readonly Withheld[];
  /** Whether this server may not have the name, because of another's. */
  readonly isTaken: (name: string, server: string) => boolean;
}

export function join(endpoint: EndpointDefinition, kind: EntryKind, sources: readonly Source[]): ViewList {
  const renames = kind === 'tools' && endpoint.tools !== undefined && endpoint.tools.changes.size > 0;
  return renames || namesMeet(endpoint, kind) ? joined(endpoint, sources) : sideBySide(endpoint, kind, sources);
}

function sideBySide(endpoint: EndpointDefinition, kind: EntryKind, sources: readonly Source[]): ViewList {
  const [first] = sources;
  const names = first && sources.length === 1 ? first.share.byKey : new NamesApart(endpoint, kind, sources);
  return {
    ...listOf(sources, () => NOTHING),
    names,
    withheld: sources.flatMap(({ share }) => share.withheld),
    isTaken: () => false,
  };
}

function joined(endpoint: EndpointDefinition, sources: readonly Source[]): ViewList {
  const joining = new Joining(endpoint);
  const all = sources.flatMap(({ share }) => share.offered);
  for (const offered of all) if (offered.change?.name !== undefined) joining.claim(offered);
  for (const offered of all) if (offered.change?.name === undefined) joining.claim(offered);
  const unlisted = joining.unlisted(sources);
  return {
    ...listOf(sources, (server) => unlisted.get(server) ?? NOTHING),
    names: joining.names(sources),
    withheld: [...sources.flatMap(({ share }) => share.withheld), ...joining.withheld],
    isTaken: (name, server) => joining.isTaken(name, server),
  };
}

function listOf(sources: readonly Source[], unlisted: (server: string) => ReadonlySet<Offered>) {
  const shown = sources.filter(({ catalogue }) => isShown(catalogue));
  const chunks = shown.flatMap(({ share }) => share.chunks(unlisted(share.server)));
  const older = chunks.every((chunk) => chunk.older === chunk) ? chunks : chunks.map((chunk) => chunk.older);
  return { chunks, older, count: chunks.reduce((sum, chunk) => sum + chunk.count, 0) };
}

/** Names that say their server. */
class NamesApart implements Names {
  readonly #shares: ReadonlyMap<string, Share>;
  readonly #serverOf: (name: string) => string | undefined;

  constructor(endpoint: EndpointDefinition, kind: EntryKind, sources: readonly Source[]) {
    this.#shares = new Map(sources.map(({ share }) => [share.server, share]));
    const named = kind === 'tools' || kind === 'prompts';
    this.#serverOf = (name) => (named ? splitName(endpoint, name) : splitUri(endpoint.naming, name)).server;
  }

  get(name: string): Admitted | undefined {
    return this.#shares.get(this.#serverOf(name) ?? '')?.byKey.get(name);
  }

  *[Symbol.iterator](): Iterator<readonly [string, Admitted]> {
    for (const share of this.#shares.values()) yield* share.byKey;
  }
}
