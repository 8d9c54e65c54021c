/*
 * How an API key is written: `gwk_{id}_{secret}`.
 *
 *   gwk_       so that people and secret scanners know what they have found
 *   id         names the key in the configuration and in logs; no secret
 *   secret     32 random bytes or more, then a checksum over all before it: base64url without `=`
 *
 * The checksum decides nothing. Where a key is refused it says whether somebody has lost a letter of it on the way.
 */

const KEY = /^gwk_([A-Za-z0-9]{4,64})_([A-Za-z0-9_-]{1,512})$/;
/** Four bytes in base64url. */
const CHECKSUM_LENGTH = 6;

export const KEY_PREFIX = 'gwk_';
export const KEY_ID = /^[A-Za-z0-9]{4,64}$/;

/** @param secret Random bytes. */
export function composeKey(id: string, secret: Buffer): string {
  const text = `${KEY_PREFIX}${id}_${secret.toString('base64url')}`;
  return text + checksum(text);
}

/** The id in a text that is written like a key. */
export function keyIdIn(text: string): string | undefined {
  return KEY.exec(text)?.[1];
}

/** Whether every letter is likely to be as it was made. */
export function isWhole(key: string): boolean {
  return checksum(key.slice(0, -CHECKSUM_LENGTH)) === key.slice(-CHECKSUM_LENGTH);
}

/** CRC-32 (ISO 3309), for slips of people; against people who mean it there is the digest. */
function checksum(text: string): string {
  let crc = 0xffffffff;
  for (const byte of Buffer.from(text)) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (0xedb88320 & -(crc & 1));
  }
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE((crc ^ 0xffffffff) >>> 0);
  return bytes.toString('base64url');
}
