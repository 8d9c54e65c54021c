/*
 * The reading of what a server says: its structure only, as cheap as bytes allow.
 *
 * An answer is passed on byte for byte to a client that parses it itself, so this proves just what the gateway relies
 * on: UTF-8, one balanced document and nothing after it, at most one `id`, and exactly one of `result`, `error` and
 * `method`. Keys below the top level are not compared, numbers and literals are not checked, strings are skipped; a
 * top-level member that nobody knows passes. Callers get the strict reading instead (`scan-call.ts`).
 */
import { isUtf8 } from 'node:buffer';
import type { Message, RequestId, Span } from '../../model/message.ts';
import { BACKSLASH, BRACE_CLOSE, BRACE_OPEN, BRACKET_OPEN, COLON, COMMA, QUOTE, skipBlanks } from './bytes.ts';
import { methodMessage, outcomeMessage } from './call-shape.ts';
import { readString } from './members.ts';
import {
  ERROR_SLOT,
  ID,
  METHOD,
  NONE,
  PARAMS,
  PARAMS_SLOT,
  type Place,
  RESULT_SLOT,
  SLOTS,
  type Slot,
  slotOf,
  TOP,
} from './protocol-keys.ts';
import { lenientId } from './request-id.ts';
import { type ScanResult, scanFailure } from './scan-result.ts';
import { skipString, skipValue, TOO_DEEP } from './skip.ts';

/** A member that the gateway relies on stands there twice. */
const TWICE = -3;

/** Start and end of each known member's value, by slot; end 0 = absent. A scan never waits, so one table does. */
const spans = new Int32Array(SLOTS * 2);

export function scanAnswer(bytes: Buffer, limits: { readonly depthMax: number }): ScanResult {
  if (!isUtf8(bytes)) return scanFailure('json_malformed', 'not UTF-8');
  const n = bytes.length;
  const start = skipBlanks(bytes, 0, n);
  if (bytes[start] === BRACKET_OPEN) return batch(bytes, start, limits.depthMax);
  if (bytes[start] !== BRACE_OPEN) return scanFailure('json_malformed', 'no JSON object');
  spans.fill(0);
  const end = walk(bytes, start, n, TOP, limits.depthMax);
  if (end === TOO_DEEP) return scanFailure('depth_exceeded', 'nested too deeply');
  if (end === TWICE) return scanFailure('request_invalid', 'a top-level key occurs twice');
  if (end < 0) return scanFailure('json_malformed', 'brackets or members do not match');
  if (skipBlanks(bytes, end, n) !== n) return scanFailure('json_malformed', 'more than one document');
  return answerMessage(bytes, limits.depthMax);
}

function batch(bytes: Buffer, start: number, depthMax: number): ScanResult {
  const end = skipValue(bytes, start, bytes.length, depthMax + 1);
  if (end === TOO_DEEP) return scanFailure('depth_exceeded', 'nested too deeply');
  const isWhole = end > 0 && skipBlanks(bytes, end, bytes.length) === bytes.length;
  return isWhole ? scanFailure('batch', 'an array') : scanFailure('json_malformed', 'brackets do not match');
}

/** Notes the known members of the object at `i` and returns its end, or what is wrong with it. */
function walk(bytes: Buffer, i: number, n: number, place: Place, depthMax: number): number {
  let at = skipBlanks(bytes, i + 1, n);
  if (at < n && bytes[at] === BRACE_CLOSE) return at + 1;
  while (at < n && bytes[at] === QUOTE) {
    const keyEnd = skipString(bytes, at, n);
    if (keyEnd < 0) return -1;
    const slot = keySlot(bytes, place, at, keyEnd);
    at = skipBlanks(bytes, keyEnd, n);
    if (at >= n || bytes[at] !== COLON) return -1;
    const start = skipBlanks(bytes, at + 1, n);
    const end = skipValue(bytes, start, n, depthMax - 1);
    if (end < 0) return end;
    if (slot !== NONE) {
      if (spans[slot * 2 + 1] !== 0) return TWICE;
      spans[slot * 2] = start;
      spans[slot * 2 + 1] = end;
    }
    at = skipBlanks(bytes, end, n);
    if (at >= n) return -1;
    if (bytes[at] === BRACE_CLOSE) return at + 1;
    if (bytes[at] !== COMMA) return -1;
    at = skipBlanks(bytes, at + 1, n);
  }
  return -1;
}

function keySlot(bytes: Buffer, place: Place, start: number, end: number): Slot {
  for (let i = start + 1; i < end - 1; i++) {
    if (bytes[i] === BACKSLASH) return escapedKeySlot(bytes, place, { start, end });
  }
  return slotOf(place, bytes, start + 1, end - 1);
}

function escapedKeySlot(bytes: Buffer, place: Place, span: Span): Slot {
  try {
    const key = Buffer.from(readString(bytes, span));
    return slotOf(place, key, 0, key.length);
  } catch {
    return NONE; // No JSON string, so no parser takes it for a known key.
  }
}

function answerMessage(bytes: Buffer, depthMax: number): ScanResult {
  const outcomes = present(RESULT_SLOT) + present(ERROR_SLOT);
  if (outcomes + present(METHOD) !== 1) return scanFailure('request_invalid', 'not one of result, error and method');
  const idSpan = present(ID) ? { start: spans[ID * 2] as number, end: spans[ID * 2 + 1] as number } : undefined;
  const id = idSpan && lenientId(bytes, idSpan);
  if (outcomes === 1) return outcome(bytes, id, idSpan);
  if (idSpan && id === undefined) return scanFailure('request_invalid', 'a request without a usable id');
  if (bytes[first(METHOD)] !== QUOTE) return scanFailure('request_invalid', 'the method is no string');
  if (present(PARAMS_SLOT)) {
    if (bytes[first(PARAMS_SLOT)] !== BRACE_OPEN) return scanFailure('request_invalid', 'params is no object');
    const end = walk(bytes, first(PARAMS_SLOT), spans[PARAMS_SLOT * 2 + 1] as number, PARAMS, depthMax);
    if (end === TWICE) return scanFailure('request_invalid', 'a key of params occurs twice');
    if (end < 0) return scanFailure('json_malformed', 'params is no JSON object');
  }
  return valid(() => methodMessage(bytes, spans, id, idSpan));
}

/** An error may come without an id, or with null: the server could not read ours (JSON-RPC 2.0 §5). */
function outcome(bytes: Buffer, id: RequestId | undefined, idSpan: Span | undefined): ScanResult {
  const isError = present(ERROR_SLOT) === 1;
  if (bytes[first(isError ? ERROR_SLOT : RESULT_SLOT)] !== BRACE_OPEN) {
    return scanFailure('request_invalid', 'the outcome is no object');
  }
  const isNull = idSpan !== undefined && bytes.toString('latin1', idSpan.start, idSpan.end) === 'null';
  if (id === undefined && !(isError && (isNull || !idSpan))) {
    return scanFailure('request_invalid', 'an answer without a usable id');
  }
  return { ok: true, message: outcomeMessage(bytes, spans, id, idSpan) };
}

/** A method with a bad escape throws: the scan has not looked into strings. */
function valid(make: () => Message): ScanResult {
  try {
    return { ok: true, message: make() };
  } catch {
    return scanFailure('json_malformed', 'the method is no JSON string');
  }
}

function present(slot: Slot): 0 | 1 {
  return spans[slot * 2 + 1] === 0 ? 0 : 1;
}

function first(slot: Slot): number {
  return spans[slot * 2] as number;
}
