/*
 * The HTTP listener: the order in which a request is judged, and the paths there are.
 *
 *   ambiguous head 400 ─▶ Host, Origin 403 ─▶ credential 401 ─▶ path 404 ─▶ the door of the path
 *
 * Every request takes this road, whatever its path; `/live` and `/ready` alone answer any Host, without detail. A
 * refusal is one neutral JSON-RPC error body: no stack, no name of anything inside.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { ERRORS, GatewayError, toGatewayError } from '../../model/errors.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import { jsonRpcFailure } from '../../wire/codec.ts';
import type { Verifier } from '../auth/verify.ts';
import { errorObject, retryHeaders } from '../reply/encode.ts';
import { corsHeaders, preflight } from './cors.ts';
import { checkHead, checkHost } from './head.ts';
import { writeReply } from './http-outlet.ts';
import type { McpHttpDoor } from './mcp-http.ts';

export interface HttpDoorParts {
  readonly snapshot: () => Snapshot;
  readonly verifier: () => Verifier;
  readonly mcp: McpHttpDoor;
  readonly isDraining: () => boolean;
  /** Prometheus text. */
  readonly metrics: () => string;
  /** Told of refusals and of bugs, with what a client is not told. */
  readonly log: (error: GatewayError, request: IncomingMessage) => void;
}

/** Idle time that outlives the usual reverse proxy's, so that it is the proxy that closes first. */
const KEEP_ALIVE_MS = 65_000;

export function createHttpDoor(parts: HttpDoorParts): Server {
  const { limits } = parts.snapshot();
  const server = createServer(
    {
      maxHeaderSize: limits.headerBytesMax,
      headersTimeout: limits.headTimeoutMs,
      requestTimeout: Math.max(limits.bodyTimeoutMs, limits.headTimeoutMs),
      connectionsCheckingInterval: 1_000,
      keepAliveTimeout: KEEP_ALIVE_MS,
      insecureHTTPParser: false,
    },
    (request, response) => answer(parts, request, response),
  );
  // One more than allowed: Node drops fields beyond this silently, and then nobody could tell.
  server.maxHeadersCount = limits.headerCountMax + 1;
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => refuseSocket(error, socket as Socket));
  return server;
}

function answer(parts: HttpDoorParts, request: IncomingMessage, response: ServerResponse): void {
  try {
    const pending = judge(parts, request, response);
    pending?.catch((thrown: unknown) => refuse(parts, request, response, thrown));
  } catch (thrown) {
    refuse(parts, request, response, thrown);
  }
}

function judge(parts: HttpDoorParts, request: IncomingMessage, response: ServerResponse): Promise<void> | undefined {
  const snapshot = parts.snapshot();
  checkHead(request, snapshot);
  const path = pathOf(request.url ?? '');
  if (path === '/live') return probe(response, true, 'live');
  if (path === '/ready') return probe(response, !parts.isDraining(), 'ready');
  checkHost(request, snapshot);
  if (request.method === 'OPTIONS') return preflight(request, response);
  const verdict = parts.verifier()(request.headers.authorization);
  if ('refused' in verdict) throw verdict.refused;
  if (path === '/metrics' && request.method === 'GET') return scrape(response, parts.metrics());
  const endpoint = endpointOf(path);
  if (endpoint === undefined) throw new GatewayError('path_unknown', { internal: { path } });
  return parts.mcp.answer({ request, response, endpoint, verdict, extra: extraOf(parts, request) });
}

function pathOf(target: string): string {
  const query = target.indexOf('?');
  return query < 0 ? target : target.slice(0, query);
}

const ENDPOINT = /^\/mcp\/([a-z0-9-]{1,64})$/;

function endpointOf(path: string): string | undefined {
  return path === '/mcp' ? '' : ENDPOINT.exec(path)?.[1];
}

const NONE: readonly string[] = [];

function extraOf(parts: HttpDoorParts, request: IncomingMessage): readonly string[] {
  const cors = request.headers.origin === undefined ? NONE : corsHeaders(request.headers.origin);
  return parts.isDraining() ? [...cors, 'connection', 'close'] : cors;
}

function probe(response: ServerResponse, good: boolean, word: string): undefined {
  const body = Buffer.from(`{"status":"${good ? word : 'draining'}"}`);
  writeReply(response, { status: good ? 200 : 503, body, headers: [] }, NONE);
  return undefined;
}

function scrape(response: ServerResponse, text: string): undefined {
  response.writeHead(200, ['content-type', 'text/plain; version=0.0.4; charset=utf-8']);
  response.end(text);
  return undefined;
}

function refuse(parts: HttpDoorParts, request: IncomingMessage, response: ServerResponse, thrown: unknown): void {
  const error = toGatewayError(thrown);
  parts.log(error, request);
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  const body = jsonRpcFailure(errorObject(error));
  // A page whose Origin was refused learns nothing it could read.
  const cors = error.code === 'host_refused' || error.code === 'target_refused' ? NONE : extraOf(parts, request);
  const close = request.complete ? NONE : ['connection', 'close'];
  writeReply(response, { status: ERRORS[error.code].http, body, headers: retryHeaders(error) }, [...cors, ...close]);
}

/** What Node's parser refused: there is no request to answer, only a socket. */
function refuseSocket(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const [status, code] = SOCKET_ERRORS[error.code ?? ''] ?? ['400 Bad Request', 'target_refused'];
  const body = jsonRpcFailure({ code: ERRORS[code].rpc, message: ERRORS[code].say });
  const head = `HTTP/1.1 ${status}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n`;
  socket.end(Buffer.concat([Buffer.from(head), body]));
}

const SOCKET_ERRORS: Readonly<Record<string, readonly [string, keyof typeof ERRORS]>> = {
  HPE_HEADER_OVERFLOW: ['431 Request Header Fields Too Large', 'head_too_large'],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: ['413 Content Too Large', 'body_too_large'],
  ERR_HTTP_REQUEST_TIMEOUT: ['408 Request Timeout', 'request_invalid'],
};
