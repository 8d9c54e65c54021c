/*
 * The snapshot that holds now. It is swapped whole and in one step, so that nobody ever sees a part of the next one; who
 * keeps something made of it is told, after the swap and before anything else happens.
 */
import type { Snapshot } from '../model/snapshot.ts';

export type SwapListener = (now: Snapshot, before: Snapshot) => void;

export class Current {
  readonly #listeners = new Set<SwapListener>();
  #now: Snapshot;

  constructor(first: Snapshot) {
    this.#now = first;
  }

  get now(): Snapshot {
    return this.#now;
  }

  swap(next: Snapshot): void {
    const before = this.#now;
    this.#now = next;
    for (const listener of this.#listeners) listener(next, before);
  }

  /** Returns the way to stop listening. */
  onSwap(listener: SwapListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
