/*
 * The bytes JSON text is made of (RFC 8259 §2), and the three steps every reader of it takes: over blanks, over a
 * string whose text does not matter, from a byte to its meaning as a hexadecimal digit.
 */

export const QUOTE = 0x22;
export const BACKSLASH = 0x5c;
export const COLON = 0x3a;
export const COMMA = 0x2c;
export const BRACE_OPEN = 0x7b;
export const BRACE_CLOSE = 0x7d;
export const BRACKET_OPEN = 0x5b;
export const BRACKET_CLOSE = 0x5d;
export const MINUS = 0x2d;
export const ZERO = 0x30;
export const NINE = 0x39;

/** The first byte from `i` on that is not a blank; `n` when there is none. */
export function skipBlanks(bytes: Uint8Array, i: number, n: number): number {
  let at = i;
  while (at < n) {
    const c = bytes[at] as number;
    if (c > 0x20 || (c !== 0x20 && c !== 0x0a && c !== 0x0d && c !== 0x09)) return at;
    at++;
  }
  return at;
}

/** Whether the bytes at `start` are those of `word`. The caller has checked the length. */
export function bytesEqual(bytes: Uint8Array, start: number, word: Uint8Array): boolean {
  for (let i = 0; i < word.length; i++) if (bytes[start + i] !== word[i]) return false;
  return true;
}

/** The value of a hexadecimal digit, −1 for any other byte. */
export function hexDigit(c: number): number {
  if (c >= 0x30 && c <= 0x39) return c - 0x30;
  const lower = c | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}
