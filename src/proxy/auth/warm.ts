/*
 * Credentials that were found good a moment ago, by digest and resource: the next call with one costs a look-up.
 *
 * What is kept is believed until the credential expires, but no longer than a short time, and only while that by which it
 * was found good is as it was (`basis.ts`). After that it is verified anew, and is still known as one that was good before: whoever
 * presents it is not a stranger who guesses. Bounded; the oldest goes first. Only who presents good credentials adds
 * anything, and what was refused is not kept at all.
 */
import type { Principal } from '../../model/principal.ts';
import type { Basis } from './basis.ts';
import type { Rules } from './rules.ts';
import type { Verified } from './scheme.ts';

export interface Warm extends Verified {
  /** Wall clock. */
  readonly believedUntilMs: number;
  /** By what it was found good. */
  readonly basis: Basis;
  /** When its use is told next; wall clock. */
  usedAgainMs: number;
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
  of(key: string, rules: Rules, nowMs: number): Warm | undefined {
    const warm = this.#byKey.get(key);
    return warm && isWarm(warm, rules, nowMs) ? warm : undefined;
  }

  /** Whom the newest of them makes of this principal. A look at all of them: for people, not for calls. */
  newestOf(id: string, rules: Rules): Principal | undefined {
    const isHis = ({ principal, basis }: Warm) => principal.id === id && basis.holds(rules);
    return [...this.#byKey.values()].findLast(isHis)?.principal;
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

export function isWarm({ believedUntilMs, basis }: Warm, rules: Rules, nowMs: number): boolean {
  return nowMs < believedUntilMs && basis.holds(rules);
}
