/*
 * Content negotiation of MCP over HTTP, and the client's `Mcp-Param-*` fields.
 */
import type { IncomingHttpHeaders } from 'node:http';
import { GatewayError } from '../../model/errors.ts';

const JSON_TYPE = /^application\/json\s*(?:;|$)/i;

/** Throws `content_type`. No page may send JSON unasked, so this keeps out what a browser sends for a stranger (CORS). */
export function checkContentType(headers: IncomingHttpHeaders): void {
  const type = headers['content-type'];
  if (type === undefined || (type !== 'application/json' && !JSON_TYPE.test(type)))
    throw new GatewayError('content_type');
}

/** Throws `content_type`, `not_acceptable`. No Accept at all accepts anything (RFC 9110 §12.5.1), and so do wildcards. */
export function checkMedia(headers: IncomingHttpHeaders): void {
  checkContentType(headers);
  const { accept } = headers;
  if (accept === undefined || accept === 'application/json, text/event-stream') return;
  if (!accepts(accept, 'application/json') || !accepts(accept, 'text/event-stream')) {
    throw new GatewayError('not_acceptable');
  }
}

export function acceptsEvents(headers: IncomingHttpHeaders): boolean {
  return headers.accept === undefined || accepts(headers.accept, 'text/event-stream');
}

function accepts(accept: string, type: string): boolean {
  const family = `${type.slice(0, type.indexOf('/'))}/*`;
  return accept.split(',').some((part) => {
    const [range = '', ...parameters] = part.split(';').map((piece) => piece.trim().toLowerCase());
    if (parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter))) return false;
    return range === type || range === family || range === '*/*';
  });
}

const PREFIX = 'mcp-param-';

/** Flat, lower-case names; two fields of one name stay two. */
export function paramHeadersOf(rawHeaders: readonly string[]): readonly string[] {
  let found: string[] | undefined;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const raw = rawHeaders[at] ?? '';
    if (raw.length <= PREFIX.length || (raw.charCodeAt(0) | 0x20) !== 0x6d) continue;
    const name = raw.toLowerCase();
    if (!name.startsWith(PREFIX)) continue;
    found ??= [];
    found.push(name, rawHeaders[at + 1] ?? '');
  }
  return found ?? NONE;
}
const NONE: readonly string[] = [];
