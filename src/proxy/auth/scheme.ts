/*
 * One way to find out who presents a credential: static tokens, keys, signed tokens, introspection. The verifier asks the
 * schemes; nobody else does.
 */
import type { RefusedWhy } from '../../model/event.ts';
import type { IdentityDefinition } from '../../model/identity.ts';
import type { People } from '../../model/people.ts';
import type { Principal } from '../../model/principal.ts';

export interface Scheme {
  /** Whether a credential that looks like this is this scheme's to judge; the first that says so judges it, alone. */
  readonly takes: (credential: string) => boolean;
  /** Whether it takes this one where it stands in `Authorization` without `Bearer`, too. Absent: none. */
  readonly takesBare?: (credential: string) => boolean;
  /**
   * Who it is, or undefined for a credential that does not hold. Never throws for what a stranger can send; a rejection
   * (a key set that cannot be had) refuses as well.
   * @param resource The URL of the endpoint that is asked for (`resource.ts`).
   */
  readonly verify: (credential: string, resource: string) => Found | Promise<Found>;
}

export type Found = Verified | Refused | undefined;

export interface Verified {
  readonly principal: Principal;
  /** Wall clock: not to be believed any more from then on, but asked about again. `Infinity` for never. */
  readonly expiresAtMs: number;
  /** Whether what was looked at of the store is as it was. Absent: nothing was. */
  readonly rests?: (now: People) => boolean;
  /** The id of a key of the store, whose use is told. */
  readonly storedKey?: string;
}

/** For the operator; whoever presented the credential is not told. */
export interface Refused {
  readonly refused: RefusedWhy;
}

/** All schemes of what people decided, in the order in which they are asked. */
export type SchemesOf = (identity: IdentityDefinition) => readonly Scheme[];
