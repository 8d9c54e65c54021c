/*
 * An endpoint as one caller sees it: which names exist, whose they are, and the lists as ready bytes.
 *
 * A view belongs to an endpoint and to rights, so all callers with the same rights have it together (kept-view.ts); there is
 * room for so many of them. A warm decision is one map look-up, and a warm list is ready bytes. Every entry has passed
 * `decide`; the names and the lists come out of the same join, so they cannot disagree.
 *
 * With another snapshot everything is decided anew (views-under.ts).
 */
import { setImmediate } from 'node:timers/promises';
import type { VisibleServer } from '../../model/call.ts';
import type { EntryKind } from '../../model/catalogue.ts';
import type { Emit } from '../../model/event.ts';
import { LOCAL_USER, type Principal } from '../../model/principal.ts';
import type { EndpointDefinition, Snapshot } from '../../model/snapshot.ts';
import type { Catalogues } from '../upstream/catalogues.ts';
import type { Viewer } from '../upstream/variants.ts';
import type { Rights } from './decision.ts';
import { differing } from './differing.ts';
import type { ViewList } from './join.ts';
import type { Stocks } from './stock.ts';
import { ViewsUnder } from './views-under.ts';

export interface View {
  readonly endpoint: EndpointDefinition;
  readonly rights: Rights;
  /** Those that exist for the caller. */
  readonly servers: readonly VisibleServer[];
  readonly lists: Readonly<Record<EntryKind, ViewList>>;
  /** The same object for all views that replace one another only because servers changed. */
  readonly lineage: object;
  /** It has lists that are this viewer's alone. */
  readonly isOwn: boolean;
  /** Nobody who could come would see anything else. */
  readonly isForAll: boolean;
}

export class Views {
  readonly #snapshot: () => Snapshot;
  readonly #catalogues: Catalogues;
  readonly #emit: Emit;
  #under: ViewsUnder | undefined;
  #seen: Snapshot | undefined;
  #expected: ViewsUnder | undefined;
  readonly #changed = new Set<string>();

  constructor(snapshot: () => Snapshot, catalogues: Catalogues, emit: Emit = () => {}) {
    this.#snapshot = snapshot;
    this.#catalogues = catalogues;
    this.#emit = emit;
    catalogues.onChange(({ server }) => this.#prepareSoon(server));
  }

  /** As this caller with this client sees it; undefined when the endpoint does not exist for the caller. */
  seenBy(call: Viewer & { readonly endpoint: string }): View | undefined {
    const now = this.#now;
    const everybodys = now.of(call.endpoint, call.principal);
    const viewpoint = this.#catalogues.variants.of(call);
    if (!viewpoint || !everybodys) return everybodys?.now();
    return now.seenFrom(viewpoint, everybodys, call.endpoint).now();
  }

  /** What all with these rights see. Undefined when the endpoint does not exist for this caller. */
  of(endpoint: string, principal: Principal): View | undefined {
    return this.#now.of(endpoint, principal)?.now();
  }

  /** Whether the endpoint exists for this caller. */
  has(endpoint: string, principal: Principal): boolean {
    return this.#now.has(endpoint, principal);
  }

  /** Names of the servers that exist for this caller there; the same array for as long as the rights are the same. */
  serversAt(endpoint: string, principal: Principal): readonly string[] {
    return this.#now.of(endpoint, principal)?.servers ?? NO_SERVERS;
  }

  /**
   * From now on what each server has is made ready as it comes, and nobody waits for all of them or for all rules. One endpoint
   * in each turn of the event loop.
   */
  async expect(): Promise<void> {
    const under = this.#now;
    if (this.#expected === under) return;
    this.#expected = under;
    for (const { name, naming } of under.snapshot.endpoints.values()) {
      if (naming === 'transparent') continue;
      if (this.#under !== under) return;
      under.expect(name, LOCAL_USER);
      await setImmediate();
    }
  }

  /** There is another snapshot: which lists of an endpoint are others for a caller than they were. Undefined for none. */
  renewed(): Differs | undefined {
    const before = this.#under;
    const now = this.#now;
    if (before === now) return undefined;
    const known = new Map<string, Promise<ReadonlySet<EntryKind>>>();
    return (endpoint, principal) => {
      const name = JSON.stringify([before?.fingerprintOf(principal), now.fingerprintOf(principal), endpoint]);
      const kinds = known.get(name) ?? differing(before?.known(endpoint, principal), now.of(endpoint, principal));
      known.set(name, kinds);
      return kinds;
    };
  }

  /** What the servers have there, whoever asks; for operators. */
  stocksAt(endpoint: string): Stocks {
    return this.#now.stocksOf(endpoint);
  }

  get #now(): ViewsUnder {
    const snapshot = this.#snapshot();
    if (this.#under && this.#seen === snapshot) return this.#under;
    this.#seen = snapshot;
    // Most snapshots differ in nothing that is shown: one key of fifty thousand is another.
    if (!this.#under?.holdsFor(snapshot))
      this.#under = new ViewsUnder(snapshot, this.#catalogues, this.#emit, this.#under);
    return this.#under as ViewsUnder;
  }

  #prepareSoon(server: string): void {
    if (this.#changed.size === 0) void setImmediate().then(() => this.#prepareNext());
    this.#changed.add(server);
  }

  /** One server in each turn of the event loop, so that a hundred that come at once stop nobody. */
  #prepareNext(): void {
    const [server] = this.#changed;
    if (server === undefined) return;
    this.#changed.delete(server);
    this.#now.prepare(server);
    if (this.#changed.size > 0) void setImmediate().then(() => this.#prepareNext());
  }
}

const NO_SERVERS: readonly string[] = [];

export type Differs = (endpoint: string, principal: Principal) => Promise<ReadonlySet<EntryKind>>;
