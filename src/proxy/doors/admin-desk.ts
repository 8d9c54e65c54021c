/*
 * The admin API, as the doors know it: something that answers everything below `/api` and `/docs`, once a request has passed
 * the checks of head, Origin and Host that all requests pass. It is of the other plane, so it is handed in; it judges
 * credentials itself, for its logins are not those of MCP.
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { RequestFacts } from '../../model/call.ts';
import { ERRORS, type ErrorCode, GatewayError } from '../../model/errors.ts';
import { corsHeaders, isPreflight, preflight } from './cors.ts';
import { HttpFacts, idField } from './facts.ts';
import { checkHead, checkHost, checkOrigin } from './head.ts';
import { type Arrival, createListener, type ListenerParts } from './listener.ts';
import { pathOf } from './routes.ts';

export interface AdminDesk {
  /** Keeps the header fields that the response has already. */
  handle(request: IncomingMessage, response: ServerResponse, facts: RequestFacts): void;
  /** JSON of a refusal that came before, as the clients of this API read it. */
  refusal(status: number, say: string): string;
}

const DESK = /^\/(?:api|docs)(?:\/|$)/;
const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];
const FIELDS = ['accept-language', 'if-match'];

export function isForDesk(path: string): boolean {
  return DESK.test(path);
}

/** @param extra Header fields of every answer to this request, name after value. */
export function handOn(desk: AdminDesk, { request, response, facts }: Arrival, extra: readonly string[]): undefined {
  if (isPreflight(request)) return preflight({ request, response, facts }, { methods: METHODS, fields: FIELDS });
  for (let at = 0; at < extra.length; at += 2) response.setHeader(extra[at] ?? '', extra[at + 1] ?? '');
  desk.handle(request, response, facts);
  return undefined;
}

export function deskRefusal(desk: AdminDesk, { code }: GatewayError): Buffer {
  const { http, say } = ERRORS[code];
  return Buffer.from(desk.refusal(http, say));
}

export interface AdminDoorParts extends ListenerParts {
  readonly desk: AdminDesk;
  readonly isDraining: () => boolean;
}

/** A listener of its own, for a gateway whose other one is not on loopback. The same checks, in the same order. */
export function createAdminDoor(parts: AdminDoorParts): Server {
  const extraOf = ({ request, facts }: Arrival): string[] => {
    const { origin } = request.headers;
    const draining = parts.isDraining() ? ['connection', 'close'] : [];
    return [...idField(facts), ...(origin === undefined ? [] : corsHeaders(origin)), ...draining];
  };
  return createListener(parts, {
    factsOf: (request) => new HttpFacts(request, parts.snapshot()),
    answer: (arrival) => {
      const { request } = arrival;
      checkHead(request, parts.snapshot());
      checkOrigin(request, parts.snapshot());
      checkHost(request, parts.snapshot());
      const path = pathOf(request.url ?? '');
      if (!isForDesk(path)) throw new GatewayError('path_unknown', { internal: { path } });
      return handOn(parts.desk, arrival, extraOf(arrival));
    },
    refusalHeaders: ({ code }, arrival) => (UNSEEN.has(code) ? idField(arrival.facts) : extraOf(arrival)),
    refusalBody: (error) => deskRefusal(parts.desk, error),
  });
}

/** Refused before the Origin was looked at, or for it: a page learns nothing that it could read. */
export const UNSEEN: ReadonlySet<ErrorCode> = new Set([
  'host_refused',
  'target_refused',
  'url_too_long',
  'head_too_large',
]);
