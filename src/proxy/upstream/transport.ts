/*
 * What a transport to an MCP server owes: bytes out, messages in, and typed failures.
 *
 * A transport knows framing (HTTP, SSE, lines on a pipe), not eras, sessions' meaning or names: those are the link's.
 * The implementations are `http.ts` (one POST per exchange, plus an optional GET stream), `stdio.ts` (one child, one pipe,
 * answers matched by id) and `http-sse.ts` (POSTs, and one stream on which all answers come, matched by id).
 */
import type { Cancellation } from '../../model/cancellation.ts';
import type { Message } from '../../model/message.ts';

/** One request on its way to a server. */
export interface Exchange {
  /** The id inside `bytes`, minted by us; unique on this transport. */
  readonly id: number;
  /** The whole JSON-RPC request, one line, no newline inside (compact or not; stdio refuses raw newlines). */
  readonly bytes: Buffer;
  /** Extra header fields, flat [name, value, …], lower-case names. Ignored by stdio. */
  readonly headers: readonly string[];
  /** Ends the exchange early: HTTP closes the POST, stdio forgets the id. The promise rejects with the reason. */
  readonly cancellation: Cancellation;
  /**
   * Receives everything that comes on the exchange's own stream before its answer: notifications and requests of the
   * server. On stdio nothing is known to belong to an exchange, so everything goes to `onStray`.
   */
  readonly onInterim: (message: Message) => void;
  /** Meant to stay open, so that it must not take the place of a call. */
  readonly long?: true;
}

/**
 * The answer of one exchange: the JSON-RPC response whose id equals the exchange's.
 * `status` is the HTTP status (200 on stdio): a JSON-RPC error that came with 400 or 404 is an answer, not a failure,
 * when its body is a valid JSON-RPC error (MCP 2026-07-28 sends errors in-band with such statuses).
 * The id may be missing on such an error; then `message.id` is undefined and the caller may still trust the pairing.
 */
export interface Answer {
  readonly message: Message;
  readonly status: number;
  /** Response header of interest: the session id that a legacy server minted. */
  readonly sessionId: string | undefined;
}

/**
 * Failures reject with a GatewayError:
 * `upstream_down` nothing was delivered (connect refused, DNS, TLS, spawn failed; safe to repeat),
 * `upstream_lost` delivered, then the connection or child died before the answer,
 * `upstream_invalid` not JSON-RPC (HTML, wrong content type, wrong id, two answers, truncated, bad UTF-8),
 * `upstream_too_large`, `upstream_auth` (401/403), `upstream_session` (404 without a JSON-RPC body while a session id
 * was sent, or with one that is not an in-band answer to a session-less request), `upstream_refused` (any other status;
 * `internal.status` has it).
 */
export interface Transport {
  exchange(exchange: Exchange): Promise<Answer>;
  /** Sends a notification or an answer to a server's question. Resolves when the server has taken it. */
  post(bytes: Buffer, headers: readonly string[]): Promise<void>;
  /** Ends everything at once, in order, without leaving a socket, timer or process. Idempotent. */
  close(): Promise<void>;
}

/** What a transport tells its owner without being asked. */
export interface TransportEvents {
  /** A message that belongs to no exchange: from the GET stream, or anything but an awaited answer on stdio. */
  readonly onStray: (message: Message) => void;
  /** The transport ended by itself: the child exited, or the one stream ended. Streamable HTTP's connections come and go. */
  readonly onLost: (reason: { readonly say: string; readonly internal: Readonly<Record<string, unknown>> }) => void;
  /** A request that was sent is given up: the server may still work on it, and ask, until its late answer. */
  readonly onAbandoned: (id: number) => void;
  /** The answer of an abandoned request, which nobody wants. Over Streamable HTTP it never comes. */
  readonly onLateAnswer: (id: number) => void;
  /** The server does not know our session any more, as was seen beside the exchanges. */
  readonly onForgotten?: () => void;
  /** A stream that belongs to the session cannot be had any more: perhaps the server is gone. */
  readonly onDoubt?: () => void;
  /** Something was dropped or is odd: counted and logged, never fatal. `what` is a short constant phrase; `times` 1 when left out. */
  readonly onOddity: (what: string, internal: Readonly<Record<string, unknown>>, times?: number) => void;
}
