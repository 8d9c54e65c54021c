/*
 * The HTTP listener: the order in which a request is judged, and the paths there are.
 *
 *   ambiguous head 400 ─▶ Origin, Host 403 ─▶ credential 401 ─▶ path 404 ─▶ the door of the path
 *
 * Every request takes this road, whatever its path; `/live` and `/ready` alone answer any Host, without detail. A
 * refusal is one neutral JSON-RPC error body: no stack, no name of anything inside.
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { type ErrorCode, GatewayError } from '../../model/errors.ts';
import type { Verifier } from '../auth/verify.ts';
import { corsHeaders, isPreflight, preflight } from './cors.ts';
import { checkHead, checkHost, checkOrigin } from './head.ts';
import { writeReply } from './http-outlet.ts';
import { createListener, type ListenerParts } from './listener.ts';
import type { McpHttpDoor } from './mcp-http.ts';
import type { McpSseDoor, Posted } from './mcp-sse.ts';
import { allowedAt, type Found, pathOf, ROUTES, type Route, routeOf } from './routes.ts';

export interface HttpDoorParts extends ListenerParts {
  readonly verifier: () => Verifier;
  readonly mcp: McpHttpDoor;
  readonly sse: McpSseDoor;
  readonly isDraining: () => boolean;
  /** Prometheus text. */
  readonly metrics: () => string;
}

export function createHttpDoor(parts: HttpDoorParts): Server {
  return createListener(parts, {
    answer: (request, response) => judge(parts, request, response),
    refusalHeaders: (error, request) => refusalHeaders(parts, error, request),
  });
}

function judge(parts: HttpDoorParts, request: IncomingMessage, response: ServerResponse): Promise<void> | undefined {
  const snapshot = parts.snapshot();
  checkHead(request, snapshot);
  checkOrigin(request, snapshot);
  const path = pathOf(request.url ?? '');
  const found = routeOf(path);
  if (found?.name === 'live') return probe(request, response, 'live');
  if (found?.name === 'ready') return probe(request, response, parts.isDraining() ? 'draining' : 'ready');
  checkHost(request, snapshot);
  if (isPreflight(request)) return preflight(request, response);
  const verdict = parts.verifier()(request.headers.authorization);
  if ('refused' in verdict) throw verdict.refused;
  if (!found) throw new GatewayError('path_unknown', { internal: { path } });
  const route: Route = ROUTES[found.name];
  if (!route.methods.includes(request.method ?? '')) throw new GatewayError('http_method');
  return answerAt(parts, found, { request, response, verdict, extra: extraOf(parts, request) });
}

function answerAt(parts: HttpDoorParts, { name, endpoint }: Found, about: About): Promise<void> | undefined {
  switch (name) {
    case 'mcp':
      return parts.mcp.answer({ ...about, door: 'mcp-http', endpoint });
    case 'sse':
      parts.sse.open({ ...about, door: 'mcp-sse', endpoint });
      return undefined;
    case 'messages':
      return parts.sse.post({ ...about, door: 'mcp-sse' });
    case 'metrics':
      return scrape(about.response, parts.metrics());
    default:
      throw new GatewayError('path_unknown');
  }
}
type About = Omit<Posted, 'door'>;

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

function refusalHeaders(parts: HttpDoorParts, error: GatewayError, request: IncomingMessage): readonly string[] {
  // A page whose Origin was refused learns nothing it could read.
  const headers = UNSEEN.has(error.code) ? [] : [...extraOf(parts, request)];
  if (error.code === 'http_method') headers.push('allow', allowedAt(pathOf(request.url ?? '')));
  return headers;
}
const UNSEEN: ReadonlySet<ErrorCode> = new Set(['host_refused', 'target_refused']);
