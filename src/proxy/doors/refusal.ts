/*
 * What a request gets that no door answered: one neutral JSON-RPC error, and a connection that goes on where it can.
 *
 * A refusal mostly comes before the body was read. A short body is read away, so that the connection can carry the next
 * request. After an ambiguous head, or before a long body, the connection ends; but not before the client had the time
 * to read the answer, for closing on unread bytes resets the connection and the answer is lost (RFC 9112 §9.6).
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { ERRORS, type ErrorCode, GatewayError } from '../../model/errors.ts';
import type { LimitName } from '../../model/limits.ts';
import { wholeBody } from '../../model/reply.ts';
import { jsonRpcFailure } from '../../wire/codec.ts';
import { failureReply } from '../reply/encode.ts';
import { requestIdOf } from './facts.ts';

/** Where the next request begins is in doubt after these. */
const ENDS_CONNECTION: ReadonlySet<ErrorCode> = new Set([
  'target_refused',
  'head_too_large',
  'url_too_long',
  'internal',
]);

export interface Refusal {
  readonly error: GatewayError;
  readonly headers: readonly string[];
  /** A body declared to be no longer than this is read away. */
  readonly drainBytesMax: number;
  /** Undefined for an error of JSON-RPC. */
  readonly body?: Buffer | undefined;
}

export function refuseRequest(request: IncomingMessage, response: ServerResponse, refusal: Refusal): void {
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  const { error } = refusal;
  const { status, headers, ...reply } = failureReply(error, undefined);
  const body = refusal.body ?? wholeBody(reply.body ?? EMPTY);
  const head = ['content-type', 'application/json', 'content-length', String(body.length)];
  head.push(...headers, ...refusal.headers);
  const goesOn = !ENDS_CONNECTION.has(error.code) && isShort(request, refusal.drainBytesMax);
  response.writeHead(status, goesOn ? head : [...head, 'connection', 'close']);
  if (goesOn || request.complete) response.end(body);
  else endAfterBody(request, response, body);
}
const EMPTY = Buffer.alloc(0);

function isShort(request: IncomingMessage, bytesMax: number): boolean {
  if (request.complete) return true;
  const { 'content-length': length, 'transfer-encoding': coding } = request.headers;
  return coding === undefined && (length === undefined || Number(length) <= bytesMax);
}

/** The listener's time limit for requests ends the wait at the latest. */
function endAfterBody(request: IncomingMessage, response: ServerResponse, body: Buffer): void {
  response.write(body);
  request.on('end', () => response.end());
  request.resume();
}

type Told = (error: GatewayError, requestId: string, limit: LimitName | undefined) => void;

/** Answers what Node's parser or its clock refused. */
export function refuseSocket(error: NodeJS.ErrnoException, socket: Socket, told: Told): void {
  const begun = responseOn(socket);
  if (begun?.req.complete && !begun.headersSent) {
    // What is wrong came after a whole request: that one is answered, and nothing after it.
    begun.shouldKeepAlive = false;
    return;
  }
  const [status, code, limit] = SOCKET_ERRORS[error.code ?? ''] ?? BAD_REQUEST;
  if (error.code === 'ECONNRESET' || !socket.writable || begun?.headersSent) {
    // Nobody listens, or an answer is on the way and a second one would be read as part of it.
    socket.destroy();
    return;
  }
  const id = requestIdOf(begun?.req.headers['x-request-id']);
  const hit = limit === 'headTimeoutMs' && begun ? 'bodyTimeoutMs' : limit;
  told(new GatewayError(code, { internal: { parser: error.code } }), id, hit);
  const body = jsonRpcFailure({ code: ERRORS[code].rpc, message: ERRORS[code].say });
  const fields = `content-type: application/json\r\ncontent-length: ${body.length}\r\nx-request-id: ${id}`;
  socket.end(Buffer.concat([Buffer.from(`HTTP/1.1 ${status}\r\n${fields}\r\nconnection: close\r\n\r\n`), body]));
}

/** The response in progress on a socket. Node has no public way to ask; its own error handler looks here as well. */
function responseOn(socket: Socket): ServerResponse | undefined {
  return Reflect.get(socket, '_httpMessage') ?? undefined;
}

type SocketError = readonly [status: string, code: ErrorCode, limit?: LimitName];
const BAD_REQUEST: SocketError = ['400 Bad Request', 'target_refused'];
const SOCKET_ERRORS: Readonly<Record<string, SocketError>> = {
  HPE_HEADER_OVERFLOW: ['431 Request Header Fields Too Large', 'head_too_large', 'headerBytesMax'],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: ['413 Content Too Large', 'body_too_large'],
  ERR_HTTP_REQUEST_TIMEOUT: ['408 Request Timeout', 'request_timeout', 'headTimeoutMs'],
};
