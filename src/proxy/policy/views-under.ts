/*
 * All views under one snapshot: by rights and endpoint, the least lately used of them given up when there are too many.
 *
 * An endpoint of which a caller may see no server does not exist for that caller. The default one does for everybody, though
 * it may be empty.
 */
import type { Emit } from '../../model/event.ts';
import { asksForCredentials } from '../../model/identity.ts';
import type { Principal } from '../../model/principal.ts';
import type { EndpointDefinition, Snapshot } from '../../model/snapshot.ts';
import { isEmptyTable } from '../../model/table.ts';
import type { Catalogues } from '../upstream/catalogues.ts';
import type { Viewpoint } from '../upstream/variants.ts';
import type { Rights, RightsOf } from './decision.ts';
import { KeptView } from './kept-view.ts';
import { rightsIn } from './rights.ts';
import { Stocks } from './stock.ts';

type ByEndpoint = Map<string, KeptView>;

export class ViewsUnder {
  readonly snapshot: Snapshot;
  readonly #catalogues: Catalogues;
  readonly #emit: Emit;
  readonly #rightsOf: RightsOf;
  readonly #isForAll: boolean;
  /** By fingerprint of the rights. */
  readonly #kept = new Map<string, ByEndpoint>();
  /** Of those who see something else. */
  readonly #ofViewpoints = new WeakMap<Viewpoint, ByEndpoint>();
  /** By endpoint. */
  readonly #stocks = new Map<string, Stocks>();
  #size = 0;
  #uses = 0;

  /** @param before Those of another snapshot: names and bytes are taken over where they are the same. */
  constructor(snapshot: Snapshot, catalogues: Catalogues, emit: Emit, before?: ViewsUnder) {
    this.snapshot = snapshot;
    this.#catalogues = catalogues;
    this.#emit = emit;
    this.#rightsOf = rightsIn(snapshot);
    this.#isForAll = isOneForAll(snapshot);
    for (const [name, stocks] of before ? before.#stocks : []) {
      if (isNamedAlike(before?.snapshot.endpoints.get(name), snapshot.endpoints.get(name)))
        this.#stocks.set(name, stocks);
    }
  }

  /** Whether everybody would be shown the same under this snapshot. */
  holdsFor(snapshot: Snapshot): boolean {
    const { servers, endpoints, access, overlay, limits } = this.snapshot;
    const sameRules = access === snapshot.access && overlay === snapshot.overlay;
    const samePlaces = servers === snapshot.servers && endpoints === snapshot.endpoints;
    return sameRules && samePlaces && limits === snapshot.limits && this.#isForAll === isOneForAll(snapshot);
  }

  /** Whether the endpoint exists for the principal; the default one does for everybody. */
  has(endpoint: string, principal: Principal): boolean {
    return endpoint === '' ? this.snapshot.endpoints.has('') : this.of(endpoint, principal) !== undefined;
  }

  of(endpoint: string, principal: Principal): KeptView | undefined {
    const rights = this.#rightsOf(principal);
    const kept = this.#kept.get(rights.fingerprint)?.get(endpoint) ?? this.#add(endpoint, rights);
    if (kept) kept.usedAt = this.#uses++;
    return kept;
  }

  /** As far as somebody has looked, and it was kept. */
  known(endpoint: string, principal: Principal): KeptView | undefined {
    return this.#kept.get(this.fingerprintOf(principal))?.get(endpoint);
  }

  fingerprintOf(principal: Principal): string {
    return this.#rightsOf(principal).fingerprint;
  }

  seenFrom(viewpoint: Viewpoint, everybodys: KeptView, endpoint: string): KeptView {
    const kept: ByEndpoint = this.#ofViewpoints.get(viewpoint) ?? new Map();
    this.#ofViewpoints.set(viewpoint, kept);
    const known = kept.get(endpoint);
    if (known?.isMadeFrom(everybodys)) return known;
    const own = everybodys.seenFrom(viewpoint);
    kept.set(endpoint, own);
    return own;
  }

  stocksOf(endpoint: string): Stocks {
    const known = this.#stocks.get(endpoint);
    if (known) return known;
    const stocks = new Stocks();
    this.#stocks.set(endpoint, stocks);
    return stocks;
  }

  /** Rules are compiled when somebody is judged by them: that is done here, and what comes of it is given up. */
  expect(name: string, principal: Principal): void {
    const endpoint = this.snapshot.endpoints.get(name);
    if (endpoint) this.#made(endpoint, this.#rightsOf(principal));
  }

  /** What a server has is made ready wherever somebody has looked or is expected to. */
  prepare(name: string): void {
    const server = this.snapshot.servers.get(name);
    const { lists } = this.#catalogues.of(name);
    for (const [of, stocks] of this.#stocks) {
      const endpoint = this.snapshot.endpoints.get(of);
      if (server && endpoint?.servers.includes(name)) stocks.prepare({ endpoint, server }, lists);
    }
  }

  #add(endpoint: string, rights: Rights): KeptView | undefined {
    const definition = this.snapshot.endpoints.get(endpoint);
    if (!definition) return undefined;
    const kept = this.#made(definition, rights);
    if (!this.#exists(definition, kept)) return undefined;
    this.#makeRoom();
    const views: ByEndpoint = this.#kept.get(rights.fingerprint) ?? new Map();
    this.#kept.set(rights.fingerprint, views.set(endpoint, kept));
    this.#size += 1;
    return kept;
  }

  #made(endpoint: EndpointDefinition, rights: Rights): KeptView {
    const { snapshot } = this;
    return new KeptView({
      ...{ endpoint, snapshot, catalogues: this.#catalogues, rights },
      ...{ stocks: this.stocksOf(endpoint.name), isForAll: this.#isForAll },
    });
  }

  #exists({ name, servers }: EndpointDefinition, kept: KeptView): boolean {
    return name === '' || kept.servers.length > 0 || (servers.length === 0 && this.#isForAll);
  }

  #makeRoom(): void {
    if (this.#size < this.snapshot.limits.viewsMax) return;
    this.#emit({ type: 'limit_hit', limit: 'viewsMax', principal: '' });
    const all = [...this.#kept].flatMap(([rights, views]) => [...views].map(([of, kept]) => ({ rights, of, kept })));
    const least = all.reduce((a, b) => (a.kept.usedAt <= b.kept.usedAt ? a : b));
    const views = this.#kept.get(least.rights);
    views?.delete(least.of);
    if (views?.size === 0) this.#kept.delete(least.rights);
    this.#size -= 1;
  }
}

/** Whether what a server has is called alike there. */
function isNamedAlike(one: EndpointDefinition | undefined, other: EndpointDefinition | undefined): boolean {
  if (!one || !other) return false;
  return (
    one.naming === other.naming && one.separator === other.separator && one.tools?.changes === other.tools?.changes
  );
}

/** Everybody is the local user, and nothing is decided by who asks. */
function isOneForAll({ identity, access, people }: Snapshot): boolean {
  if (asksForCredentials(identity) || !isEmptyTable(people.keys)) return false;
  return access.policies.length === 0 && access.permissions === undefined;
}
