/*
 * Tells listeners that lists changed: legacy sessions on their GET stream, newer clients on their listen stream.
 *
 * Every notice makes every client read a list anew, so changes that come close together are told once: when nothing has
 * changed for a moment, or when the first of them has waited long enough. A hundred servers that come up are few notices.
 */
import type { Snapshot } from '../../model/snapshot.ts';
import type { TimerWheel } from '../timer-wheel.ts';
import type { CatalogueChange, Catalogues } from '../upstream/catalogues.ts';

/** Nothing has changed for so long. */
export const QUIET_MS = 50;
/** However much goes on, nobody waits longer. */
export const PATIENCE_MS = 1_000;

export type ChangedKind = 'tools' | 'prompts' | 'resources';

export interface Listener {
  readonly endpoint: string;
  /** Who listens: some lists are one viewer's alone. */
  readonly viewer: string;
  readonly changed: (kind: ChangedKind) => void;
}

interface Listening extends Listener {
  /** How many changes there had been when it began: it is told of later ones only. */
  readonly since: number;
}

type LastChanges = ReadonlyMap<ChangedKind, number>;

export class Hub {
  readonly #snapshot: () => Snapshot;
  readonly #wheel: Pick<TimerWheel, 'now' | 'arm'>;
  readonly #listeners = new Set<Listening>();
  /** By viewer (`''` for all), then by server, for each kind the number of its last change. */
  readonly #pending = new Map<string, Map<string, Map<ChangedKind, number>>>();
  #changes = 0;
  #firstMs = 0;
  #lastMs = 0;

  constructor(snapshot: () => Snapshot, catalogues: Catalogues, wheel: Pick<TimerWheel, 'now' | 'arm'>) {
    this.#snapshot = snapshot;
    this.#wheel = wheel;
    catalogues.onChange((change) => this.#collect(change));
  }

  /** Returns the way to stop listening. */
  listen(listener: Listener): () => void {
    const listening = { ...listener, since: this.#changes };
    this.#listeners.add(listening);
    return () => this.#listeners.delete(listening);
  }

  #collect({ server, kinds, viewer = '' }: CatalogueChange): void {
    this.#changes += 1;
    this.#lastMs = this.#wheel.now();
    if (this.#pending.size === 0) {
      this.#firstMs = this.#lastMs;
      this.#wheel.arm(QUIET_MS, () => this.#tellOrWait());
    }
    const servers = this.#pending.get(viewer) ?? new Map<string, Map<ChangedKind, number>>();
    const pending = servers.get(server) ?? new Map<ChangedKind, number>();
    for (const kind of kinds) pending.set(kind === 'templates' ? 'resources' : kind, this.#changes);
    this.#pending.set(viewer, servers.set(server, pending));
  }

  #tellOrWait(): void {
    const dueMs = Math.min(this.#lastMs + QUIET_MS, this.#firstMs + PATIENCE_MS);
    const waitMs = dueMs - this.#wheel.now();
    if (waitMs > 0) this.#wheel.arm(waitMs, () => this.#tellOrWait());
    else this.#tell();
  }

  #tell(): void {
    const { endpoints } = this.#snapshot();
    const changed = new Map<string, LastChanges>();
    for (const { endpoint, viewer, since, changed: tell } of this.#listeners) {
      const { servers = [] } = endpoints.get(endpoint) ?? {};
      const kinds = changed.get(endpoint) ?? this.#changedAt(servers, '', new Map());
      changed.set(endpoint, kinds);
      const own = this.#pending.has(viewer) ? this.#changedAt(servers, viewer, kinds) : kinds;
      for (const [kind, change] of own) if (change > since) tell(kind);
    }
    this.#pending.clear();
  }

  /** With what had changed before. */
  #changedAt(servers: readonly string[], viewer: string, before: LastChanges): LastChanges {
    const last = new Map(before);
    for (const server of servers) {
      for (const [kind, change] of this.#pending.get(viewer)?.get(server) ?? []) {
        last.set(kind, Math.max(change, last.get(kind) ?? 0));
      }
    }
    return last;
  }
}
