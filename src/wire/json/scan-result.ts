/*
 * What a scan of bytes gives: a message with its spans, or the one reason why it is none.
 *
 * `batch` is no failure of the text: the message is an array, which one protocol revision allows and `splitBatch` takes
 * apart. Scans return instead of throwing because a stranger decides how often they fail.
 */
import type { Message, RequestId } from '../../model/message.ts';

export type ScanFailureCode = 'json_malformed' | 'request_invalid' | 'depth_exceeded' | 'keys_exceeded' | 'batch';

export interface ScanFailure {
  readonly ok: false;
  readonly code: ScanFailureCode;
  /** For logs: what was found, without the sender's words. */
  readonly why: string;
  /** Only when the whole text was read and holds exactly one valid id. */
  readonly id?: RequestId;
}

export type ScanResult = { readonly ok: true; readonly message: Message } | ScanFailure;

export function scanFailure(code: ScanFailureCode, why: string, id?: RequestId): ScanFailure {
  return id === undefined ? { ok: false, code, why } : { ok: false, code, why, id };
}
