/*
 * Who was found to make a request, and what it takes to find out again: what stays open longer than the request is held by it.
 */
import type { ShownCredential } from '../../model/call.ts';
import type { Principal } from '../../model/principal.ts';
import type { Basis } from './basis.ts';
import type { Holding } from './held.ts';
import type { Asking, Verifier } from './verify.ts';
import type { Warm } from './warm.ts';

/** Somebody who is let in without a credential. */
interface Guest {
  readonly basis: Basis;
}

export class Identified implements ShownCredential {
  readonly principal: Principal;
  /** Undefined when there was no credential. */
  readonly warm: Warm | undefined;
  readonly #verifier: Verifier;
  /** Without who asked: the headers of his request need not outlive it. */
  readonly #asking: Asking;
  readonly basis: Basis;

  constructor(verifier: Verifier, { presented, endpoint }: Asking, found: Warm | Guest) {
    this.principal = found.basis.principal;
    this.warm = 'believedUntilMs' in found ? found : undefined;
    this.#verifier = verifier;
    this.#asking = { presented, endpoint, from: undefined };
    this.basis = found.basis;
  }

  /** Nobody may keep what is answered (RFC 6750 §2.3). */
  get inQuery(): boolean {
    return this.#asking.presented?.inQuery === true;
  }

  keep(ended: () => void): () => void {
    return this.#verifier.held.keep(this.holding(false), ended);
  }

  keepBeyond(ended: () => void): () => void {
    return this.#verifier.held.keep(this.holding(true), ended);
  }

  /** @param isBeyond Its time does not matter. */
  holding(isBeyond: boolean): Holding {
    const { presented, endpoint = '' } = this.#asking;
    const again = () => this.#verifier.identify(this.#asking);
    const expiresAtMs = isBeyond ? undefined : this.warm?.expiresAtMs;
    return {
      key: `${endpoint} ${presented === undefined ? '' : presented.credential}${isBeyond ? ' beyond' : ''}`,
      principal: this.principal,
      expiresAtMs: expiresAtMs ?? Number.POSITIVE_INFINITY,
      holds: () => this.#verifier.isAsItWas(this.basis),
      again: async () => (await again()).holding(isBeyond),
    };
  }
}
