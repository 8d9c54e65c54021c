/*
 * How long to wait before the next try: twice as long each time up to a bound, and never exactly as long as others that
 * failed at the same moment, so that they do not come back at the same moment.
 */

export class Backoff {
  readonly #firstMs: number;
  readonly #random: () => number;
  #nextMs: number;

  constructor(firstMs: number, random: () => number = Math.random) {
    this.#firstMs = firstMs;
    this.#nextMs = firstMs;
    this.#random = random;
  }

  /** Between half of the wait and the whole of it. */
  next(boundMs: number): number {
    const waitMs = Math.min(this.#nextMs, boundMs);
    this.#nextMs = waitMs * 2;
    return waitMs * (0.5 + this.#random() / 2);
  }

  reset(): void {
    this.#nextMs = this.#firstMs;
  }
}
