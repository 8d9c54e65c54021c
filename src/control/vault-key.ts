/*
 * A key that secrets are sealed with: 32 random bytes, written in base64 or hexadecimal, and known by an id that is made
 * from them. As the id comes of the key, a key needs no name that people could mix up, and a line of the key file that was
 * damaged does not fit its id any more.
 *
 * A key is held as a `KeyObject`: printed, logged or turned into JSON by accident, it shows nothing.
 */
import { createSecretKey, hash, type KeyObject, randomBytes } from 'node:crypto';

export interface VaultKey {
  readonly id: string;
  readonly secret: KeyObject;
}

const KEY_BYTES = 32;
const ID_LETTERS = 16;
/** Another use of the same bytes would have another label: an id tells nothing about that. */
const ID_LABEL = 'gatewright encryption key id\0';

const HEX = /^[0-9a-f]{64}$/i;
const BASE64 = /^[A-Za-z0-9+/_-]{43}=?$/;

/** In 32 random bytes, fewer different ones, or fewer different steps from one to the next, come once in 10^10 times. */
const DISTINCT_MIN = 16;

export const MAKE_KEY = 'Make one with "openssl rand -base64 32".';

export function newKey(): VaultKey {
  return keyOf(randomBytes(KEY_BYTES));
}

/** As it is written by people and in the key file; otherwise what is wrong with it, in words that do not repeat it. */
export function readKey(text: string): VaultKey | { readonly wrong: string } {
  const bytes = bytesOf(text.trim());
  if (!bytes) return { wrong: `An encryption key is ${KEY_BYTES} random bytes in base64 or hexadecimal. ${MAKE_KEY}` };
  const why = guessable(bytes);
  if (why !== undefined) return { wrong: `This encryption key ${why} and can be guessed. ${MAKE_KEY}` };
  return keyOf(bytes);
}

export function writtenKey({ secret }: VaultKey): string {
  return secret.export().toString('base64');
}

function keyOf(bytes: Buffer): VaultKey {
  const id = `enc_${hash('sha256', Buffer.concat([Buffer.from(ID_LABEL), bytes])).slice(0, ID_LETTERS)}`;
  return { id, secret: createSecretKey(bytes) };
}

function bytesOf(text: string): Buffer | undefined {
  if (HEX.test(text)) return Buffer.from(text, 'hex');
  if (!BASE64.test(text)) return undefined;
  const bytes = Buffer.from(text, 'base64');
  return bytes.length === KEY_BYTES ? bytes : undefined;
}

function guessable(bytes: Buffer): string | undefined {
  if (bytes.every((byte) => byte >= 0x20 && byte < 0x7f)) return 'is made of words';
  const steps = bytes.map((byte, at) => (byte - (bytes[at - 1] ?? 0)) & 0xff);
  if (new Set(bytes).size < DISTINCT_MIN || new Set(steps).size < DISTINCT_MIN) return 'follows a pattern';
  return undefined;
}
