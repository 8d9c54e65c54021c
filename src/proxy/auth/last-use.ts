/*
 * When keys of the store were used last, told now and then: at most once a minute of each, and of no more keys than are
 * remembered. A call with a key that was used a moment ago costs a comparison.
 */
import type { Emit } from '../../model/event.ts';

const TOLD_EVERY_MS = 60_000;

export interface LastUseParts {
  /** Keys that are remembered as told. */
  readonly max: () => number;
  readonly emit: Emit;
}

export class LastUse {
  readonly #parts: LastUseParts;
  /** By id, the one told longest ago first. */
  readonly #told = new Map<string, number>();

  constructor(parts: LastUseParts) {
    this.#parts = parts;
  }

  /** It is used now. Gives the time before which that needs not be said again. */
  used(id: string, nowMs: number): number {
    const toldMs = this.#told.get(id) ?? Number.NEGATIVE_INFINITY;
    if (nowMs - toldMs < TOLD_EVERY_MS) return toldMs + TOLD_EVERY_MS;
    if (this.#hasRoom(id, nowMs)) {
      this.#told.delete(id);
      this.#told.set(id, nowMs);
      this.#parts.emit({ type: 'credential_used', key: id, atMs: nowMs });
    }
    return nowMs + TOLD_EVERY_MS;
  }

  #hasRoom(id: string, nowMs: number): boolean {
    if (this.#told.has(id) || this.#told.size < this.#parts.max()) return true;
    const [oldest] = this.#told;
    if (!oldest || nowMs - oldest[1] < TOLD_EVERY_MS) return false;
    this.#told.delete(oldest[0]);
    return true;
  }
}
