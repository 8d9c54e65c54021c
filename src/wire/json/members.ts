/*
 * Looking inside one object of a message that has been scanned: its members as spans, their values on demand.
 *
 * For objects the gateway knows well (`_meta`, a capability, a list entry), not for the way of every call. The bytes
 * have passed a scan; when they are no object after all, there are no members.
 */
import type { Span } from '../../model/message.ts';
import { BACKSLASH, BRACE_OPEN, BRACKET_OPEN, COLON, COMMA, QUOTE, skipBlanks } from './bytes.ts';
import { elementsOf } from './elements.ts';
import { skipString, skipValue } from './skip.ts';

export interface Member {
  /** Unescaped. */
  readonly key: string;
  /** With the quotes. */
  readonly keySpan: Span;
  /** Without the blanks around it. */
  readonly value: Span;
}

/** Deeper than any message that passed a scan. */
const DEPTH_MAX = 1024;

/** `expected` keys are recognised in the bytes, which is cheaper than reading them. */
export function membersOf(bytes: Buffer, span: Span, expected: readonly string[] = []): Member[] {
  const members: Member[] = [];
  eachMember(bytes, span, (keySpan, value) => {
    const key = expected.find((each) => isText(bytes, keySpan, each)) ?? readString(bytes, keySpan);
    members.push({ key, keySpan, value });
    return true;
  });
  return members;
}

/** The first member with this key. Only a key that could be it is read. */
export function memberOf(bytes: Buffer, span: Span, key: string): Member | undefined {
  let found: Member | undefined;
  eachMember(bytes, span, (keySpan, value) => {
    if (!isText(bytes, keySpan, key)) return true;
    found = { key, keySpan, value };
    return false;
  });
  return found;
}

/** Every member with its spans, twins too; goes on while `visit` says so. */
export function eachMember(bytes: Buffer, span: Span, visit: (key: Span, value: Span) => boolean): void {
  if (bytes[span.start] !== BRACE_OPEN) return;
  const n = span.end;
  let at = skipBlanks(bytes, span.start + 1, n);
  while (at < n && bytes[at] === QUOTE) {
    const keyEnd = skipString(bytes, at, n);
    if (keyEnd < 0) break;
    const colon = skipBlanks(bytes, keyEnd, n);
    if (bytes[colon] !== COLON) break;
    const start = skipBlanks(bytes, colon + 1, n);
    const end = skipValue(bytes, start, n, DEPTH_MAX);
    if (end < 0) break;
    if (!visit({ start: at, end: keyEnd }, { start, end })) return;
    at = skipBlanks(bytes, end, n);
    if (bytes[at] !== COMMA) break;
    at = skipBlanks(bytes, at + 1, n);
  }
}

/**
 * Whether the JSON string at `span` says `key`. Compared byte by byte, for words of the protocol are ASCII; what is not, or
 * is written with escapes, is read.
 */
export function isText(bytes: Buffer, span: Span, key: string): boolean {
  const start = span.start + 1;
  const end = span.end - 1;
  for (let at = start; at < end; at++) {
    const byte = bytes[at] ?? 0;
    if (byte === BACKSLASH || byte > 0x7f) return readString(bytes, span) === key;
    if (byte !== key.charCodeAt(at - start)) return false;
  }
  return end - start === key.length;
}

/** The text of the JSON string at `span`, quotes included in the span. Throws SyntaxError when it is no JSON string. */
export function readString(bytes: Buffer, span: Span): string {
  const inner = bytes.toString('utf8', span.start + 1, span.end - 1);
  return inner.includes('\\') ? (JSON.parse(`"${inner}"`) as string) : inner;
}

/**
 * The JSON value at `span`. Throws SyntaxError when there is none.
 *
 * `JSON.parse` alone is not enough: V8 may read a key with an escape as another one once it has seen an object with a
 * similar key (nodejs/node#63785), so a stranger could hide a member from us. Keys are therefore read one by one where
 * there is any escape.
 */
export function readValue(bytes: Buffer, span: Span): unknown {
  const text = bytes.toString('utf8', span.start, span.end);
  const parsed: unknown = JSON.parse(text);
  return text.includes('\\') ? readCarefully(bytes, span) : parsed;
}

/** `span` holds valid JSON. */
function readCarefully(bytes: Buffer, span: Span): unknown {
  const start = skipBlanks(bytes, span.start, span.end);
  const inner = { start, end: span.end };
  if (bytes[start] === BRACE_OPEN) {
    return Object.fromEntries(membersOf(bytes, inner).map(({ key, value }) => [key, readCarefully(bytes, value)]));
  }
  if (bytes[start] === BRACKET_OPEN) return elementsOf(bytes, inner).map((element) => readCarefully(bytes, element));
  return JSON.parse(bytes.toString('utf8', start, span.end));
}
