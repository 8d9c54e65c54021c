/*
 * What the answers and failures of an HTTP server say about the server itself, beside what they say about a call.
 *
 *   ill       nobody, or no MCP server, is there: a lost connection, an error page, 5xx, refused credentials
 *   another   it does not speak as it did: it refuses what this revision is, or calls itself something else
 *
 * None of it is proof: one tool may break a connection, and a proxy may hiccup. So it is reason to look (look.ts), no more.
 * What was refused as `another` is made again when another server is found. So that is only what was refused unread: a
 * server that fails in the middle of a call, while its successor takes its place, has begun it.
 */
import { GatewayError } from '../../model/errors.ts';
import type { Message } from '../../model/message.ts';
import { type Codec, errorCodeOf, META, opensSession } from '../../wire/codec.ts';
import { memberOf } from '../../wire/json/members.ts';
import type { Answer } from './transport.ts';

export type Doubt = 'ill' | 'another';

export function doubtOf(thrown: unknown): Doubt | undefined {
  if (!(thrown instanceof GatewayError)) return undefined;
  const { status } = thrown.internal;
  switch (thrown.code) {
    case 'upstream_refused':
      return isRefusal(status) ? 'another' : 'ill';
    case 'upstream_invalid':
    case 'upstream_auth':
    case 'upstream_lost':
      return 'ill';
    default:
      return undefined;
  }
}

export const VERSION_REFUSED = -32022;
/** Codes that only servers of 2026-07-28 use (Basic › Error Codes), and only about what an older request lacks. */
const OF_NEWER = new Set([-32020, -32021, VERSION_REFUSED]);
/** What a server of 2026-07-28 says of a single request with these statuses (Streamable HTTP › Server Validation). */
const OF_REQUEST = new Set([-32020, -32021, -32602, -32601]);

/** Whoever says this has begun (JSON-RPC 2.0 §5.1: internal error), whatever the status. */
const INTERNAL = -32603;
/** What a request is refused with for its head, its path or its form. Others may come from what was done with it. */
const REFUSALS: ReadonlySet<unknown> = new Set([400, 404, 405, 406, 415]);

function isRefusal(status: unknown): boolean {
  return REFUSALS.has(status);
}

/** Whether a server of this codec's era would not have answered so, and refused the request before it began. */
export function contradicts({ message, status }: Answer, codec: Codec): boolean {
  if (message.kind !== 'error') return false;
  const code = errorCodeOf(message);
  const wasRefused = isRefusal(status) && code !== INTERNAL;
  if (opensSession(codec)) return wasRefused || OF_NEWER.has(code);
  return code === VERSION_REFUSED || (wasRefused && !OF_REQUEST.has(code));
}

/** JSON text of what a result says that the server is; undefined when it says nothing. */
export function identityIn({ bytes, kind, outcome }: Message): string | undefined {
  const meta = kind === 'result' && outcome ? memberOf(bytes, outcome, '_meta')?.value : undefined;
  const info = meta && bytes[meta.start] === 0x7b ? memberOf(bytes, meta, `${META}serverInfo`)?.value : undefined;
  return info && bytes[info.start] === 0x7b ? bytes.toString('utf8', info.start, info.end) : undefined;
}

/** Whether two `Implementation` objects are of the same server: name and version, for the rest is decoration. */
export function isSameServer(a: string, b: string): boolean {
  return a === b || (nameIn(a) === nameIn(b) && memberIn(a, 'version') === memberIn(b, 'version'));
}

export function nameIn(info: string): string {
  return memberIn(info, 'name');
}

/** As JSON text; `''` when it is not there, or the whole is not readable. */
function memberIn(info: string, name: string): string {
  try {
    const value = (JSON.parse(info) as Readonly<Record<string, unknown>>)[name];
    return value === undefined ? '' : JSON.stringify(value);
  } catch {
    return '';
  }
}
