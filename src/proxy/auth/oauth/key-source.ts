/*
 * Where the keys of an issuer come from. Only ever from what the configuration names: shared secrets, or a key set that is
 * fetched (`remote-keys.ts`).
 */
import type { CryptoKey } from 'jose';
import type { SignedHead } from './key-set.ts';

export interface KeySource {
  /** Those that could have signed; none when there is none, or it cannot be had in time. */
  readonly find: (head: SignedHead) => Promise<readonly CryptoKey[]>;
  /** Fetches what can be fetched before somebody waits for it. */
  readonly warm: () => void;
}

/** Several at once, so that one can be replaced: what was signed with the old one is good until the old one is taken out. */
export function sharedSecrets(secrets: readonly string[]): KeySource {
  const imported = new Map<string, Promise<readonly CryptoKey[]>>();
  const importAll = (alg: string) => Promise.all(secrets.map((secret) => hmacKey(secret, alg)));
  return {
    find: ({ alg }) => {
      const keys = imported.get(alg) ?? importAll(alg);
      imported.set(alg, keys);
      return keys;
    },
    warm: () => {},
  };
}

/** `HS256` → an HMAC key with SHA-256 (RFC 7518 §3.2). Once per secret: importing costs as much as verifying. */
function hmacKey(secret: string, alg: string): Promise<CryptoKey> {
  const algorithm = { name: 'HMAC', hash: `SHA-${alg.slice(2)}` };
  return crypto.subtle.importKey('raw', Buffer.from(secret, 'utf8'), algorithm, false, ['verify']);
}
