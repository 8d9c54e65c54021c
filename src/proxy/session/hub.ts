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

export class Hub {
  readonly #snapshot: () => Snapshot;
  readonly #wheel: Pick<TimerWheel, 'now' | 'arm'>;
  readonly #listeners = new Set<Listener>();
  readonly #pending = new Map<string, Set<ChangedKind>>();
  #firstMs = 0;
  #lastMs = 0;

  constructor(snapshot: () => Snapshot, catalogues: Catalogues, wheel: Pick<TimerWheel, 'now' | 'arm'>) {
    this.#snapshot = snapshot;
    this.#wheel = wheel;
    catalogues.onChange(({ server, kinds }) => this.#collect(server, kinds));
  }

  /** Returns the way to stop listening. */
  listen(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #collect(server: string, kinds: readonly EntryKind[]): void {
    this.#lastMs = this.#wheel.now();
    if (this.#pending.size === 0) {
      this.#firstMs = this.#lastMs;
      this.#wheel.arm(QUIET_MS, () => this.#tellOrWait());
    }
    const pending = this.#pending.get(server) ?? new Set();
    for (const kind of kinds) pending.add(kind === 'templates' ? 'resources' : kind);
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
    const told = new Map<string, ReadonlySet<ChangedKind>>();
    for (const listener of this.#listeners) {
      const kinds = told.get(listener.endpoint) ?? this.#changedAt(endpoints.get(listener.endpoint)?.servers ?? []);
      told.set(listener.endpoint, kinds);
      for (const kind of kinds) listener.changed(kind);
    }
    this.#pending.clear();
  }

  #changedAt(servers: readonly string[]): ReadonlySet<ChangedKind> {
    const kinds = new Set<ChangedKind>();
    for (const server of servers) for (const kind of this.#pending.get(server) ?? []) kinds.add(kind);
    return kinds;
  }
}
