/*
 * Taking a JSON-RPC batch apart (only revision 2025-03-26 has them).
 *
 * The array is cut at its own commas; each part is then scanned as a message of its own, so nothing inside is judged
 * here. An empty batch is no batch (JSON-RPC 2.0 §6), and a batch inside a batch is none either: `scanCall` of the part
 * says `batch` again.
 */
import { BRACKET_CLOSE, BRACKET_OPEN, COMMA, skipBlanks } from './bytes.ts';
import { skipValue, TOO_DEEP } from './skip.ts';

export type SplitFailureCode = 'json_malformed' | 'request_invalid' | 'depth_exceeded' | 'batch_too_long';

export type SplitResult =
  | { readonly ok: true; readonly items: Buffer[] }
  | { readonly ok: false; readonly code: SplitFailureCode; readonly why: string };

export interface BatchLimits {
  readonly depthMax: number;
  readonly messagesMax: number;
}

/** The messages of the array in `bytes`, as parts of the same memory. */
export function splitBatch(bytes: Buffer, limits: BatchLimits): SplitResult {
  const n = bytes.length;
  const items: Buffer[] = [];
  let at = skipBlanks(bytes, 0, n);
  if (bytes[at] !== BRACKET_OPEN) return failure('request_invalid', 'no array');
  at = skipBlanks(bytes, at + 1, n);
  if (bytes[at] === BRACKET_CLOSE) return failure('request_invalid', 'an empty batch');
  for (;;) {
    const end = skipValue(bytes, at, n, limits.depthMax);
    if (end === TOO_DEEP) return failure('depth_exceeded', 'nested too deeply');
    if (end < 0) return failure('json_malformed', 'brackets do not match');
    if (items.length === limits.messagesMax) return failure('batch_too_long', 'too many messages');
    items.push(bytes.subarray(at, end));
    at = skipBlanks(bytes, end, n);
    if (bytes[at] === BRACKET_CLOSE) break;
    if (bytes[at] !== COMMA) return failure('json_malformed', 'no comma between messages');
    at = skipBlanks(bytes, at + 1, n);
  }
  if (skipBlanks(bytes, at + 1, n) !== n) return failure('json_malformed', 'more than one document');
  return { ok: true, items };
}

function failure(code: SplitFailureCode, why: string): SplitResult {
  return { ok: false, code, why };
}
