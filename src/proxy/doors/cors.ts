/*
 * Answers for browsers (WHATWG Fetch, CORS protocol). Only origins that `head.ts` let through get here, so the fields
 * name that one origin, and nothing is ever allowed for all or together with cookies.
 *
 * Refusals carry the same fields, so that the page of a client can read what a 401 asks for.
 */
import type { IncomingMessage } from 'node:http';
import { CREDENTIAL_FIELDS, idField } from './facts.ts';
import type { Arrival } from './listener.ts';

const EXPOSED = 'mcp-session-id, mcp-protocol-version, www-authenticate, retry-after, x-request-id, etag';

/** What clients of MCP send; `Mcp-Param-*` beside, whose names are those of a tool's arguments (2026-07-28). */
const SENT: ReadonlySet<string> = new Set([
  ...['accept', 'authorization', 'cache-control', 'content-type', 'last-event-id', 'x-api-key', 'x-request-id'],
  ...['mcp-method', 'mcp-name', 'mcp-protocol-version', 'mcp-session-id', 'traceparent', 'tracestate', 'baggage'],
]);
const PARAM = /^mcp-param-[A-Za-z0-9!#$%&'*+.^_`|~-]+$/;
const WANTED_LENGTH_MAX = 4_096;

export function corsHeaders(origin: string): readonly string[] {
  return ['access-control-allow-origin', origin, 'access-control-expose-headers', EXPOSED, 'vary', 'origin'];
}

/** A browser's question before a request; it has no credential to show (Fetch › CORS-preflight request). */
export function isPreflight({ method, headers }: IncomingMessage): boolean {
  return method === 'OPTIONS' && headers.origin !== undefined && 'access-control-request-method' in headers;
}

export interface Preflight {
  /** Of the path. */
  readonly methods: readonly string[];
  /** Further fields that mean something here. */
  readonly fields: readonly string[];
}

export function preflight({ request, response, facts }: Arrival, { methods, fields }: Preflight): undefined {
  const { origin } = request.headers;
  const headers = ['allow', `${methods.join(', ')}, OPTIONS`, 'content-length', '0', ...idField(facts)];
  if (origin !== undefined) {
    headers.push(...corsHeaders(origin), 'access-control-allow-methods', methods.join(', '));
    headers.push('access-control-max-age', '600');
    const names = allowedFields(request.headers['access-control-request-headers'] ?? '', fields);
    if (names !== '') headers.push('access-control-allow-headers', names);
  }
  response.writeHead(204, headers);
  response.end();
  return undefined;
}

function allowedFields(wanted: string, more: readonly string[]): string {
  if (wanted.length > WANTED_LENGTH_MAX) return '';
  const names = wanted.split(',').map((name) => name.trim().toLowerCase());
  const isMeant = (name: string) => more.includes(name) && !CREDENTIAL_FIELDS.has(name);
  return names.filter((name) => SENT.has(name) || PARAM.test(name) || isMeant(name)).join(', ');
}
