/*
 * Who was found to make a request, and what it takes to find out again: what stays open longer than the request is held by it.
 */
import type { Credential } from '../../model/call.ts';
import type { Principal } from '../../model/principal.ts';
import type { Holding } from './held.ts';
import type { Asking, Verifier } from './verify.ts';
import type { Warm } from './warm.ts';

/** Somebody who is let in without a credential. */
interface Guest {
  readonly principal: Principal;
  readonly rules: number;
}

export class Identified implements Credential {
  readonly principal: Principal;
  /** Undefined when there was no credential. */
  readonly warm: Warm | undefined;
  readonly #verifier: Verifier;
  /** Without who asked: the headers of his request need not outlive it. */
  readonly #asking: Asking;
  readonly #rules: number;

  constructor(verifier: Verifier, { presented, endpoint }: Asking, found: Warm | Guest) {
    this.principal = found.principal;
    this.warm = 'believedUntilMs' in found ? found : undefined;
    this.#verifier = verifier;
    this.#asking = { presented, endpoint, from: undefined };
    this.#rules = found.rules;
  }

  /** Nobody may keep what is answered (RFC 6750 §2.3). */
  get inQuery(): boolean {
    return this.#asking.presented?.inQuery === true;
  }

  keep(ended: () => void): () => void {
    return this.#verifier.held.keep(this.holding(), ended);
  }

  holding(): Holding {
    const { presented, endpoint = '' } = this.#asking;
    const again = () => this.#verifier.identify(this.#asking);
    return {
      key: `${endpoint} ${presented === undefined ? '' : presented.credential}`,
      principal: this.principal,
      expiresAtMs: this.warm?.expiresAtMs ?? Number.POSITIVE_INFINITY,
      rules: this.#rules,
      again: async () => (await again()).holding(),
    };
  }
}
