/*
 * One way to find out who presents a credential: static tokens, keys, signed tokens, introspection. The verifier asks the
 * schemes; nobody else does.
 */
import type { Principal } from '../../model/principal.ts';

export interface Scheme {
  /** Whether a credential that looks like this is this scheme's to judge; the first that says so judges it, alone. */
  readonly takes: (credential: string) => boolean;
  /**
   * Who it is, or undefined for a credential that does not hold. Never throws for what a stranger can send; a rejection
   * (a key set that cannot be had) refuses as well.
   */
  readonly verify: (credential: string, resource: string) => Verified | undefined | Promise<Verified | undefined>;
}

export interface Verified {
  readonly principal: Principal;
  /** Wall clock: not to be believed any more from then on. `Infinity` for never. */
  readonly expiresAtMs: number;
}
