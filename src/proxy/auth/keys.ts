/*
 * API keys, `gwk_{id}_{secret}`: kept as SHA-256 digests, found by digest as static tokens are, and for the same reason.
 *
 * The id in a key decides nothing either. It says in the log whose key it was that did not pass; to whoever presents one, a
 * key that has expired and one that never was are the same.
 */
import { hash } from 'node:crypto';
import type { IdentityDefinition, KeyDefinition } from '../../model/identity.ts';
import { isWhole, keyIdIn } from '../../model/key-text.ts';
import { bearerOf } from './bearer.ts';
import { type Denies, denierOf } from './denied.ts';
import type { Refused, Scheme, Verified } from './scheme.ts';

export function keyScheme(identity: IdentityDefinition, now: () => number): Scheme {
  const denies = denierOf(identity.denied);
  const known = new Map(identity.keys.map((key) => [key.sha256, key]));
  return {
    takes: (credential) => keyIdIn(credential) !== undefined,
    verify: (credential) => {
      const key = known.get(hash('sha256', credential));
      if (!key) return { refused: isWhole(credential) ? 'unknown' : 'malformed' };
      return keyFound(key, identity, { denies, nowMs: now() });
    },
  };
}

interface Judging {
  readonly denies: Denies;
  readonly nowMs: number;
}

export function keyFound(
  key: KeyDefinition,
  identity: IdentityDefinition,
  { denies, nowMs }: Judging,
): Verified | Refused {
  const { id, user, expiresAtMs = Number.POSITIVE_INFINITY } = key;
  const principal = { ...bearerOf(key, identity), id: `key:${id}`, kind: 'key' } as const;
  if (denies({ issuer: undefined, subjects: [principal.id, user], tokenId: id })) return { refused: 'denied' };
  return expiresAtMs > nowMs ? { principal, expiresAtMs } : { refused: 'expired' };
}
