/*
 * Slows down whoever presents bad credentials, by the address that they come from.
 *
 *   failures   1 … max        max + 1      max + 2     …
 *   the next   at once        after 1 s    after 2 s   4, 8 … up to the longest wait
 *
 * During a wait nothing unknown is verified for that address; it is answered 429, and that is no failure. A credential that was
 * good before is not asked about here (`verify.ts`), so that those who share an address with whoever guesses go on; a
 * new one among them waits for its turn, and each turn verifies one. A good one does not make the failures forgotten:
 * else one good key would buy any number of guesses. Presenting nothing is no failure.
 *
 * Addresses of version 6 are counted by /64, the least that one customer has (RFC 6177). The number of addresses is bounded;
 * the one that failed least lately is forgotten first.
 */
import ipaddr from 'ipaddr.js';
import { GatewayError } from '../../model/errors.ts';
import type { Limits } from '../../model/limits.ts';

interface Failing {
  failures: number;
  /** The turn after the next failure. */
  nextMs: number;
  /** Nothing is known of the address any more from then on. */
  forgottenMs: number;
}

export interface AttemptsParts {
  readonly limits: () => Limits;
  /** Monotonic. */
  readonly clock: () => number;
  /** An address was forgotten to make room. */
  readonly onFull: () => void;
}

const FIRST_WAIT_MS = 1_000;

export class Attempts {
  readonly #parts: AttemptsParts;
  readonly #byNetwork = new Map<string, Failing>();

  constructor(parts: AttemptsParts) {
    this.#parts = parts;
  }

  /** Takes the turn, when one is needed. Throws `too_many_failures`. */
  enter(address: string): void {
    const failing = this.#failingAt(address);
    if (!failing || failing.failures < this.#parts.limits().failedAuthenticationsMax) return;
    const nowMs = this.#parts.clock();
    if (nowMs < failing.nextMs) throw tooMany(failing.nextMs - nowMs);
    failing.nextMs = nowMs + this.#waitMs(failing.failures);
  }

  /** Gives the turn back: it was none of those who guess. */
  passed(address: string): void {
    const failing = this.#failingAt(address);
    if (failing) failing.nextMs = this.#parts.clock();
  }

  /** True when the address has to wait from now on. */
  failed(address: string): boolean {
    const { failedAuthenticationsMax: max, failedAuthenticationWindowMs: windowMs } = this.#parts.limits();
    const nowMs = this.#parts.clock();
    const failing = this.#failingAt(address) ?? { failures: 0, nextMs: nowMs, forgottenMs: nowMs + windowMs };
    failing.failures += 1;
    if (failing.failures >= max) {
      failing.nextMs = nowMs + this.#waitMs(failing.failures);
      failing.forgottenMs = failing.nextMs + windowMs;
    }
    this.#keep(networkOf(address), failing);
    return failing.failures === max;
  }

  #failingAt(address: string): Failing | undefined {
    // Mostly nobody has failed.
    if (this.#byNetwork.size === 0) return undefined;
    const network = networkOf(address);
    const failing = this.#byNetwork.get(network);
    if (!failing || this.#parts.clock() < failing.forgottenMs) return failing;
    this.#byNetwork.delete(network);
    return undefined;
  }

  #waitMs(failures: number): number {
    const { failedAuthenticationsMax: max, failedAuthenticationWaitMaxMs: longest } = this.#parts.limits();
    return Math.min(FIRST_WAIT_MS * 2 ** Math.min(failures - max, 30), longest);
  }

  #keep(network: string, failing: Failing): void {
    this.#byNetwork.delete(network);
    this.#byNetwork.set(network, failing);
    if (this.#byNetwork.size <= this.#parts.limits().failedAddressesMax) return;
    const [oldest = ''] = this.#byNetwork.keys();
    this.#byNetwork.delete(oldest);
    this.#parts.onFull();
  }
}

function tooMany(waitMs: number): GatewayError {
  return new GatewayError('too_many_failures', { retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1000)) });
}

/** Who most likely is one and the same. `::ffff:1.2.3.4` is an address of version 4. */
export function networkOf(address: string): string {
  if (!ipaddr.isValid(address)) return address;
  const parsed = ipaddr.process(address);
  return 'parts' in parsed
    ? `${parsed.parts
        .slice(0, 4)
        .map((part) => part.toString(16))
        .join(':')}::/64`
    : parsed.toString();
}
