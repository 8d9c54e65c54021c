/*
 * A JSON Web Key Set as it came from an issuer (RFC 7517 §5), reduced to what can verify a signature.
 */
import { type CryptoKey, createLocalJWKSet, type JSONWebKeySet, type JWK } from 'jose';
import { isObject } from './compact.ts';

/** A larger RSA key makes every signature slow to check (8192 bits). */
const MODULUS_LENGTH_MAX = 1366;
const EXPONENT_LENGTH_MAX = 8;
const KINDS: ReadonlySet<unknown> = new Set(['RSA', 'EC', 'OKP']);

export interface SignedHead {
  readonly alg: string;
  readonly kid: string | undefined;
}

export interface KeySet {
  /** Undefined when none fits, or more than one does. */
  readonly find: (head: SignedHead) => Promise<CryptoKey | undefined>;
}

/**
 * Throws for what is no key set, and for one without a single key that can be used.
 * @param keysMax Those behind them are not looked at.
 */
export function readKeySet(body: Buffer, keysMax: number, onMore: () => void = () => {}): KeySet {
  const said: unknown = JSON.parse(body.toString('utf8'));
  if (!isObject(said) || !Array.isArray(said.keys)) throw new Error('it has no "keys"');
  if (said.keys.length > keysMax) onMore();
  const keys = said.keys.slice(0, keysMax).filter(isUsable);
  if (keys.length === 0) throw new Error('none of its keys can verify a signature');
  const choose = createLocalJWKSet({ keys } satisfies JSONWebKeySet);
  const found = new Map<string, CryptoKey>();
  return {
    find: async ({ alg, kid }) => {
      const name = `${alg} ${kid ?? ''}`;
      const known = found.get(name);
      if (known) return known;
      const key = await choose(kid === undefined ? { alg } : { alg, kid }).catch(() => undefined);
      // Only what is there is remembered, so that made-up names take no room.
      if (key) found.set(name, key);
      return key;
    },
  };
}

/** A public key for signatures. One that came with its private part is nobody's secret any more. */
function isUsable(key: unknown): key is JWK {
  if (!isObject(key) || !KINDS.has(key.kty) || 'd' in key) return false;
  if (key.use !== undefined && key.use !== 'sig') return false;
  return key.kty !== 'RSA' || (isShort(key.n, MODULUS_LENGTH_MAX) && isShort(key.e, EXPONENT_LENGTH_MAX));
}

function isShort(value: unknown, lengthMax: number): boolean {
  return typeof value === 'string' && value.length <= lengthMax;
}
