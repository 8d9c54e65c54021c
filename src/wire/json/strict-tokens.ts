/*
 * Strings, numbers and literals exactly as RFC 8259 §3, §6 and §7 write them.
 *
 * Each function takes the place of a token's first byte and returns the place behind its last one, or −1 when the bytes
 * are no JSON. A string can be good JSON and still mean different things to different parsers (a surrogate without its
 * partner, a NUL): that is noted in `marks`, and the scan goes on.
 */
import { BACKSLASH, hexDigit, MINUS, NINE, QUOTE, ZERO } from './bytes.ts';

export interface StringMarks {
  /** The last string read held an escape. Whoever cares resets it before. */
  escaped: boolean;
  /** What parsers may disagree about, '' when nothing. The first finding stays. */
  ambiguous: string;
}

/** 1 for every byte that a string may hold as it is; 0 for quote, backslash and control characters. */
const PLAIN = new Uint8Array(256).fill(1, 0x20);
PLAIN[QUOTE] = 0;
PLAIN[BACKSLASH] = 0;

export function strictString(bytes: Uint8Array, start: number, n: number, marks: StringMarks): number {
  let i = start + 1;
  for (;;) {
    i = skipPlain(bytes, i, n);
    if (i >= n) return -1;
    const c = bytes[i] as number;
    if (c === QUOTE) return i + 1;
    if (c !== BACKSLASH) return -1;
    marks.escaped = true;
    i = strictEscape(bytes, i + 1, n, marks);
    if (i < 0) return -1;
  }
}

/** Four bytes per turn: most of a message is the inside of strings. */
function skipPlain(bytes: Uint8Array, start: number, n: number): number {
  let i = start;
  const last = n - 4;
  while (i <= last) {
    if (PLAIN[bytes[i] as number] === 0) return i;
    if (PLAIN[bytes[i + 1] as number] === 0) return i + 1;
    if (PLAIN[bytes[i + 2] as number] === 0) return i + 2;
    if (PLAIN[bytes[i + 3] as number] === 0) return i + 3;
    i += 4;
  }
  while (i < n && PLAIN[bytes[i] as number] === 1) i++;
  return i;
}

/** `i` is behind the backslash. */
function strictEscape(bytes: Uint8Array, i: number, n: number, marks: StringMarks): number {
  if (i >= n) return -1;
  switch (bytes[i]) {
    case QUOTE:
    case BACKSLASH:
    case 0x2f: // solidus
    case 0x62: // b
    case 0x66: // f
    case 0x6e: // n
    case 0x72: // r
    case 0x74: // t
      return i + 1;
    case 0x75: // u
      return unicodeEscape(bytes, i + 1, n, marks);
    default:
      return -1;
  }
}

/** `i` is behind `\u`. A high surrogate must be followed by the escape of a low one (RFC 8259 §8.2). */
function unicodeEscape(bytes: Uint8Array, i: number, n: number, marks: StringMarks): number {
  const unit = hexUnit(bytes, i, n);
  if (unit < 0) return -1;
  if (unit === 0) marks.ambiguous ||= 'a string holds U+0000';
  if (unit < 0xd800 || unit > 0xdfff) return i + 4;
  const paired =
    unit <= 0xdbff && i + 10 <= n && bytes[i + 4] === BACKSLASH && bytes[i + 5] === 0x75
      ? hexUnit(bytes, i + 6, n)
      : -1;
  if (paired >= 0xdc00 && paired <= 0xdfff) return i + 10;
  marks.ambiguous ||= 'a string holds half of a surrogate pair';
  return i + 4;
}

function hexUnit(bytes: Uint8Array, i: number, n: number): number {
  if (i + 4 > n) return -1;
  let unit = 0;
  for (let at = i; at < i + 4; at++) {
    const digit = hexDigit(bytes[at] as number);
    if (digit < 0) return -1;
    unit = unit * 16 + digit;
  }
  return unit;
}

export function strictNumber(bytes: Uint8Array, start: number, n: number): number {
  let i = start;
  if (bytes[i] === MINUS) i++;
  if (i >= n) return -1;
  // No leading zero: `01` is two tokens, and whoever asks what follows the first finds no comma.
  const whole = bytes[i] === ZERO ? i + 1 : digits(bytes, i, n);
  if (whole < 0) return -1;
  i = whole;
  if (i < n && bytes[i] === 0x2e) {
    i = digits(bytes, i + 1, n);
    if (i < 0) return -1;
  }
  if (i < n && ((bytes[i] as number) | 0x20) === 0x65) {
    i++;
    if (i < n && (bytes[i] === 0x2b || bytes[i] === MINUS)) i++;
    i = digits(bytes, i, n);
  }
  return i;
}

/** One digit or more; −1 when there is none. */
function digits(bytes: Uint8Array, start: number, n: number): number {
  let i = start;
  while (i < n && (bytes[i] as number) >= ZERO && (bytes[i] as number) <= NINE) i++;
  return i === start ? -1 : i;
}

/** `true`, `false` or `null`. */
export function strictLiteral(bytes: Uint8Array, i: number, n: number): number {
  const c = bytes[i];
  if (c === 0x74) return isWord(bytes, i, n, 0x72, 0x75, 0x65);
  if (c === 0x6e) return isWord(bytes, i, n, 0x75, 0x6c, 0x6c);
  if (c === 0x66 && bytes[i + 4] === 0x65) return isWord(bytes, i, n - 1, 0x61, 0x6c, 0x73) < 0 ? -1 : i + 5;
  return -1;
}

function isWord(bytes: Uint8Array, i: number, n: number, b: number, c: number, d: number): number {
  return i + 4 <= n && bytes[i + 1] === b && bytes[i + 2] === c && bytes[i + 3] === d ? i + 4 : -1;
}
