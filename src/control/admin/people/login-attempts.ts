/*
 * Slows down whoever guesses passwords, without letting them lock out whom they guess about.
 *
 *   from where the user has logged in before    a count of that user and place alone
 *   from anywhere else                          a count of the place, and a count of the user name
 *
 * A count that has reached its limit makes each next attempt wait, 1, 2, 4 … seconds up to the longest wait; during a wait
 * nothing is verified, and that is no failure. Names that nobody has are counted alike, so that a wait says nothing about who exists.
 * Somebody else's guesses, from wherever, delay a user at a place that is new to them and at no other. What is being verified
 * counts as failed until it is known, so that a hundred at once are no way around. A right password makes nothing forgotten: else
 * one good account would buy any number of guesses.
 *
 * Of each node, in memory, bounded; what failed least lately is forgotten first.
 */
import ipaddr from 'ipaddr.js';
import { AdminError } from '../../../model/admin-errors.ts';
import type { LimitName, Limits } from '../../../model/limits.ts';

interface Count {
  failures: number;
  pending: number;
  nextMs: number;
  forgottenMs: number;
}

type CountLimit = 'failedLoginsMax' | 'failedLoginsPerAddressMax';
type Key = readonly [key: string, limit: CountLimit];

export interface LoginAttemptsParts {
  readonly limits: () => Limits;
  readonly now: () => number;
  readonly onLimit: (limit: LimitName) => void;
}

/** One login on its way; exactly one of the two is said of it. */
export interface Attempt {
  failed(): void;
  passed(): void;
}

const FIRST_WAIT_MS = 1_000;
/** Of one user; the one used least lately is forgotten. */
const PLACES_MAX = 8;

export class LoginAttempts {
  readonly #parts: LoginAttemptsParts;
  readonly #counts = new Map<string, Count>();
  /** User name → networks where they have logged in. */
  readonly #places = new Map<string, readonly string[]>();

  constructor(parts: LoginAttemptsParts) {
    this.#parts = parts;
  }

  /** Throws `limited`. */
  enter(username: string, address: string): Attempt {
    const network = networkOf(address);
    const keys = this.#keys(username, network);
    const waits = keys.map((key) => this.#waitMs(key));
    const longest = Math.max(...waits);
    if (longest > 0) {
      this.#parts.onLimit(keys[waits.indexOf(longest)]?.[1] ?? 'failedLoginsMax');
      const retryAfterSeconds = Math.ceil(longest / 1000);
      // For the audit, and only what is somebody's name: others have typed their password here.
      throw new AdminError(
        'limited',
        this.#places.has(username) ? { retryAfterSeconds, about: username } : { retryAfterSeconds },
      );
    }
    for (const key of keys) this.#begin(key);
    return {
      failed: () => {
        for (const key of keys) this.#failed(key);
      },
      passed: () => {
        for (const [key] of keys) this.#end(key);
        this.#remember(username, network);
      },
    };
  }

  #keys(username: string, network: string): readonly Key[] {
    if (this.#places.get(username)?.includes(network)) return [[`both ${network} ${username}`, 'failedLoginsMax']];
    return [
      [`address ${network}`, 'failedLoginsPerAddressMax'],
      [`name ${username}`, 'failedLoginsMax'],
    ];
  }

  #waitMs([key, limit]: Key): number {
    const count = this.#countOf(key);
    if (!count || count.failures + count.pending < this.#parts.limits()[limit]) return 0;
    const nowMs = this.#parts.now();
    // With others on their way it is not known yet how long the wait will be.
    return Math.max(count.nextMs - nowMs, count.pending > 0 ? FIRST_WAIT_MS : 0);
  }

  #begin([key]: Key): void {
    const forgottenMs = this.#parts.now() + this.#parts.limits().failedLoginWindowMs;
    const count = this.#countOf(key) ?? { failures: 0, pending: 0, nextMs: 0, forgottenMs };
    count.pending += 1;
    this.#keep(key, count);
  }

  #end(key: string): Count | undefined {
    const count = this.#counts.get(key);
    if (count) count.pending -= 1;
    if (count?.failures === 0 && count.pending === 0) this.#counts.delete(key);
    return count;
  }

  #failed([key, limit]: Key): void {
    const count = this.#end(key) ?? { failures: 0, pending: 0, nextMs: 0, forgottenMs: 0 };
    const { [limit]: max, failedLoginWindowMs: windowMs, failedLoginWaitMaxMs: longestMs } = this.#parts.limits();
    const nowMs = this.#parts.now();
    count.failures += 1;
    const over = count.failures - max;
    if (over >= 0) count.nextMs = nowMs + Math.min(FIRST_WAIT_MS * 2 ** Math.min(over, 30), longestMs);
    count.forgottenMs = Math.max(nowMs, count.nextMs) + windowMs;
    this.#keep(key, count);
  }

  #countOf(key: string): Count | undefined {
    const count = this.#counts.get(key);
    if (!count || count.pending > 0 || this.#parts.now() < count.forgottenMs) return count;
    this.#counts.delete(key);
    return undefined;
  }

  #keep(key: string, count: Count): void {
    if (keepLatest(this.#counts, key, { value: count, max: this.#parts.limits().failedLoginsKnownMax }))
      this.#parts.onLimit('failedLoginsKnownMax');
  }

  #remember(username: string, network: string): void {
    const others = (this.#places.get(username) ?? []).filter((place) => place !== network);
    const value = [network, ...others].slice(0, PLACES_MAX);
    keepLatest(this.#places, username, { value, max: this.#parts.limits().failedLoginsKnownMax });
  }
}

/** True when the one kept longest ago had to go. */
function keepLatest<Value>(
  map: Map<string, Value>,
  key: string,
  { value, max }: { readonly value: Value; readonly max: number },
): boolean {
  map.delete(key);
  map.set(key, value);
  if (map.size <= max) return false;
  const [oldest = ''] = map.keys();
  return map.delete(oldest);
}

/** Who most likely is one and the same: of version 6 the /64 that one customer has (RFC 6177). */
function networkOf(address: string): string {
  if (!ipaddr.isValid(address)) return address;
  const parsed = ipaddr.process(address);
  if (!('parts' in parsed)) return parsed.toString();
  const parts = parsed.parts.slice(0, 4).map((part) => part.toString(16));
  return `${parts.join(':')}::/64`;
}
