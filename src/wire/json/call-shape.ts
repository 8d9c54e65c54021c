/*
 * The shape that JSON-RPC 2.0 and MCP ask of a message a caller sends, checked on the spans of its members.
 *
 * A request or notification has `jsonrpc`, `method`, maybe `id` and `params`; an answer has `jsonrpc`, `id` and one of
 * `result` and `error`. An id is a string or an integer, never null (MCP, Base protocol › Requests).
 */
import type { Message, ParamsSpans, RequestId, Span } from '../../model/message.ts';
import { BRACE_OPEN, bytesEqual, QUOTE } from './bytes.ts';
import {
  ARGUMENTS,
  CURSOR,
  ERROR_SLOT,
  ID,
  INPUT_RESPONSES,
  JSONRPC,
  META_SLOT,
  METHOD,
  NAME,
  PARAMS_SLOT,
  REQUEST_STATE,
  RESULT_SLOT,
  type Slot,
  URI,
} from './protocol-keys.ts';
import { strictId } from './request-id.ts';
import { type ScanResult, scanFailure } from './scan-result.ts';

/** `spans` are those of one object that was read whole; `breach` is what was wrong on the way, '' for nothing. */
export function callMessage(bytes: Buffer, spans: Int32Array, breach: string): ScanResult {
  const idSpan = spanOf(spans, ID);
  const id = idSpan && strictId(bytes, idSpan);
  const why = breach || shapeBreach(bytes, spans, idSpan !== undefined && id === undefined);
  if (why !== '') return scanFailure('request_invalid', why, breach === TWICE ? undefined : id);
  const make = has(spans, METHOD) ? methodMessage : outcomeMessage;
  return { ok: true, message: make(bytes, spans, id, idSpan) };
}

/** This breach may be one of the id itself, which is then in doubt. */
export const TWICE = 'a key occurs twice in one object';

function shapeBreach(bytes: Buffer, spans: Int32Array, isIdWrong: boolean): string {
  if (!isVersion2(bytes, spans)) return 'jsonrpc is not "2.0"';
  if (isIdWrong) return 'the id is no string or integer within bounds';
  const hasMethod = has(spans, METHOD);
  const hasResult = has(spans, RESULT_SLOT);
  const hasError = has(spans, ERROR_SLOT);
  if (hasMethod) {
    if (hasResult || hasError) return 'both a method and an outcome';
    if (bytes[start(spans, METHOD)] !== QUOTE) return 'the method is no string';
    if (has(spans, PARAMS_SLOT) && bytes[start(spans, PARAMS_SLOT)] !== BRACE_OPEN) return 'params is no object';
    return '';
  }
  if (hasResult === hasError) return hasResult ? 'both result and error' : 'neither a method nor an outcome';
  if (has(spans, PARAMS_SLOT)) return 'params in an answer';
  if (!has(spans, ID)) return 'an answer without id';
  return bytes[start(spans, hasResult ? RESULT_SLOT : ERROR_SLOT)] === BRACE_OPEN ? '' : 'the outcome is no object';
}

/** A request or notification from spans that have been checked. Throws SyntaxError on a method with a bad escape. */
export function methodMessage(
  bytes: Buffer,
  spans: Int32Array,
  id: RequestId | undefined,
  idSpan: Span | undefined,
): Message {
  const kind = idSpan ? 'request' : 'notification';
  const method = methodText(bytes, start(spans, METHOD), end(spans, METHOD));
  return { bytes, kind, id, idSpan, method, params: paramsSpans(spans), outcome: undefined };
}

/** An answer from spans that have been checked. */
export function outcomeMessage(
  bytes: Buffer,
  spans: Int32Array,
  id: RequestId | undefined,
  idSpan: Span | undefined,
): Message {
  const kind = has(spans, RESULT_SLOT) ? 'result' : 'error';
  const outcome = spanOf(spans, kind === 'result' ? RESULT_SLOT : ERROR_SLOT);
  return { bytes, kind, id, idSpan, method: '', params: undefined, outcome };
}

function paramsSpans(spans: Int32Array): ParamsSpans | undefined {
  const self = spanOf(spans, PARAMS_SLOT);
  if (self === undefined) return undefined;
  return {
    self,
    name: spanOf(spans, NAME),
    uri: spanOf(spans, URI),
    cursor: spanOf(spans, CURSOR),
    meta: spanOf(spans, META_SLOT),
    arguments: spanOf(spans, ARGUMENTS),
    inputResponses: spanOf(spans, INPUT_RESPONSES),
    requestState: spanOf(spans, REQUEST_STATE),
  };
}

const VERSION_2 = new Uint8Array(Buffer.from('"2.0"'));

function isVersion2(bytes: Buffer, spans: Int32Array): boolean {
  return end(spans, JSONRPC) - start(spans, JSONRPC) === 5 && bytesEqual(bytes, start(spans, JSONRPC), VERSION_2);
}

const TOOLS_CALL_BYTES = new Uint8Array(Buffer.from('"tools/call"'));

/** The method between its quotes, unescaped. The one that nearly every message has needs no new string. */
function methodText(bytes: Buffer, from: number, to: number): string {
  if (to - from === TOOLS_CALL_BYTES.length && bytesEqual(bytes, from, TOOLS_CALL_BYTES)) return 'tools/call';
  const text = bytes.toString('utf8', from, to);
  return text.includes('\\') ? (JSON.parse(text) as string) : text.slice(1, -1);
}

function has(spans: Int32Array, slot: Slot): boolean {
  return spans[slot * 2 + 1] !== 0;
}

function start(spans: Int32Array, slot: Slot): number {
  return spans[slot * 2] as number;
}

function end(spans: Int32Array, slot: Slot): number {
  return spans[slot * 2 + 1] as number;
}

function spanOf(spans: Int32Array, slot: Slot): Span | undefined {
  return has(spans, slot) ? { start: start(spans, slot), end: end(spans, slot) } : undefined;
}
