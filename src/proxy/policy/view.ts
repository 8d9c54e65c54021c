/*
 * An endpoint as one caller sees it: which names exist, whose they are, and the lists as ready bytes.
 *
 *   (endpoint, rights)  ──  share share share …   one per server and list, kept while that is the same
 *                             └──── join ────┘    one per list, kept while no share of it changed
 *
 * A warm decision is one map look-up, and a warm list is ready bytes. Every entry has passed `decide`; the map and the
 * lists come out of the same join, so they cannot disagree.
 */
import type { VisibleServer } from '../../model/call.ts';
import { ENTRY_KINDS, type EntryKind, isShown } from '../../model/catalogue.ts';
import type { Principal } from '../../model/principal.ts';
import type { EndpointDefinition, Snapshot } from '../../model/snapshot.ts';
import type { Catalogues } from '../upstream/catalogues.ts';
import { rightsOf } from './decide.ts';
import { join, type Source, type ViewList } from './join.ts';
import { NOTHING, Share } from './share.ts';

export interface View {
  readonly endpoint: EndpointDefinition;
  readonly servers: readonly VisibleServer[];
  readonly lists: Readonly<Record<EntryKind, ViewList>>;
  /** The same object for all views that replace one another only because servers changed. */
  readonly lineage: object;
}

export class Views {
  readonly #snapshot: () => Snapshot;
  readonly #catalogues: Catalogues;
  #from: Snapshot | undefined;
  /** By rights, then by endpoint. */
  #kept = new Map<string, Map<string, KeptView>>();
  readonly #changed = new Set<string>();

  constructor(snapshot: () => Snapshot, catalogues: Catalogues) {
    this.#snapshot = snapshot;
    this.#catalogues = catalogues;
    catalogues.onChange(({ server }) => this.#prepareSoon(server));
  }

  /** Undefined when the endpoint does not exist for this caller. */
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
    }
    const rights = rightsOf(principal);
    const known = this.#kept.get(rights)?.get(endpoint);
    if (known) return known;
    const definition = snapshot.endpoints.get(endpoint);
    if (!definition) return undefined;
    const kept = new KeptView(definition, snapshot, this.#catalogues, principal);
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
  readonly shares: Readonly<Record<EntryKind, Share>>;
}

/** The newest view of one endpoint, and what the next one is made of. */
class KeptView {
  readonly #endpoint: EndpointDefinition;
  readonly #snapshot: Snapshot;
  readonly #catalogues: Catalogues;
  readonly #principal: Principal;
  readonly #servers: ReadonlySet<string>;
  readonly #parts = new Map<string, Part>();
  #version = -1;
  /** What the view was composed of. */
  #composed: readonly Part[] = [];
  #view: View | undefined;

  constructor(endpoint: EndpointDefinition, snapshot: Snapshot, catalogues: Catalogues, principal: Principal) {
    this.#endpoint = endpoint;
    this.#snapshot = snapshot;
    this.#catalogues = catalogues;
    this.#principal = principal;
    this.#servers = new Set(endpoint.servers);
  }

  now(): View {
    const version = this.#catalogues.version;
    if (this.#view && this.#version === version) return this.#view;
    this.#version = version;
    const parts = this.#endpoint.servers.flatMap((name) => this.#part(name) ?? []);
    const before = this.#composed;
    const unchanged = parts.length === before.length && parts.every((part, at) => part === before[at]);
    if (!this.#view || !unchanged) this.#view = this.#compose(parts);
    this.#composed = parts;
    return this.#view;
  }

  prepare(server: string): void {
    if (!this.#servers.has(server)) return;
    for (const share of Object.values(this.#part(server)?.shares ?? {})) share.chunks(NOTHING);
  }

  #part(name: string): Part | undefined {
    const definition = this.#snapshot.servers.get(name);
    const catalogue = this.#catalogues.of(name);
    if (!definition) return undefined;
    const before = this.#parts.get(name);
    if (before && before.server.catalogue.version === catalogue.version) return before;
    const place = { principal: this.#principal, endpoint: this.#endpoint, server: definition };
    const shares = byKind((kind) => {
      const share = before?.shares[kind];
      return share?.from === catalogue.lists[kind] ? share : new Share(place, kind, catalogue.lists[kind]);
    });
    const part = { server: { definition, catalogue }, shares };
    this.#parts.set(name, part);
    return part;
  }

  #compose(parts: readonly Part[]): View {
    return {
      endpoint: this.#endpoint,
      servers: parts.map(({ server }) => server),
      lists: byKind((kind) => this.#join(kind, parts)),
      lineage: this.#view?.lineage ?? {},
    };
  }

  /** A server that went, came or said something else about another list leaves this list as it is. */
  #join(kind: EntryKind, parts: readonly Part[]): ViewList {
    const before = this.#composed;
    const same = parts.length === before.length && parts.every((part, at) => isSame(part, before[at], kind));
    const known = this.#view?.lists[kind];
    if (known && same) return known;
    const sources: Source[] = parts.map(({ server, shares }) => ({ share: shares[kind], catalogue: server.catalogue }));
    return join(this.#endpoint, kind, sources);
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
