/*
 * An endpoint as one caller sees it: which names exist, whose they are, and the lists as ready bytes.
 *
 *   (endpoint, rights)  ──  share share share …   one per server and list, kept while that is the same
 *                             └──── join ────┘    one per list, kept while no share of it changed
 *
 * A warm decision is one map look-up, and a warm list is ready bytes. Every entry has passed `decide`; the map and the
 * lists come out of the same join, so they cannot disagree.
 *
 * A viewer who sees other lists of a server than everybody (upstream/variants.ts) has a view of its own, made of everybody's
 * shares but for those lists.
 */
import type { VisibleServer } from '../../model/call.ts';
import { EMPTY_LIST, ENTRY_KINDS, type EntryKind, type EntryList, isShown } from '../../model/catalogue.ts';
import type { Principal } from '../../model/principal.ts';
import type { EndpointDefinition, Snapshot } from '../../model/snapshot.ts';
import type { Catalogues } from '../upstream/catalogues.ts';
import type { OwnLists, Viewer, Viewpoint } from '../upstream/variants.ts';
import { rightsOf } from './decide.ts';
import { join, type Source, type ViewList } from './join.ts';
import { NOTHING, Share } from './share.ts';

export interface View {
  readonly endpoint: EndpointDefinition;
  readonly servers: readonly VisibleServer[];
  readonly lists: Readonly<Record<EntryKind, ViewList>>;
  /** The same object for all views that replace one another only because servers changed. */
  readonly lineage: object;
  /** It has lists that are this viewer's alone. */
  readonly isOwn: boolean;
}

export class Views {
  readonly #snapshot: () => Snapshot;
  readonly #catalogues: Catalogues;
  #from: Snapshot | undefined;
  /** By rights, then by endpoint. */
  #kept = new Map<string, Map<string, KeptView>>();
  /** Of those who see something else. */
  #ofViewpoints = new WeakMap<Viewpoint, Map<string, KeptView>>();
  readonly #changed = new Set<string>();

  constructor(snapshot: () => Snapshot, catalogues: Catalogues) {
    this.#snapshot = snapshot;
    this.#catalogues = catalogues;
    catalogues.onChange(({ server }) => this.#prepareSoon(server));
  }

  /** As this caller with this client sees it; undefined when the endpoint does not exist for the caller. */
  seenBy(call: Viewer & { readonly endpoint: string }): View | undefined {
    const viewpoint = this.#catalogues.variants.of(call);
    const everybodys = this.#keptOf(call.endpoint, call.principal);
    if (!viewpoint || !everybodys) return everybodys?.now();
    const kept = this.#ofViewpoints.get(viewpoint) ?? new Map<string, KeptView>();
    this.#ofViewpoints.set(viewpoint, kept);
    const known = kept.get(call.endpoint);
    if (known?.isMadeFrom(everybodys)) return known.now();
    const own = everybodys.seenFrom(viewpoint);
    kept.set(call.endpoint, own);
    return own.now();
  }

  /** What everybody sees. Undefined when the endpoint does not exist for this caller. */
  of(endpoint: string, principal: Principal): View | undefined {
    return this.#keptOf(endpoint, principal)?.now();
  }

  /** From now on each server's share is made as the server comes, and nobody's first list waits for all of them. */
  expect(principal: Principal): void {
    for (const { name, naming } of this.#snapshot().endpoints.values()) {
      if (naming !== 'transparent') this.#keptOf(name, principal);
    }
  }

  #keptOf(endpoint: string, principal: Principal): KeptView | undefined {
    const snapshot = this.#snapshot();
    if (snapshot !== this.#from) {
      this.#from = snapshot;
      this.#kept = new Map();
      this.#ofViewpoints = new WeakMap();
    }
    const rights = rightsOf(principal);
    const known = this.#kept.get(rights)?.get(endpoint);
    if (known) return known;
    const definition = snapshot.endpoints.get(endpoint);
    if (!definition) return undefined;
    const kept = new KeptView({ endpoint: definition, snapshot, catalogues: this.#catalogues, principal });
    const views = this.#kept.get(rights) ?? new Map<string, KeptView>();
    this.#kept.set(rights, views.set(endpoint, kept));
    return kept;
  }

  #prepareSoon(server: string): void {
    if (this.#changed.size === 0) setImmediate(() => this.#prepareNext());
    this.#changed.add(server);
  }

  /** One server in each turn of the event loop, so that a hundred that come at once stop nobody. */
  #prepareNext(): void {
    const [server] = this.#changed;
    if (server === undefined) return;
    this.#changed.delete(server);
    for (const views of this.#kept.values()) for (const kept of views.values()) kept.prepare(server);
    if (this.#changed.size > 0) setImmediate(() => this.#prepareNext());
  }
}

interface Part {
  readonly server: VisibleServer;
  /** What only this viewer sees of it. */
  readonly own: OwnLists | undefined;
  readonly shares: Readonly<Record<EntryKind, Share>>;
}

interface KeptParts {
  readonly endpoint: EndpointDefinition;
  readonly snapshot: Snapshot;
  readonly catalogues: Catalogues;
  readonly principal: Principal;
}

/** What a viewer sees is everybody's but for this. */
interface Seen {
  readonly everybodys: KeptView;
  readonly viewpoint: Viewpoint;
}

/** The newest view of one endpoint, and what the next one is made of. */
class KeptView {
  readonly #kept: KeptParts;
  readonly #seen: Seen | undefined;
  readonly #servers: ReadonlySet<string>;
  readonly #parts = new Map<string, Part>();
  #version = -1;
  #seenVersion = -1;
  /** What the view was composed of. */
  #composed: readonly Part[] = [];
  /** Of lists that only some viewers see. */
  readonly #ofViewers = new WeakMap<EntryList, Share>();
  #view: View | undefined;

  constructor(kept: KeptParts, seen?: Seen) {
    this.#kept = kept;
    this.#seen = seen;
    this.#servers = new Set(kept.endpoint.servers);
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
    const parts = this.#kept.endpoint.servers.flatMap((name) => this.part(name) ?? []);
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
    if (!this.#servers.has(server)) return;
    for (const share of Object.values(this.part(server)?.shares ?? {})) share.chunks(NOTHING);
  }

  part(name: string): Part | undefined {
    const { snapshot, catalogues, principal, endpoint } = this.#kept;
    const definition = snapshot.servers.get(name);
    if (!definition) return undefined;
    const own = this.#seen?.viewpoint.servers.get(name);
    const everybodys = this.#seen?.everybodys.part(name);
    if (everybodys && !own) return everybodys;
    const catalogue = catalogues.of(name);
    const before = this.#parts.get(name);
    if (before && before.server.catalogue.version === catalogue.version && before.own === own) return before;
    const place = { principal, endpoint, server: definition };
    const shares = byKind((kind) => {
      const from = own?.[kind] ?? catalogue.lists[kind];
      const known = [everybodys?.shares[kind], before?.shares[kind]].find((share) => share?.from === from);
      return known ?? this.#sharedOf(from, () => new Share(place, kind, from));
    });
    const part = { server: { definition, catalogue }, own, shares };
    this.#parts.set(name, part);
    return part;
  }

  /** Viewers who see the same list share it. */
  #sharedOf(from: EntryList, make: () => Share): Share {
    // Nothing is the same of all servers.
    const shared = this.#seen && from !== EMPTY_LIST ? this.#seen.everybodys.#ofViewers : undefined;
    const known = shared?.get(from);
    if (known || !shared) return known ?? make();
    const share = make();
    shared.set(from, share);
    return share;
  }

  #compose(parts: readonly Part[]): View {
    const isOwn = this.#seen !== undefined;
    return {
      endpoint: this.#kept.endpoint,
      servers: parts.map(({ server }) => server),
      lists: byKind((kind) => this.#join(kind, parts)),
      lineage: this.#view?.isOwn === isOwn ? this.#view.lineage : {},
      isOwn,
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

function isSame(part: Part, before: Part | undefined, kind: EntryKind): boolean {
  if (part === before) return true;
  if (!before || part.shares[kind] !== before.shares[kind]) return false;
  const [now, then] = [part.server.catalogue, before.server.catalogue];
  return now.state === then.state && isShown(now) === isShown(then);
}

function byKind<T>(of: (kind: EntryKind) => T): Record<EntryKind, T> {
  return Object.fromEntries(ENTRY_KINDS.map((kind) => [kind, of(kind)])) as Record<EntryKind, T>;
}
