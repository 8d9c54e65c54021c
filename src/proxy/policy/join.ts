/*
 * The shares of all servers as one list: which name is whose, what is withheld, and the chunks in list order.
 *
 * Where each name says its server the shares stay as they are, side by side: the prefix only picks the share to ask, and
 * what it answers by is the whole name. Where names of servers can meet they are joined (`joining.ts`).
 */
import { type EntryKind, isShown, type ServerCatalogue } from '../../model/catalogue.ts';
import type { EndpointDefinition } from '../../model/snapshot.ts';
import type { Chunk, Offered } from './chunk.ts';
import type { Refusal } from './decide.ts';
import { Joining } from './joining.ts';
import { splitName, splitUri } from './naming.ts';
import { type Admitted, NOTHING, type Share, type Withheld } from './share.ts';
import { namesMeet } from './stock.ts';

export interface Source {
  readonly share: Share;
  readonly catalogue: ServerCatalogue;
}

/** What public names stand for, also those of servers that are not there now. */
export interface Names extends Iterable<readonly [string, Admitted]> {
  get(name: string): Admitted | undefined;
  /** Why a name of a server is not this caller's; undefined where nobody has it. For operators. */
  refused(name: string): Refusal | undefined;
}

export interface ViewList {
  readonly names: Names;
  /** The bytes of what is listed; the same array for as long as the list is the same. */
  readonly chunks: readonly Chunk[];
  /** As older clients read it; the same array when there is no difference. */
  readonly older: readonly Chunk[];
  readonly withheld: readonly Withheld[];
  /** Each request may be listed something else. */
  readonly isVolatile: boolean;
  /** Of which not all is decided about yet. */
  readonly undecided: readonly Share[];
  /** Whether this server may not have the name, because of another's. */
  readonly isTaken: (name: string, server: string) => boolean;
}

export function join(endpoint: EndpointDefinition, kind: EntryKind, sources: readonly Source[]): ViewList {
  const renames = kind === 'tools' && endpoint.tools !== undefined && endpoint.tools.changes.size > 0;
  const isJoined = renames || namesMeet(endpoint, kind);
  return new JoinedList(
    sources,
    isJoined ? () => joined(endpoint, sources) : () => sideBySide(endpoint, kind, sources),
  );
}

/** Whose the names are. */
interface Named {
  readonly names: Names;
  readonly conflicts: readonly Withheld[];
  /** What a server's share holds and the list does not. */
  readonly unlisted: (server: string) => ReadonlySet<Offered>;
  readonly isTaken: ViewList['isTaken'];
}

/** Who calls by a name does not wait for what only lists need, which is the decision about every entry. */
class JoinedList implements ViewList {
  readonly #sources: readonly Source[];
  readonly #make: () => Named;
  #named: Named | undefined;
  #chunks: readonly Chunk[] | undefined;
  #older: readonly Chunk[] | undefined;

  constructor(sources: readonly Source[], make: () => Named) {
    this.#sources = sources;
    this.#make = make;
  }

  get #known(): Named {
    this.#named ??= this.#make();
    return this.#named;
  }

  get names(): Names {
    return this.#known.names;
  }

  get chunks(): readonly Chunk[] {
    if (this.#chunks) return this.#chunks;
    const { unlisted } = this.#known;
    const shown = this.#sources.filter(({ catalogue }) => isShown(catalogue));
    this.#chunks = shown.flatMap(({ share }) => share.chunks(unlisted(share.server)));
    return this.#chunks;
  }

  get older(): readonly Chunk[] {
    const { chunks } = this;
    this.#older ??= chunks.every((chunk) => chunk.older === chunk) ? chunks : chunks.map((chunk) => chunk.older);
    return this.#older;
  }

  get withheld(): readonly Withheld[] {
    return [...this.#sources.flatMap(({ share }) => share.withheld), ...this.#known.conflicts];
  }

  get undecided(): readonly Share[] {
    return this.#sources.flatMap(({ share }) => (share.isDecided ? [] : [share]));
  }

  get isVolatile(): boolean {
    return this.#sources.some(({ share }) => share.isVolatile);
  }

  isTaken(name: string, server: string): boolean {
    return this.#known.isTaken(name, server);
  }
}

function sideBySide(endpoint: EndpointDefinition, kind: EntryKind, sources: readonly Source[]): Named {
  const [first] = sources;
  const names = first && sources.length === 1 ? first.share : new NamesApart(endpoint, kind, sources);
  return { names, conflicts: [], unlisted: () => NOTHING, isTaken: () => false };
}

function joined(endpoint: EndpointDefinition, sources: readonly Source[]): Named {
  const joining = new Joining(endpoint);
  const all = sources.flatMap(({ share }) => share.usable);
  for (const offered of all) if (offered.change?.name !== undefined) joining.claim(offered);
  for (const offered of all) if (offered.change?.name === undefined) joining.claim(offered);
  const unlisted = joining.unlisted(sources);
  return {
    names: joining.names(sources),
    conflicts: joining.withheld,
    unlisted: (server) => unlisted.get(server) ?? NOTHING,
    isTaken: (name, server) => joining.isTaken(name, server),
  };
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
    return this.#shares.get(this.#serverOf(name) ?? '')?.get(name);
  }

  refused(name: string): Refusal | undefined {
    return this.#shares.get(this.#serverOf(name) ?? '')?.refused(name);
  }

  *[Symbol.iterator](): Iterator<readonly [string, Admitted]> {
    for (const share of this.#shares.values()) yield* share;
  }
}
