/*
 * One JSON-RPC message as bytes plus the places in them that the gateway reads or changes.
 *
 * The bytes are the truth; a span is a half-open range [start, end) into them. Whoever changes a message cuts new bytes
 * in at spans (`wire/json/splice.ts`) and leaves the rest untouched.
 */

export interface Span {
  readonly start: number;
  readonly end: number;
}

/** A JSON-RPC id: a string, or an integer within ±(2^53 − 1). `0` and `""` are valid (JSON-RPC 2.0 §4). */
export type RequestId = string | number;

/** Where the members of `params` that MCP gives a meaning to stand. A span covers the value without blanks around it. */
export interface ParamsSpans {
  readonly self: Span;
  readonly name: Span | undefined;
  readonly uri: Span | undefined;
  readonly cursor: Span | undefined;
  readonly meta: Span | undefined;
  readonly arguments: Span | undefined;
  /** What a client says to an `input_required` result, and the state that it gives back with it. */
  readonly inputResponses: Span | undefined;
  readonly requestState: Span | undefined;
}

export type MessageKind = 'request' | 'notification' | 'result' | 'error';

export interface Message {
  readonly bytes: Buffer;
  readonly kind: MessageKind;
  /** Present for `request`, `result`, and for `error` unless its id is null. */
  readonly id: RequestId | undefined;
  readonly idSpan: Span | undefined;
  /** `''` for answers. */
  readonly method: string;
  readonly params: ParamsSpans | undefined;
  /** The value of `result` or `error`; undefined for requests and notifications. */
  readonly outcome: Span | undefined;
}
