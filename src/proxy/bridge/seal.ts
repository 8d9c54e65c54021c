/*
 * Closes a few words so that only this gateway can read them, and only where they belong.
 *
 *   base64url( key id │ nonce │ AES-256-GCM(words) │ tag )      `place` is authenticated beside them
 *
 * The client carries what comes out, so it is treated as hostile when it comes back: one bit, one character or one place
 * that differs, and nothing opens.
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { KEY_ID_BYTES, type KeyRing, type SealKey } from './key-ring.ts';

const CIPHER = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const LEAST_BYTES = KEY_ID_BYTES + NONCE_BYTES + TAG_BYTES;

export async function seal(ring: KeyRing, words: string, place: string): Promise<string> {
  const key = await ring.sealing();
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, key.secret, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(placeOf(key, place));
  const closed = [cipher.update(words, 'utf8'), cipher.final()];
  return Buffer.concat([key.id, nonce, ...closed, cipher.getAuthTag()]).toString('base64url');
}

/** Undefined when it was not sealed here for this place, or was changed since. */
export async function unseal(ring: KeyRing, sealed: string, place: string): Promise<string | undefined> {
  const bytes = Buffer.from(sealed, 'base64url');
  // The decoder forgives what is no base64url, and spare bits at the end.
  if (bytes.length < LEAST_BYTES || bytes.toString('base64url') !== sealed) return undefined;
  const key = await ring.opening(bytes.subarray(0, KEY_ID_BYTES));
  return key && opened(key, bytes, place);
}

function opened(key: SealKey, bytes: Buffer, place: string): string | undefined {
  const nonce = bytes.subarray(KEY_ID_BYTES, KEY_ID_BYTES + NONCE_BYTES);
  const decipher = createDecipheriv(CIPHER, key.secret, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(placeOf(key, place));
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
  const closed = bytes.subarray(KEY_ID_BYTES + NONCE_BYTES, -TAG_BYTES);
  try {
    return Buffer.concat([decipher.update(closed), decipher.final()]).toString('utf8');
  } catch {
    return undefined;
  }
}

function placeOf(key: SealKey, place: string): Buffer {
  return Buffer.concat([key.id, Buffer.from(place, 'utf8')]);
}
