/*
 * The vault: seals a secret for one place, and opens it there and nowhere else.
 *
 *   base64( nonce │ AES-256-GCM(secret) │ tag )      the place is authenticated beside it
 *
 * The nonce is 96 random bits, which is good for 2^32 secrets under one key (NIST SP 800-38D §8.3), far more than a store has. What is stored is read strictly: one bit that differs, also one that base64 does not need, and it does not open.
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { Sealed, SecretPlace, Vault } from './vault.ts';
import type { VaultKey } from './vault-key.ts';
import { type KeyRing, VaultError } from './vault-ring.ts';

const CIPHER = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

export function vaultOf(ring: KeyRing): Vault {
  return {
    get currentKeyId() {
      return currentOf(ring).id;
    },
    seal: (place, secret) => sealWith(currentOf(ring), place, secret),
    open: (place, sealed) => {
      const key = ring.find(sealed.keyId);
      if (!key)
        throw new VaultError(`A secret of ${shown(place)} is sealed with the key ${sealed.keyId}, which is not here.`);
      return opened(key, place, sealed);
    },
  };
}

function currentOf(ring: KeyRing): VaultKey {
  if (!ring.current) throw new VaultError('There is no encryption key.');
  return ring.current;
}

function sealWith(key: VaultKey, place: SecretPlace, secret: string): Sealed {
  // Half a surrogate pair would come back as another text.
  if (!secret.isWellFormed()) throw new VaultError('A secret has letters that are none.');
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, key.secret, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(bytesOfPlace(place));
  const closed = [cipher.update(secret, 'utf8'), cipher.final()];
  return { keyId: key.id, sealed: Buffer.concat([nonce, ...closed, cipher.getAuthTag()]).toString('base64') };
}

function opened(key: VaultKey, place: SecretPlace, { sealed }: Sealed): string {
  const bytes = Buffer.from(sealed, 'base64');
  // The decoder forgives what is no base64, and spare bits at the end.
  if (bytes.length < NONCE_BYTES + TAG_BYTES || bytes.toString('base64') !== sealed) throw damaged(place);
  const decipher = createDecipheriv(CIPHER, key.secret, bytes.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES });
  decipher.setAAD(bytesOfPlace(place));
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
  try {
    return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]).toString('utf8');
  } catch {
    throw damaged(place);
  }
}

/** As JSON, no two places are the same text, whatever letters are in them. */
function bytesOfPlace({ id, kind, ownerId, name }: SecretPlace): Buffer {
  return Buffer.from(JSON.stringify(['gatewright secret 1', id, kind, ownerId, name]), 'utf8');
}

function damaged(place: SecretPlace): VaultError {
  return new VaultError(`A secret of ${shown(place)} was not sealed here, or was changed since.`);
}

/** Ids and kinds are ours; a name may be anybody's words. */
function shown({ id, kind, ownerId }: SecretPlace): string {
  return `${kind} ${ownerId} (${id})`;
}
