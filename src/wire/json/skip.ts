/*
 * Getting past a JSON value without reading it: where does it end?
 *
 * Only quotes, backslashes and brackets count. The result is exact for valid JSON; for other bytes it is some place
 * inside them or −1, never an endless loop. Short strings are walked, the rest of a long one is jumped over by
 * `indexOf`, which reads some sixteen bytes at a time.
 */
import { BACKSLASH, BRACE_CLOSE, BRACE_OPEN, BRACKET_CLOSE, BRACKET_OPEN, COMMA, QUOTE } from './bytes.ts';

/** From here on a native search costs less than a walk. */
const WALK_BYTES = 48;

/** The bytes that mean something between strings: quotes and brackets. */
const STRUCTURAL = new Uint8Array(256);
for (const c of [QUOTE, BRACE_OPEN, BRACE_CLOSE, BRACKET_OPEN, BRACKET_CLOSE]) STRUCTURAL[c] = 1;

/** Closing bracket awaited at each level of the value being skipped. A skip never waits, so one stack does. */
let closers = new Uint8Array(64);

export const TOO_DEEP = -2;

/** `i` is at the opening quote; the result is behind the closing one, −1 when there is none before `n`. */
export function skipString(bytes: Buffer, i: number, n: number): number {
  return skipStringRest(bytes, i + 1, n);
}

/** `i` is inside a string and not behind a backslash. */
function skipStringRest(bytes: Buffer, i: number, n: number): number {
  let at = i;
  for (;;) {
    const walked = Math.min(at + WALK_BYTES, n);
    while (at < walked) {
      const c = bytes[at] as number;
      if (c === QUOTE) return at + 1;
      at += c === BACKSLASH ? 2 : 1;
    }
    if (at >= n) return -1;
    const quote = bytes.indexOf(QUOTE, at);
    if (quote < 0 || quote >= n) return -1;
    if (!isEscaped(bytes, at, quote)) return quote + 1;
    at = quote + 1;
  }
}

/** Whether an odd number of backslashes stands before `at`, none of them before `from`. */
function isEscaped(bytes: Buffer, from: number, at: number): boolean {
  let i = at;
  while (i > from && bytes[i - 1] === BACKSLASH) i--;
  return ((at - i) & 1) === 1;
}

/** The end of the value that starts at `i`; −1 when it has none before `n`, `TOO_DEEP` above `depthMax` levels. */
export function skipValue(bytes: Buffer, i: number, n: number, depthMax: number): number {
  const c = bytes[i];
  if (i >= n) return -1;
  if (c === QUOTE) return skipString(bytes, i, n);
  if (c === BRACE_OPEN || c === BRACKET_OPEN) return skipNested(bytes, i, n, depthMax);
  return skipScalar(bytes, i, n);
}

/** One flat loop with the walk over short strings inside it: a call per string would cost more than the string. */
function skipNested(bytes: Buffer, i: number, n: number, depthMax: number): number {
  if (closers.length <= depthMax) closers = new Uint8Array(depthMax + 1);
  const awaited = closers;
  let depth = 0;
  let at = i;
  while (at < n) {
    const c = bytes[at++] as number;
    if (STRUCTURAL[c] === 0) continue;
    if (c === QUOTE) {
      const walked = Math.min(at + WALK_BYTES, n);
      let inside = 0;
      while (at < walked) {
        inside = bytes[at++] as number;
        if (inside === QUOTE) break;
        if (inside === BACKSLASH) at++;
      }
      if (inside !== QUOTE) at = skipStringRest(bytes, at, n);
      if (at < 0) return -1;
    } else if (c === BRACE_OPEN || c === BRACKET_OPEN) {
      if (depth === depthMax) return TOO_DEEP;
      awaited[depth++] = c + 2; // In ASCII a closing bracket stands two behind its opening one.
    } else {
      if (awaited[--depth] !== c) return -1;
      if (depth === 0) return at;
    }
  }
  return -1;
}

/** Numbers and literals, and whatever else stands there up to the next blank, comma or closing bracket. */
function skipScalar(bytes: Buffer, i: number, n: number): number {
  let at = i;
  while (at < n) {
    const c = bytes[at] as number;
    if (c <= 0x20 || c === COMMA || c === BRACE_CLOSE || c === BRACKET_CLOSE) break;
    if (c === QUOTE || c === BRACE_OPEN || c === BRACKET_OPEN) return -1;
    at++;
  }
  return at === i ? -1 : at;
}
