/*
 * API keys, `gwk_{id}_{secret}`: kept as SHA-256 digests, found by digest as static tokens are, and for the same reason; first
 * among those of the file, then among those of the store (`stored-keys.ts`).
 *
 * The id in a key decides nothing either. It says in the log whose key it was that did not pass; to whoever presents one, a
 * key that has expired and one that never was are the same.
 */
import { hash } from 'node:crypto';
import type { IdentityDefinition, KeyDefinition } from '../../model/identity.ts';
import { isWhole, keyIdIn } from '../../model/key-text.ts';
import { NO_PEOPLE, type People } from '../../model/people.ts';
import { inTable } from '../../model/table.ts';
import { bearerOf } from './bearer.ts';
import { type Denies, denierOf } from './denied.ts';
import type { Refused, Scheme, Verified } from './scheme.ts';
import { storedKeyFound } from './stored-keys.ts';

/** @param now Wall clock. */
export function keyScheme(
  identity: IdentityDefinition,
  now: () => number,
  people: () => People = () => NO_PEOPLE,
): Scheme {
  const denies = denierOf(identity.denied);
  const known = new Map(identity.keys.map((key) => [key.sha256, key]));
  return {
    takes: (credential) => keyIdIn(credential) !== undefined,
    verify: (credential) => {
      const sha256 = hash('sha256', credential);
      const key = known.get(sha256);
      if (key) return keyFound(key, identity, { denies, nowMs: now() });
      const stored = inTable(people().keys, sha256);
      if (stored) return storedKeyFound(stored, { people: people(), identity, denies, nowMs: now() });
      return { refused: isWhole(credential) ? 'unknown' : 'malformed' };
    },
  };
}

export interface Judging {
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
