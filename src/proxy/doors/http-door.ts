/*
 * The HTTP listener: the order in which a request is judged, and the paths there are.
 *
 *   ambiguous head 400 ─▶ Origin, Host 403 ─▶ credential 401 ─▶ path 404 ─▶ the door of the path
 *
 * Every request takes this road, whatever its path; `/live` and `/ready` alone answer any Host, without detail. A
 * refusal is one neutral JSON-RPC error body: no stack, no name of anything inside.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { type ErrorCode, GatewayError, toGatewayError } from '../../model/errors.ts';
import type { Emit } from '../../model/event.ts';
import type { LimitName } from '../../model/limits.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import type { Verifier } from '../auth/verify.ts';
import { corsHeaders, isPreflight, preflight } from './cors.ts';
import { checkHead, checkHost, checkOrigin } from './head.ts';
import { writeReply } from './http-outlet.ts';
import type { McpHttpDoor } from './mcp-http.ts';
import { refuseRequest, refuseSocket } from './refusal.ts';

export interface HttpDoorParts {
  readonly snapshot: () => Snapshot;
  readonly verifier: () => Verifier;
  readonly mcp: McpHttpDoor;
  readonly isDraining: () => boolean;
  /** Prometheus text. */
  readonly metrics: () => string;
  readonly emit: Emit;
  /** Told of refusals and of bugs, with what a client is not told. */
  readonly log: (error: GatewayError, request: IncomingMessage) => void;
}

/** Idle time that outlives the usual reverse proxy's, so that it is the proxy that closes first. */
const KEEP_ALIVE_MS = 65_000;

export function createHttpDoor(parts: HttpDoorParts): Server {
  const { limits } = parts.snapshot();
  const server = createServer(
    {
      // Node refuses a head that reaches this.
      maxHeaderSize: limits.headerBytesMax + 1,
      headersTimeout: limits.headTimeoutMs,
      requestTimeout: Math.max(limits.bodyTimeoutMs, limits.headTimeoutMs),
      connectionsCheckingInterval: 1_000,
      keepAliveTimeout: KEEP_ALIVE_MS,
      insecureHTTPParser: false,
      // `head.ts` refuses a missing one in the words of all other refusals.
      requireHostHeader: false,
    },
    (request, response) => answer(parts, request, response),
  );
  // One more than allowed: Node drops fields beyond this silently, and then nobody could tell.
  server.maxHeadersCount = limits.headerCountMax + 1;
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => hit(parts, refuseSocket(error, socket as Socket)));
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
  checkOrigin(request, snapshot);
  const path = pathOf(request.url ?? '');
  if (path === '/live') return probe(request, response, 'live');
  if (path === '/ready') return probe(request, response, parts.isDraining() ? 'draining' : 'ready');
  checkHost(request, snapshot);
  if (isPreflight(request)) return preflight(request, response);
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

const ENDPOINT = /^\/mcp\/[a-z0-9-]{1,64}$/;

function endpointOf(path: string): string | undefined {
  if (path === '/mcp') return '';
  return ENDPOINT.test(path) ? path.slice('/mcp/'.length) : undefined;
}

const NONE: readonly string[] = [];

function extraOf(parts: HttpDoorParts, request: IncomingMessage): readonly string[] {
  const cors = request.headers.origin === undefined ? NONE : corsHeaders(request.headers.origin);
  return parts.isDraining() ? [...cors, 'connection', 'close'] : cors;
}

function probe(request: IncomingMessage, response: ServerResponse, status: string): undefined {
  if (request.method !== 'GET' && request.method !== 'HEAD') throw new GatewayError('http_method');
  const body = Buffer.from(`{"status":"${status}"}`);
  writeReply(response, { status: status === 'draining' ? 503 : 200, body, headers: [] }, NONE);
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
  hit(parts, error.limit);
  // A page whose Origin was refused learns nothing it could read.
  const headers = UNSEEN.has(error.code) ? [] : [...extraOf(parts, request)];
  if (error.code === 'http_method') headers.push('allow', allowedAt(pathOf(request.url ?? '')));
  refuseRequest(request, response, { error, headers, drainBytesMax: parts.snapshot().limits.bodyBytesMax });
}
const UNSEEN: ReadonlySet<ErrorCode> = new Set(['host_refused', 'target_refused']);

/** RFC 9110 §15.5.6: a refused method comes with those that are served. */
function allowedAt(path: string): string {
  return path === '/live' || path === '/ready' ? 'GET, HEAD' : 'GET, POST, DELETE, OPTIONS';
}

function hit(parts: HttpDoorParts, limit: LimitName | undefined): void {
  if (limit !== undefined) parts.emit({ type: 'limit_hit', limit, principal: '' });
}
