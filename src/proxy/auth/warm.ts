/*
 * Credentials that were found good a moment ago, by digest and resource: the next call with one costs a look-up.
 *
 * What is kept is believed until the credential expires, but no longer than a short time, and not under other rules than
 * those it was found good by. After that it is verified anew, and is still known as one that was good before: whoever
 * presents it is not a stranger who guesses. Bounded; the oldest goes first. Only who presents good credentials adds
 * anything, and what was refused is not kept at all.
 */
import type { Principal } from '../../model/principal.ts';
import type { Verified } from './scheme.ts';

export interface Warm extends Verified {
  /** Wall clock. */
  readonly believedUntilMs: number;
  /** The number of the rules by which it was found good. */
  readonly rules: number;
}

export class WarmCredentials {
  readonly #byKey = new Map<string, Warm>();
  readonly #max: () => number;
  readonly #onFull: () => void;

  constructor(max: () => number, onFull: () => void) {
    this.#max = max;
    this.#onFull = onFull;
  }

  /** Undefined for one that must be verified. */
  of(key: string, rules: number, nowMs: number): Warm | undefined {
    const warm = this.#byKey.get(key);
    return warm && isWarm(warm, rules, nowMs) ? warm : undefined;
  }

  /** Whom the newest of them makes of this principal. A look at all of them: for people, not for calls. */
  newestOf(id: string, rules: number): Principal | undefined {
    return [...this.#byKey.values()].findLast((warm) => warm.rules === rules && warm.principal.id === id)?.principal;
  }

  /** Whether it was good once, as far as is remembered. */
  isKnown(key: string): boolean {
    return this.#byKey.has(key);
  }

  keep(key: string, warm: Warm): void {
    this.#byKey.delete(key);
    this.#byKey.set(key, warm);
    if (this.#byKey.size <= this.#max()) return;
    const [oldest = ''] = this.#byKey.keys();
    this.#byKey.delete(oldest);
    this.#onFull();
  }

  forget(key: string): void {
    this.#byKey.delete(key);
  }
}

export function isWarm({ believedUntilMs, rules }: Warm, now: number, nowMs: number): boolean {
  return rules === now && nowMs < believedUntilMs;
}
