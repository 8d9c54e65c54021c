/*
 * How often a process ended lately: what ends more than `restartsMax` times within `restartWindowMs` is not worth
 * starting again at once.
 */
import type { Limits } from '../../model/limits.ts';

export type ExitLimits = Pick<Limits, 'restartsMax' | 'restartWindowMs'>;

export class ExitCount {
  readonly #limits: ExitLimits;
  #atMs: number[] = [];

  constructor(limits: ExitLimits) {
    this.#limits = limits;
  }

  add(nowMs: number): void {
    this.#atMs.push(nowMs);
    // More than tell "too many" apart from "not yet" are not needed.
    if (this.#atMs.length > this.#limits.restartsMax + 1) this.#atMs.shift();
  }

  /** How many there were within the window. */
  recent(nowMs: number): number {
    this.#atMs = this.#atMs.filter((atMs) => nowMs - atMs < this.#limits.restartWindowMs);
    return this.#atMs.length;
  }

  tooMany(nowMs: number): boolean {
    return this.recent(nowMs) > this.#limits.restartsMax;
  }

  clear(): void {
    this.#atMs = [];
  }
}
