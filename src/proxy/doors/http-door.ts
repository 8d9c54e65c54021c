/*
 * The HTTP listener: the order in which a request is judged, and the paths there are.
 *
 *   ambiguous head 400 ─▶ Origin, Host 403 ─▶ credential 401 ─▶ path 404 ─▶ the door of the path
 *                                    └─▶ the admin API (`admin-desk.ts`), which has logins of its own
 *
 * Every request takes this road, whatever its path. What is public (`routes.ts`) leaves it before the credential; `/live` and
 * `/ready` alone answer any Host. A refusal is one neutral JSON-RPC error body: no stack, no name of anything inside.
 */
import type { IncomingMessage, Server } from 'node:http';
import { GatewayError } from '../../model/errors.ts';
import { CHALLENGED, challengeFields } from '../auth/challenge.ts';
import type { Identified } from '../auth/identified.ts';
import type { ResourceMetadata } from '../auth/metadata.ts';
import type { Verifier } from '../auth/verify.ts';
import { type AdminDesk, deskRefusal, handOn, isForDesk, UNSEEN } from './admin-desk.ts';
import { corsHeaders, isPreflight, preflight } from './cors.ts';
import { HttpFacts, idField } from './facts.ts';
import { checkHead, checkHost, checkOrigin } from './head.ts';
import { type Arrival, createListener, type ListenerParts } from './listener.ts';
import type { McpHttpDoor } from './mcp-http.ts';
import type { McpSseDoor, Posted } from './mcp-sse.ts';
import {
  described,
  health,
  isLoopbackListener,
  isOnLoopback,
  pong,
  probe,
  scrape,
  type ToldHealth,
} from './open-pages.ts';
import { allowedAt, type Found, pathOf, ROUTES, type Route, routeOf } from './routes.ts';

export interface HttpDoorParts extends ListenerParts {
  readonly verifier: Verifier;
  readonly mcp: McpHttpDoor;
  readonly sse: McpSseDoor;
  readonly metadata: ResourceMetadata;
  readonly isDraining: () => boolean;
  readonly health: () => ToldHealth;
  /** Prometheus text. */
  readonly metrics: () => string;
  /** Where the admin API shares this listener. */
  readonly desk?: AdminDesk | undefined;
}

export function createHttpDoor(parts: HttpDoorParts): Server {
  return createListener(parts, {
    factsOf: (request) => new HttpFacts(request, parts.snapshot()),
    answer: (arrival) => judge(parts, arrival),
    refusalHeaders: (error, arrival) => refusalHeaders(parts, error, arrival),
    refusalBody: (error, { request }) => {
      const { desk } = parts;
      return desk && isForDesk(pathOf(request.url ?? '')) ? deskRefusal(desk, error) : undefined;
    },
  });
}

function judge(parts: HttpDoorParts, arrival: Arrival): Promise<void> | undefined {
  const { request, facts } = arrival;
  const snapshot = parts.snapshot();
  checkHead(request, snapshot);
  checkOrigin(request, snapshot);
  const path = pathOf(request.url ?? '');
  const found = routeOf(path);
  const route: Route | undefined = found && ROUTES[found.name];
  if (!route?.isProbe) checkHost(request, snapshot);
  if (parts.desk && isForDesk(path)) return handOn(parts.desk, arrival, extraOf(parts, arrival));
  if (route && !route.isProbe && isPreflight(request)) {
    return preflight(arrival, { methods: route.methods, fields: snapshot.access.headers });
  }
  if (found && isOpen(route, request)) return answerAnybody(parts, found, arrival);
  const identified = parts.verifier.verify(request, endpointOf(parts, found, request), facts);
  const enter = (one: Identified) => letIn(parts, found, arrival, one);
  return identified instanceof Promise ? identified.then(enter) : enter(identified);
}

/** For whose endpoint a credential must be: a POST to a stream goes to the endpoint of the stream. */
function endpointOf(parts: HttpDoorParts, found: Found | undefined, { url = '' }: IncomingMessage): string | undefined {
  if (found?.name === 'messages') return parts.sse.endpointOf(url);
  return found?.name === 'mcp' || found?.name === 'sse' ? found.endpoint : undefined;
}

function letIn(
  parts: HttpDoorParts,
  found: Found | undefined,
  arrival: Arrival,
  identified: Identified,
): Promise<void> | undefined {
  const { request, response, facts } = arrival;
  // Whoever went while the credential was looked at would leave what is opened now open for ever.
  if (response.destroyed) return undefined;
  const { principal } = identified;
  // No file allows this, but a listener stays open when a file comes that is good for loopback alone.
  if (principal.kind === 'local' && !isLoopbackListener(request.socket)) throw new GatewayError('token_missing');
  if (!found) throw new GatewayError('path_unknown', { internal: { path: pathOf(request.url ?? '') } });
  const route: Route = ROUTES[found.name];
  if (!route.methods.includes(request.method ?? '')) throw new GatewayError('http_method');
  const verdict = { principal, request: facts, credential: identified, metadataUrl: parts.metadata.urlOf };
  const extra = extraOf(parts, arrival);
  return answerAt(parts, found, { request, response, verdict, extra: identified.inQuery ? unkept(extra) : extra });
}

/** RFC 6750 §2.3. */
function unkept(extra: readonly string[]): readonly string[] {
  return [...extra, 'cache-control', 'no-store'];
}

function isOpen(route: Route | undefined, request: IncomingMessage): boolean {
  return route?.isPublic === 'everywhere' || (route?.isPublic === 'on loopback' && isOnLoopback(request));
}

/** Nothing here knows who asks. */
function answerAnybody(parts: HttpDoorParts, { name, endpoint }: Found, arrival: Arrival): undefined {
  const { methods }: Route = ROUTES[name];
  if (!methods.includes(arrival.request.method ?? '')) throw new GatewayError('http_method');
  const extra = extraOf(parts, arrival);
  switch (name) {
    case 'live':
    case 'ready':
      return probe(arrival, parts.isDraining(), name, extra);
    case 'ping':
      return pong(arrival, extra);
    case 'health':
      return health(arrival, parts.health(), extra);
    case 'metrics':
      return scrape(arrival, parts.metrics(), extra);
    case 'metadata':
      return described(arrival, parts.metadata.documentOf(endpoint), extra);
    default:
      throw new GatewayError('path_unknown');
  }
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
      return scrape(about, parts.metrics(), about.extra);
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

function refusalHeaders(parts: HttpDoorParts, error: GatewayError, arrival: Arrival): readonly string[] {
  // A page whose Origin was refused learns nothing it could read.
  const headers = UNSEEN.has(error.code) ? idField(arrival.facts) : [...extraOf(parts, arrival)];
  if (error.code === 'http_method') headers.push('allow', allowedAt(pathOf(arrival.request.url ?? '')));
  if (CHALLENGED.has(error.code)) headers.push(...challengeFields(error, metadataUrl(parts, arrival)));
  return headers;
}

/** Of the endpoint that was asked for, whether or not there is such a one. */
function metadataUrl(parts: HttpDoorParts, { request }: Arrival): string | undefined {
  return parts.metadata.urlOf(endpointOf(parts, routeOf(pathOf(request.url ?? '')), request) ?? '');
}
