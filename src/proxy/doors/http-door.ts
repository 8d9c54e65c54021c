/*
 * The HTTP listener: the order in which a request is judged, and the paths there are.
 *
 *   ambiguous head 400 ─▶ Origin, Host 403 ─▶ credential 401 ─▶ path 404 ─▶ the door of the path
 *
 * Every request takes this road, whatever its path; `/live` and `/ready` alone answer any Host, without detail. A
 * refusal is one neutral JSON-RPC error body: no stack, no name of anything inside.
 */
import type { Server } from 'node:http';
import { type ErrorCode, GatewayError } from '../../model/errors.ts';
import type { Verifier } from '../auth/verify.ts';
import { corsHeaders, isPreflight, preflight } from './cors.ts';
import { HttpFacts, idField } from './facts.ts';
import { checkHead, checkHost, checkOrigin } from './head.ts';
import { writeReply } from './http-outlet.ts';
import { type Arrival, createListener, type ListenerParts } from './listener.ts';
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
    factsOf: (request) => new HttpFacts(request, parts.snapshot()),
    answer: (arrival) => judge(parts, arrival),
    refusalHeaders: (error, arrival) => refusalHeaders(parts, error, arrival),
  });
}

function judge(parts: HttpDoorParts, arrival: Arrival): Promise<void> | undefined {
  const { request, facts } = arrival;
  const snapshot = parts.snapshot();
  checkHead(request, snapshot);
  checkOrigin(request, snapshot);
  const path = pathOf(request.url ?? '');
  const found = routeOf(path);
  if (found?.name === 'live') return probe(arrival, 'live');
  if (found?.name === 'ready') return probe(arrival, parts.isDraining() ? 'draining' : 'ready');
  checkHost(request, snapshot);
  if (isPreflight(request)) return preflight(arrival);
  const said = parts.verifier()(request.headers.authorization);
  if ('refused' in said) throw said.refused;
  if (!found) throw new GatewayError('path_unknown', { internal: { path } });
  const route: Route = ROUTES[found.name];
  if (!route.methods.includes(request.method ?? '')) throw new GatewayError('http_method');
  const verdict = { principal: said.principal, request: facts };
  const { response } = arrival;
  return answerAt(parts, found, { request, response, verdict, extra: extraOf(parts, arrival) });
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
      return scrape(about, parts.metrics());
    default:
      throw new GatewayError('path_unknown');
  }
}
type About = Omit<Posted, 'door'>;

/** Header fields of every answer to this request. */
function extraOf(parts: HttpDoorParts, { request, facts }: Arrival): readonly string[] {
  const extra = idField(facts);
  if (request.headers.origin !== undefined) extra.push(...corsHeaders(request.headers.origin));
  if (parts.isDraining()) extra.push('connection', 'close');
  return extra;
}

function probe({ request, response, facts }: Arrival, status: string): undefined {
  if (request.method !== 'GET' && request.method !== 'HEAD') throw new GatewayError('http_method');
  const body = Buffer.from(`{"status":"${status}"}`);
  writeReply(response, { status: status === 'draining' ? 503 : 200, body, headers: [] }, idField(facts));
  return undefined;
}

function scrape({ response, extra }: About, text: string): undefined {
  response.writeHead(200, ['content-type', 'text/plain; version=0.0.4; charset=utf-8', ...extra]);
  response.end(text);
  return undefined;
}

function refusalHeaders(parts: HttpDoorParts, error: GatewayError, arrival: Arrival): readonly string[] {
  // A page whose Origin was refused learns nothing it could read.
  const headers = UNSEEN.has(error.code) ? idField(arrival.facts) : [...extraOf(parts, arrival)];
  if (error.code === 'http_method') headers.push('allow', allowedAt(pathOf(arrival.request.url ?? '')));
  return headers;
}
const UNSEEN: ReadonlySet<ErrorCode> = new Set(['host_refused', 'target_refused']);
