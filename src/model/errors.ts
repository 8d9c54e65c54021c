/*
 * Every way a call can fail, in one table.
 *
 * `say` is all a stranger is told. What happened inside travels in `GatewayError.internal`, which goes to logs only.
 * Codes: JSON-RPC's and MCP's own numbers where the specification names one (JSON-RPC 2.0 §5.1; MCP 2026-07-28,
 * Streamable HTTP › Server Validation); for failures of the gateway itself −31xxx, outside every reserved range.
 * `http` is the status when nothing has been streamed yet. `isError` marks run-time failures, which a `tools/call`
 * gets as a result with `isError: true`, so that a model can read them.
 * `docs/reference/errors.md` is generated from this table and a test compares both.
 */
import type { LimitName } from './limits.ts';

interface ErrorShape {
  readonly http: number;
  readonly rpc: number;
  readonly say: string;
  readonly isError?: true;
  /** The limit that was hit, where the code alone says which. */
  readonly limit?: LimitName;
}

export const ERRORS = {
  // What the message itself can do wrong.
  json_malformed: { http: 400, rpc: -32700, say: 'The body is not valid JSON.' },
  request_invalid: { http: 400, rpc: -32600, say: 'The body is not a valid JSON-RPC message.' },
  batch_refused: { http: 400, rpc: -32600, say: 'Batches are not part of this protocol revision.' },
  batch_too_long: { http: 400, rpc: -32600, say: 'The batch has too many messages.', limit: 'batchMessagesMax' },
  depth_exceeded: { http: 400, rpc: -32600, say: 'The message is nested too deeply.', limit: 'jsonDepthMax' },
  keys_exceeded: { http: 400, rpc: -32600, say: 'The message has too many keys.', limit: 'jsonKeysMax' },
  body_too_large: { http: 413, rpc: -32600, say: 'The body is too large.', limit: 'bodyBytesMax' },
  request_timeout: { http: 408, rpc: -32600, say: 'The request did not arrive in time.' },
  head_too_large: { http: 431, rpc: -32600, say: 'The request has too many or too large header fields.' },
  url_too_long: { http: 414, rpc: -32600, say: 'The request target is too long.', limit: 'urlBytesMax' },
  content_type: { http: 415, rpc: -32600, say: 'Content-Type must be application/json.' },
  not_acceptable: {
    http: 406,
    rpc: -32600,
    say: 'Accept must list application/json and text/event-stream.',
  },
  header_mismatch: { http: 400, rpc: -32020, say: 'A header is missing or does not match the body.' },
  capability_missing: { http: 400, rpc: -32021, say: 'The request needs a capability that it did not declare.' },
  version_unsupported: { http: 400, rpc: -32022, say: 'This protocol version is not served here.' },
  version_header: { http: 400, rpc: -32600, say: 'The MCP-Protocol-Version header names a revision not served here.' },
  meta_incomplete: { http: 400, rpc: -32602, say: 'A required _meta field is missing or malformed.' },
  session_missing: { http: 400, rpc: -32600, say: 'The Mcp-Session-Id header is required.' },
  session_unknown: { http: 404, rpc: -31006, say: 'Unknown session.' },
  method_unknown: { http: 404, rpc: -32601, say: 'Method not found.' },
  http_method: { http: 405, rpc: -32600, say: 'This HTTP method is not served here.' },
  params_invalid: { http: 200, rpc: -32602, say: 'Invalid params.' },

  // Who asks, and for what. Unknown and forbidden look the same.
  host_refused: { http: 403, rpc: -31003, say: 'Host or Origin not allowed.' },
  target_refused: { http: 400, rpc: -32600, say: 'The request target or Host is ambiguous.' },
  token_missing: { http: 401, rpc: -31001, say: 'Authentication is required.' },
  token_invalid: { http: 401, rpc: -31001, say: 'Authentication is required.' },
  insufficient_scope: { http: 403, rpc: -31007, say: 'The token needs more scopes for this.' },
  endpoint_unknown: { http: 404, rpc: -31004, say: 'Unknown endpoint.' },
  path_unknown: { http: 404, rpc: -31005, say: 'Not found.' },
  tool_unknown: { http: 200, rpc: -32602, say: 'Unknown tool.' },
  prompt_unknown: { http: 200, rpc: -32602, say: 'Unknown prompt.' },
  resource_unknown: { http: 200, rpc: -32602, say: 'Unknown resource.' },
  state_refused: { http: 200, rpc: -32602, say: 'The requestState does not belong to this request.' },
  task_unknown: { http: 200, rpc: -32602, say: 'Unknown task.' },
  cursor_unknown: { http: 200, rpc: -32602, say: 'Unknown cursor.' },

  // Limits (design: HTTP 429 for every method).
  too_many_failures: {
    http: 429,
    rpc: -31029,
    say: 'Too many failed authentications. Try again later.',
    limit: 'failedAuthenticationsMax',
  },
  over_limit: { http: 429, rpc: -31029, say: 'Too many calls at once.' },
  too_many_sessions: { http: 429, rpc: -31029, say: 'Too many sessions.' },
  too_many_streams: { http: 429, rpc: -31029, say: 'Too many streams.', limit: 'streamsPerPrincipalMax' },

  // What a server behind the gateway can do wrong.
  upstream_starting: { http: 200, rpc: -31010, say: 'The server is still starting.', isError: true },
  upstream_down: { http: 200, rpc: -31011, say: 'The server cannot be reached.', isError: true },
  upstream_lost: { http: 200, rpc: -31012, say: 'The server went away during the call.', isError: true },
  upstream_timeout: { http: 200, rpc: -31013, say: 'The server did not answer in time.', isError: true },
  upstream_invalid: { http: 200, rpc: -31014, say: 'The server gave an answer that is not valid MCP.', isError: true },
  upstream_too_large: {
    http: 200,
    rpc: -31015,
    say: 'The answer of the server is too large.',
    isError: true,
    limit: 'answerBytesMax',
  },
  upstream_refused: { http: 200, rpc: -31016, say: 'The server refused the request.', isError: true },
  upstream_auth: {
    http: 200,
    rpc: -31017,
    say: 'The server wants other credentials than the gateway has.',
    isError: true,
  },
  upstream_session: { http: 200, rpc: -31018, say: 'The server forgot the session.', isError: true },
  upstream_crashed: {
    http: 200,
    rpc: -31019,
    say: 'The server keeps ending and is not started again for now.',
    isError: true,
  },
  upstream_maintenance: {
    http: 200,
    rpc: -31026,
    say: 'The server is under maintenance. Try again later.',
    isError: true,
  },
  era_unbridged: {
    http: 200,
    rpc: -31020,
    say: 'The client and the server speak different protocol eras, and what the server answered is unknown in the client’s.',
  },
  question_unroutable: { http: 200, rpc: -31021, say: 'The question cannot be assigned to a call.' },
  client_unable: {
    http: 200,
    rpc: -31024,
    say: 'The server asked the client for something and did not get it.',
    isError: true,
  },
  upstream_insists: { http: 200, rpc: -31025, say: 'The server asks for more and more.', isError: true },
  call_cancelled: { http: 200, rpc: -31022, say: 'The call was cancelled.' },
  draining: { http: 503, rpc: -31023, say: 'The gateway is shutting down.' },
  internal: { http: 500, rpc: -32603, say: 'Internal error.' },
} as const satisfies Record<string, ErrorShape>;

export type ErrorCode = keyof typeof ERRORS;

export interface GatewayErrorOptions {
  /** For logs only; never leaves the process. */
  readonly internal?: Readonly<Record<string, unknown>>;
  /** Public `data` member of the JSON-RPC error, for example the supported versions. */
  readonly data?: Readonly<Record<string, unknown>>;
  /** Public words instead of the catalogue's, when the catalogue's would not name the way out. */
  readonly say?: string;
  readonly retryAfterSeconds?: number;
  /** The limit that was hit, where the code alone does not say which. */
  readonly limit?: LimitName;
  /** OAuth scopes, all that the call needs: for `insufficient_scope`. Told to the client. */
  readonly scopes?: readonly string[];
  readonly cause?: unknown;
}

/** The only error class that rings throw. Anything else that reaches the door is a bug and leaves as `internal`. */
export class GatewayError extends Error {
  override readonly name = 'GatewayError';
  readonly code: ErrorCode;
  readonly internal: Readonly<Record<string, unknown>>;
  readonly data: Readonly<Record<string, unknown>> | undefined;
  readonly retryAfterSeconds: number | undefined;
  /** Counted once, where the error becomes an answer. */
  readonly limit: LimitName | undefined;
  readonly scopes: readonly string[];

  constructor(code: ErrorCode, options: GatewayErrorOptions = {}) {
    super(options.say ?? ERRORS[code].say, { cause: options.cause });
    this.code = code;
    this.internal = options.internal ?? {};
    this.scopes = options.scopes ?? [];
    // On a stream that is open there is no header field to say it in.
    this.data = options.data ?? (options.scopes && { scopes: options.scopes });
    this.retryAfterSeconds = options.retryAfterSeconds;
    const shape: ErrorShape = ERRORS[code];
    this.limit = options.limit ?? shape.limit;
  }
}

/** Turns whatever was thrown into a `GatewayError`; a stranger learns nothing from an unexpected one. */
export function toGatewayError(thrown: unknown): GatewayError {
  return thrown instanceof GatewayError ? thrown : new GatewayError('internal', { cause: thrown });
}

/** Whether a caller did it, and not a server behind the gateway or the gateway itself. */
export function isCallersFailure(code: ErrorCode): boolean {
  return code !== 'internal' && !('isError' in ERRORS[code]);
}
