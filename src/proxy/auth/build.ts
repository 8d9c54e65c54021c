/*
 * The schemes there are, in the order in which they are asked, the verifier over them, and what clients are told of it.
 */

import { type FetchParts, fetchOnce } from '../egress/fetch-once.ts';
import type { TimerWheel } from '../timer-wheel.ts';
import { keyScheme } from './keys.ts';
import { type ResourceMetadata, resourceMetadata } from './metadata.ts';
import { type IssuerParts, issuerSchemes } from './oauth/issuers.ts';
import type { SchemesOf } from './scheme.ts';
import { tokenScheme } from './tokens.ts';
import { Verifier, type VerifierParts } from './verify.ts';

export interface AuthParts
  extends Omit<VerifierParts, 'schemesOf' | 'wheel'>,
    Pick<IssuerParts, 'onFailure'>,
    Required<Pick<FetchParts, 'proxyOf'>> {
  readonly wheel: Pick<TimerWheel, 'arm' | 'now' | 'sleep'>;
}

export interface Auth {
  readonly verifier: Verifier;
  readonly metadata: ResourceMetadata;
  /** Asks the issuers for their keys, so that the first who comes with a token does not wait for them. */
  readonly prepare: () => void;
}

export function buildAuth(parts: AuthParts): Auth {
  const { now, wheel, snapshot, proxyOf } = parts;
  const fetch = fetchOnce({ rules: () => snapshot().egress, proxyOf });
  const issuers = issuerSchemes({
    ...{ ...parts, people: () => snapshot().people, fetch, clock: () => wheel.now(), sleep: (ms) => wheel.sleep(ms) },
    onLimit: (limit) => parts.emit({ type: 'limit_hit', limit, principal: '' }),
  });
  // What is known here comes first; only what nobody knows is shown to an issuer.
  const people = () => snapshot().people;
  const schemesOf: SchemesOf = (identity) => [
    tokenScheme(identity),
    keyScheme(identity, now, people),
    ...issuers(identity),
  ];
  return {
    verifier: new Verifier({ ...parts, schemesOf }),
    metadata: resourceMetadata(snapshot, parts.listener),
    prepare: () => void issuers(snapshot().identity),
  };
}
