/*
 * The end of a call: one JSON-RPC response in the client's revision, or nothing (accepted notification).
 */
export interface Reply {
  /** HTTP status when nothing has been streamed yet; other doors ignore it. */
  readonly status: number;
  /** The whole response message; undefined answers a notification. */
  readonly body: Buffer | undefined;
  /** Extra header fields, flat [name, value, …]. */
  readonly headers: readonly string[];
}
