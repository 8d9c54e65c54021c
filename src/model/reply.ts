/*
 * The end of a call: one JSON-RPC response in the client's revision, or nothing (accepted notification).
 */
export interface Reply {
  /** HTTP status when nothing has been streamed yet; other doors ignore it. */
  readonly status: number;
  /** The whole response message, in pieces where it was never one; undefined answers a notification. */
  readonly body: Buffer | readonly Buffer[] | undefined;
  /** Extra header fields, flat [name, value, …]. */
  readonly headers: readonly string[];
}

/** The message in one piece; what is large enough to come in pieces is better written as it is. */
export function wholeBody(body: Buffer | readonly Buffer[]): Buffer {
  return Buffer.isBuffer(body) ? body : Buffer.concat(body);
}
