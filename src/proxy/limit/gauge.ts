/*
 * How many of something each key has at once.
 *
 * A count that falls to zero stays for a while: taking it out and putting it back with every call would cost more than
 * the counting (see `id-table.ts`). When there are many idle keys they go together.
 */
const IDLE_KEYS_MAX = 1_000;

export class Gauge {
  readonly #counts = new Map<string, { now: number }>();

  /** False, and nothing counted, when the key already has `max`. */
  enter(key: string, max: number): boolean {
    const count = this.#counts.get(key);
    if (!count) return this.#first(key, max);
    if (count.now >= max) return false;
    count.now += 1;
    return true;
  }

  leave(key: string): void {
    const count = this.#counts.get(key);
    if (count && count.now > 0) count.now -= 1;
  }

  of(key: string): number {
    return this.#counts.get(key)?.now ?? 0;
  }

  #first(key: string, max: number): boolean {
    if (max < 1) return false;
    if (this.#counts.size >= IDLE_KEYS_MAX) {
      for (const [known, { now }] of this.#counts) if (now === 0) this.#counts.delete(known);
    }
    this.#counts.set(key, { now: 1 });
    return true;
  }
}
