/*
 * The elements of one JSON array, as spans. The bytes have passed a scanner, so only structure is looked at.
 */
import type { Span } from '../../model/message.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;

/** Value spans without blanks around them, in order; `[]` when the span is not an array. */
export function elementsOf(bytes: Buffer, array: Span): Span[] {
  const elements: Span[] = [];
  if (bytes[array.start] !== 0x5b) return elements;
  let depth = 0;
  let from = array.start + 1;
  for (let at = from; at < array.end - 1; at++) {
    const byte = bytes[at];
    if (byte === QUOTE) at = stringEnd(bytes, at);
    else if (byte === 0x5b || byte === 0x7b) depth += 1;
    else if (byte === 0x5d || byte === 0x7d) depth -= 1;
    else if (byte === COMMA && depth === 0) {
      elements.push(trimmed(bytes, from, at));
      from = at + 1;
    }
  }
  const last = trimmed(bytes, from, array.end - 1);
  if (last.end > last.start) elements.push(last);
  return elements;
}

/** The place of the closing quote of the string that opens at `open`. */
function stringEnd(bytes: Buffer, open: number): number {
  let at = open + 1;
  while (at < bytes.length && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1;
  return at;
}

function trimmed(bytes: Buffer, start: number, end: number): Span {
  let from = start;
  let to = end;
  while (from < to && isBlank(bytes[from])) from += 1;
  while (to > from && isBlank(bytes[to - 1])) to -= 1;
  return { start: from, end: to };
}

function isBlank(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}
