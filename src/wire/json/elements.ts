/*
 * The elements of one JSON array, as spans. The bytes have passed a scanner, so only structure is looked at.
 */
import type { Span } from '../../model/message.ts';
import { BRACKET_CLOSE, BRACKET_OPEN, COMMA, skipBlanks } from './bytes.ts';
import { skipValue } from './skip.ts';

/** Deeper than any message that passed a scan. */
const DEPTH_MAX = 1024;

/** Value spans without blanks around them, in order; `[]` when the span is not an array. */
export function elementsOf(bytes: Buffer, array: Span): Span[] {
  const elements: Span[] = [];
  if (bytes[array.start] !== BRACKET_OPEN) return elements;
  const n = array.end;
  let at = skipBlanks(bytes, array.start + 1, n);
  while (at < n && bytes[at] !== BRACKET_CLOSE) {
    const end = skipValue(bytes, at, n, DEPTH_MAX);
    if (end < 0) break;
    elements.push({ start: at, end });
    at = skipBlanks(bytes, end, n);
    if (bytes[at] !== COMMA) break;
    at = skipBlanks(bytes, at + 1, n);
  }
  return elements;
}
