/*
 * The newest view of one endpoint for callers with the same rights, and what the next one is made of.
 *
 *   share share share …   one per server and list, kept while that is the same
 *     └──── join ────┘    one per list, kept while no share of it changed
 *
 * A viewer who sees other lists of a server than everybody (upstream/variants.ts) has a view of its own, made of everybody's
 * shares but for those lists.
 */
import type { VisibleServer } from '../../model/call.ts';
import { ENTRY_KINDS, type EntryKind, isShown } from '../../model/catalogue.ts';
import type { EndpointDefinition, Snapshot } from '../../model/snapshot.ts';
import type { Catalogues } from '../upstream/catalogues.ts';
import type { OwnLists, Viewpoint } from '../upstream/variants.ts';
import { sees } from './decide.ts';
import type { Rights } from './decision.ts';
import { join, type Source, type ViewList } from './join.ts';
import { NOTHING, Share } from './share.ts';
import type { Stocks } from './stock.ts';
import { asSwitched } from './switched.ts';
import type { View } from './view.ts';

interface Part {
  readonly server: VisibleServer;
  /** What only this viewer sees of it. */
  readonly own: OwnLists | undefined;
  readonly shares: Readonly<Record<EntryKind, Share>>;
}

export interface KeptParts {
  readonly endpoint: EndpointDefinition;
  readonly snapshot: Snapshot;
  readonly catalogues: Catalogues;
  readonly rights: Rights;
  /** Of the endpoint: everybody's. */
  readonly stocks: Stocks;
  readonly isForAll: boolean;
}

/** What a viewer sees is everybody's but for this. */
interface Seen {
  readonly everybodys: KeptView;
  readonly viewpoint: Viewpoint;
}

export class KeptView {
  /** Names of those that exist for these callers, in the endpoint's order. */
  readonly servers: readonly string[];
  /** Rises with every use of any view. */
  usedAt = 0;
  readonly #kept: KeptParts;
  readonly #seen: Seen | undefined;
  readonly #parts = new Map<string, Part>();
  #version = -1;
  #seenVersion = -1;
  /** What the view was composed of. */
  #composed: readonly Part[] = [];
  #view: View | undefined;

  constructor(kept: KeptParts, seen?: Seen) {
    this.#kept = kept;
    this.#seen = seen;
    this.servers = seen ? seen.everybodys.servers : serversSeen(kept);
  }

  isMadeFrom(everybodys: KeptView): boolean {
    return this.#seen?.everybodys === everybodys;
  }

  seenFrom(viewpoint: Viewpoint): KeptView {
    return new KeptView(this.#kept, { everybodys: this, viewpoint });
  }

  now(): View {
    const { version } = this.#kept.catalogues;
    const seenVersion = this.#seen?.viewpoint.version ?? 0;
    if (this.#view && this.#version === version && this.#seenVersion === seenVersion) return this.#view;
    this.#version = version;
    this.#seenVersion = seenVersion;
    const parts = this.servers.flatMap((name) => this.part(name) ?? []);
    if (this.#seen && parts.every(({ own }) => !own)) {
      this.#view = this.#seen.everybodys.now();
      this.#composed = [];
      return this.#view;
    }
    const before = this.#composed;
    const unchanged = parts.length === before.length && parts.every((part, at) => part === before[at]);
    if (!this.#view || !unchanged) this.#view = this.#compose(parts);
    this.#composed = parts;
    return this.#view;
  }

  prepare(server: string): void {
    if (!this.servers.includes(server)) return;
    for (const share of Object.values(this.part(server)?.shares ?? {})) share.chunks(NOTHING);
  }

  part(name: string): Part | undefined {
    const { snapshot, catalogues, endpoint } = this.#kept;
    const definition = snapshot.servers.get(name);
    if (!definition) return undefined;
    const own = this.#seen?.viewpoint.servers.get(name);
    const everybodys = this.#seen?.everybodys.part(name);
    if (everybodys && !own) return everybodys;
    const known = catalogues.of(name);
    const before = this.#parts.get(name);
    if (before && before.server.catalogue.version === known.version && before.own === own) return before;
    const catalogue = asSwitched(known, snapshot.overlay);
    const place = { endpoint, server: definition };
    const shares = byKind((kind) => {
      const from = own?.[kind] ?? catalogue.lists[kind];
      const kept = [everybodys?.shares[kind], before?.shares[kind]].find((share) => share?.stock.from === from);
      return kept ?? new Share(place, this.#kept.rights, this.#kept.stocks.of(place, kind, from));
    });
    const part = { server: { definition, catalogue }, own, shares };
    this.#parts.set(name, part);
    return part;
  }

  #compose(parts: readonly Part[]): View {
    const isOwn = this.#seen !== undefined;
    const { endpoint, rights, isForAll } = this.#kept;
    return {
      ...{ endpoint, rights, isForAll, isOwn },
      servers: parts.map(({ server }) => server),
      lists: byKind((kind) => this.#join(kind, parts)),
      lineage: this.#view?.isOwn === isOwn ? this.#view.lineage : {},
    };
  }

  /** A server that went, came or said something else about another list leaves this list as it is. */
  #join(kind: EntryKind, parts: readonly Part[]): ViewList {
    const before = this.#composed;
    const same = parts.length === before.length && parts.every((part, at) => isSame(part, before[at], kind));
    const known = this.#view?.lists[kind];
    if (known && same) return known;
    const sources: Source[] = parts.map(({ server, shares }) => ({ share: shares[kind], catalogue: server.catalogue }));
    return join(this.#kept.endpoint, kind, sources);
  }
}

function serversSeen({ endpoint, snapshot, rights }: KeptParts): readonly string[] {
  return endpoint.servers.filter((name) => {
    const server = snapshot.servers.get(name);
    return server !== undefined && sees(rights, { endpoint, server });
  });
}

function isSame(part: Part, before: Part | undefined, kind: EntryKind): boolean {
  if (part === before) return true;
  if (!before || part.shares[kind] !== before.shares[kind]) return false;
  const [now, then] = [part.server.catalogue, before.server.catalogue];
  return now.state === then.state && isShown(now) === isShown(then);
}

function byKind<T>(of: (kind: EntryKind) => T): Record<EntryKind, T> {
  return Object.fromEntries(ENTRY_KINDS.map((kind) => [kind, of(kind)])) as Record<EntryKind, T>;
}
