/*
 * The id of a JSON-RPC message as a value.
 *
 * Two readings from the same bytes: strict for what callers send (a string of at most 1 KiB, or an integer that survives
 * double precision, in plain digits), lenient for what servers answer (some print the integers we gave them as `1.0`).
 * `-0` is refused in both: it comes back as `0` from most parsers.
 */
import type { RequestId, Span } from '../../model/message.ts';
import { MINUS, NINE, QUOTE, ZERO } from './bytes.ts';

const ID_BYTES_MAX = 1024;

/** The id at `span`, whose bytes are one valid JSON value; undefined when it is none that JSON-RPC over MCP allows. */
export function strictId(bytes: Buffer, span: Span): RequestId | undefined {
  if (bytes[span.start] === QUOTE) return stringId(bytes, span);
  const negative = bytes[span.start] === MINUS;
  const first = negative ? span.start + 1 : span.start;
  if (span.end === first || span.end - first > 16) return undefined;
  let value = 0;
  for (let i = first; i < span.end; i++) {
    const c = bytes[i] as number;
    if (c < ZERO || c > NINE) return undefined;
    value = value * 10 + (c - ZERO);
  }
  // 16 digits can pass 2^53 and be rounded on the way, but never back below it.
  if (value > Number.MAX_SAFE_INTEGER || (negative && value === 0)) return undefined;
  return negative ? -value : value;
}

/** As `strictId`, but any JSON number that is a safe integer will do. The bytes may be no valid JSON at all. */
export function lenientId(bytes: Buffer, span: Span): RequestId | undefined {
  const strict = strictId(bytes, span);
  if (strict !== undefined || bytes[span.start] === QUOTE || span.end - span.start > 32) return strict;
  const text = bytes.toString('latin1', span.start, span.end);
  if (!/^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(text)) return undefined;
  const value = Number(text);
  return Number.isSafeInteger(value) && !Object.is(value, -0) ? value : undefined;
}

function stringId(bytes: Buffer, span: Span): string | undefined {
  if (span.end - span.start - 2 > ID_BYTES_MAX) return undefined;
  const text = bytes.toString('utf8', span.start + 1, span.end - 1);
  if (!text.includes('\\')) return text;
  try {
    return JSON.parse(`"${text}"`) as string;
  } catch {
    return undefined; // Only from a server: what callers send has been checked before.
  }
}
