/*
 * Getting past a JSON value without reading it: where does it end?
 *
 * Only quotes, backslashes and brackets count. The result is exact for valid JSON; for other bytes it is some place
 * inside them or −1, never an endless loop. Short strings are walked, the rest of a long one is jumped over by
 * `indexOf`, which reads some sixteen bytes at a time. A walk looks for its bound only behind a byte that ended nothing,
 * so it may look a little past the end; whoever called it finds the place out of bounds then.
 */

// Not imported: V8 loads an imported constant from memory at each use, which makes the loops below half as slow again.
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const BRACE_OPEN = 0x7b;
const BRACE_CLOSE = 0x7d;
const BRACKET_OPEN = 0x5b;
const BRACKET_CLOSE = 0x5d;

/** From here on a native search costs less than a walk. */
const WALK_BYTES = 48;

/** How far to walk on behind an escaped quote: they come in swarms (JSON inside JSON), where searches are wasted. */
const SWARM_BYTES = 512;

/** Closing bracket awaited at each level of the value being skipped. A skip never waits, so one stack does. */
let closers = new Uint8Array(64);

function closersFor(depthMax: number): Uint8Array {
  if (closers.length <= depthMax) closers = new Uint8Array(depthMax + 1);
  return closers;
}

export const TOO_DEEP = -2;

/** `i` is at the opening quote; the result is behind the closing one, −1 when there is none before `n`. */
export function skipString(bytes: Buffer, i: number, n: number): number {
  let at = i + 1;
  const stop = at + WALK_BYTES;
  for (;;) {
    const c = bytes[at++];
    if (c === QUOTE) return at <= n ? at : -1;
    if (c === BACKSLASH) at++;
    if (at > stop) return skipLongString(bytes, at, n);
  }
}

/** `i` is inside a string and not behind a backslash. */
function skipLongString(bytes: Buffer, i: number, n: number): number {
  let at = i;
  while (at < n) {
    const quote = bytes.indexOf(QUOTE, at);
    if (quote < 0 || quote >= n) return -1;
    if (!isEscaped(bytes, at, quote)) return quote + 1;
    at = quote + 1;
    const walked = Math.min(at + SWARM_BYTES, n);
    while (at < walked) {
      const c = bytes[at++];
      if (c === QUOTE) return at;
      if (c === BACKSLASH) at++;
    }
  }
  return -1;
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
  const awaited = closersFor(depthMax);
  let depth = 0;
  let at = i;
  while (at < n) {
    const c = bytes[at++] as number;
    if (c === QUOTE) {
      const stop = at + WALK_BYTES;
      let inside = bytes[at++] as number;
      while (inside !== QUOTE) {
        if (inside === BACKSLASH) at++;
        if (at > stop) {
          at = skipLongString(bytes, at, n);
          if (at < 0) return -1;
          break;
        }
        inside = bytes[at++] as number;
      }
    } else if (c >= BRACKET_OPEN) {
      const kind = c | 0x20; // Makes braces of brackets.
      if (kind === BRACE_OPEN) {
        if (depth === depthMax) return TOO_DEEP;
        awaited[depth++] = c + 2; // In ASCII a closing bracket stands two behind its opening one.
      } else if (kind === BRACE_CLOSE && (awaited[--depth] !== c || depth === 0)) {
        return awaited[depth] === c ? at : -1;
      }
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
