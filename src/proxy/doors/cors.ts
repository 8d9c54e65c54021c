/*
 * Answers for browsers (WHATWG Fetch, CORS protocol). Only origins that `head.ts` let through get here, so the fields
 * name that one origin and nothing is ever allowed for all.
 */
import type { IncomingMessage } from 'node:http';
import { idField } from './facts.ts';
import type { Arrival } from './listener.ts';

const EXPOSED = 'mcp-session-id, mcp-protocol-version, www-authenticate, retry-after, x-request-id';
/** Field names only: the client's list is echoed, because `Mcp-Param-*` names cannot be known before. */
const NAMES = /^[A-Za-z0-9!#$%&'*+.^_`|~ ,-]{1,4096}$/;

export function corsHeaders(origin: string): readonly string[] {
  return ['access-control-allow-origin', origin, 'access-control-expose-headers', EXPOSED, 'vary', 'origin'];
}

/** A browser's question before a request; it has no credential to show (Fetch › CORS-preflight request). */
export function isPreflight({ method, headers }: IncomingMessage): boolean {
  return method === 'OPTIONS' && headers.origin !== undefined && 'access-control-request-method' in headers;
}

export function preflight({ request, response, facts }: Arrival): undefined {
  const { origin } = request.headers;
  const headers = ['allow', 'GET, POST, DELETE, OPTIONS', 'content-length', '0', ...idField(facts)];
  if (origin !== undefined) headers.push(...corsHeaders(origin), ...preflightHeaders(request));
  response.writeHead(204, headers);
  response.end();
  return undefined;
}

function preflightHeaders(request: IncomingMessage): string[] {
  const wanted = request.headers['access-control-request-headers'];
  const fields = ['access-control-allow-methods', 'GET, POST, DELETE', 'access-control-max-age', '600'];
  if (wanted !== undefined && NAMES.test(wanted)) fields.push('access-control-allow-headers', wanted);
  return fields;
}
