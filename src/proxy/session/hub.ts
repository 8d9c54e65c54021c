/*
 * Tells listeners that lists changed: legacy sessions on their GET stream, newer clients on their listen stream.
 *
 * Every notice makes every client read a list anew, so changes that come close together are told once: when nothing has
 * changed for a moment, or when the first of them has waited long enough. A hundred servers that come up are few notices.
 */
import type { EntryKind } from '../../model/catalogue.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import type { TimerWheel } from '../timer-wheel.ts';
import type { Catalogues } from '../upstream/catalogues.ts';

/** Nothing has changed for so long. */
export const QUIET_MS = 50;
/** However much goes on, nobody waits longer. */
export const PATIENCE_MS = 1_000;

export type ChangedKind = 'tools' | 'prompts' | 'resources';

export interface Listener {
  readonly endpoint: string;
  readonly changed: (kind: ChangedKind) => void;
}

interface Listening extends Listener {
  /** How many changes there had been when it began: it is told of later ones only. */
  readonly since: number;
}

export class Hub {
  readonly #snapshot: () => Snapshot;
  readonly #wheel: Pick<TimerWheel, 'now' | 'arm'>;
  readonly #listeners = new Set<Listening>();
  /** By server, for each kind, the number of its last change. */
  readonly #pending = new Map<string, Map<ChangedKind, number>>();
  #changes = 0;
  #firstMs = 0;
  #lastMs = 0;

  constructor(snapshot: () => Snapshot, catalogues: Catalogues, wheel: Pick<TimerWheel, 'now' | 'arm'>) {
    this.#snapshot = snapshot;
    this.#wheel = wheel;
    catalogues.onChange(({ server, kinds }) => this.#collect(server, kinds));
  }

  /** Returns the way to stop listening. */
  listen(listener: Listener): () => void {
    const listening = { ...listener, since: this.#changes };
    this.#listeners.add(listening);
    return () => this.#listeners.delete(listening);
  }

  #collect(server: string, kinds: readonly EntryKind[]): void {
    this.#changes += 1;
    this.#lastMs = this.#wheel.now();
    if (this.#pending.size === 0) {
      this.#firstMs = this.#lastMs;
      this.#wheel.arm(QUIET_MS, () => this.#tellOrWait());
    }
    const pending = this.#pending.get(server) ?? new Map<ChangedKind, number>();
    for (const kind of kinds) pending.set(kind === 'templates' ? 'resources' : kind, this.#changes);
    this.#pending.set(server, pending);
  }

  #tellOrWait(): void {
    const dueMs = Math.min(this.#lastMs + QUIET_MS, this.#firstMs + PATIENCE_MS);
    const waitMs = dueMs - this.#wheel.now();
    if (waitMs > 0) this.#wheel.arm(waitMs, () => this.#tellOrWait());
    else this.#tell();
  }

  #tell(): void {
    const { endpoints } = this.#snapshot();
    const changed = new Map<string, ReadonlyMap<ChangedKind, number>>();
    for (const { endpoint, since, changed: tell } of this.#listeners) {
      const kinds = changed.get(endpoint) ?? this.#changedAt(endpoints.get(endpoint)?.servers ?? []);
      changed.set(endpoint, kinds);
      for (const [kind, change] of kinds) if (change > since) tell(kind);
    }
    this.#pending.clear();
  }

  #changedAt(servers: readonly string[]): ReadonlyMap<ChangedKind, number> {
    const last = new Map<ChangedKind, number>();
    for (const server of servers) {
      for (const [kind, change] of this.#pending.get(server) ?? []) {
        last.set(kind, Math.max(change, last.get(kind) ?? 0));
      }
    }
    return last;
  }
}
