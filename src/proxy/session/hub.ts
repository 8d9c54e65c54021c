/*
 * Tells listeners that lists changed: legacy sessions on their GET stream, newer clients on their listen stream.
 *
 * Changes that come together are told once: they are collected until the current turn of the event loop ends.
 */
import type { EntryKind } from '../../model/catalogue.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import type { Catalogues } from '../upstream/catalogues.ts';

export type ChangedKind = 'tools' | 'prompts' | 'resources';

export interface Listener {
  readonly endpoint: string;
  readonly changed: (kind: ChangedKind) => void;
}

export class Hub {
  readonly #snapshot: () => Snapshot;
  readonly #listeners = new Set<Listener>();
  readonly #pending = new Map<string, Set<ChangedKind>>();

  constructor(snapshot: () => Snapshot, catalogues: Catalogues) {
    this.#snapshot = snapshot;
    catalogues.onChange(({ server, kinds }) => this.#collect(server, kinds));
  }

  /** Returns the way to stop listening. */
  listen(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #collect(server: string, kinds: readonly EntryKind[]): void {
    if (this.#pending.size === 0) setImmediate(() => this.#tell());
    const pending = this.#pending.get(server) ?? new Set();
    for (const kind of kinds) pending.add(kind === 'templates' ? 'resources' : kind);
    this.#pending.set(server, pending);
  }

  #tell(): void {
    const { endpoints } = this.#snapshot();
    for (const listener of this.#listeners) {
      const kinds = new Set<ChangedKind>();
      for (const server of endpoints.get(listener.endpoint)?.servers ?? []) {
        for (const kind of this.#pending.get(server) ?? []) kinds.add(kind);
      }
      for (const kind of kinds) listener.changed(kind);
    }
    this.#pending.clear();
  }
}
