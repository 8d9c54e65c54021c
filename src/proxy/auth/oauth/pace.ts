/*
 * How often an issuer is asked for the same document. What strangers send must not make the gateway ask more often, so every
 * attempt passes here, whatever it is for.
 *
 *   what is missing (an unknown key)     once per 30 s
 *   after a failure                      after 5 s, 10 s, 20 s, then every 30 s
 *   whatever the reasons                 twice per 10 s
 *
 * Times are monotonic.
 */
const MISSING_MS = 30_000;
const FAILED_FIRST_MS = 5_000;
const FAILED_MAX_MS = 30_000;
const WINDOW_MS = 10_000;

export class Pace {
  readonly #clock: () => number;
  /** Of the last two attempts, the older one first. */
  #begun: readonly [number, number] = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
  #failures = 0;
  #missedMs = Number.NEGATIVE_INFINITY;

  constructor(clock: () => number) {
    this.#clock = clock;
  }

  /** Whether to ask now. `missing`: there is an answer, and something is not in it. Counts as an attempt when it is. */
  take(why: 'missing' | 'due'): boolean {
    const nowMs = this.#clock();
    if (nowMs - this.#begun[0] < WINDOW_MS || nowMs - this.#begun[1] < this.#waitMs()) return false;
    if (why === 'missing') {
      if (nowMs - this.#missedMs < MISSING_MS) return false;
      this.#missedMs = nowMs;
    }
    this.#begun = [this.#begun[1], nowMs];
    return true;
  }

  succeeded(): void {
    this.#failures = 0;
  }

  failed(): void {
    this.#failures++;
  }

  #waitMs(): number {
    return this.#failures === 0 ? 0 : Math.min(FAILED_FIRST_MS * 2 ** (this.#failures - 1), FAILED_MAX_MS);
  }
}
