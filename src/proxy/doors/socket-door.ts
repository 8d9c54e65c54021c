/*
 * The operator's door: HTTP over a Unix socket that nobody but the owner of the gateway can open.
 *
 * The permissions of the socket are the authentication, so there is no credential: every call is the local user's, and goes
 * through the same pipeline as any other. Beside MCP there is `/operator`, which is answered by what is handed in, and
 * the switch to lines (`socket-lines.ts`). No
 * browser reaches a Unix socket; what carries an Origin was forwarded by something that should not be here.
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { LOCAL_REQUEST } from '../../model/call.ts';
import { GatewayError } from '../../model/errors.ts';
import { LOCAL_USER } from '../../model/principal.ts';
import { readBody } from './body.ts';
import { checkHead } from './head.ts';
import { type Arrival, createListener } from './listener.ts';
import type { McpHttpDoor } from './mcp-http.ts';
import { endpointOf, pathOf } from './routes.ts';
import { type SocketLinesParts, switchToLines } from './socket-lines.ts';

export interface SocketDoorParts extends SocketLinesParts {
  readonly mcp: McpHttpDoor;
  readonly operator: OperatorDesk;
}

export interface OperatorDesk {
  readonly takesBody: (path: string) => boolean;
  readonly answer: (asked: OperatorAsked) => Promise<OperatorAnswer>;
}

export interface OperatorAsked {
  readonly method: string;
  readonly path: string;
  /** Empty where there is none. */
  readonly body: Buffer;
}

export interface OperatorAnswer {
  readonly status: number;
  /** JSON text. */
  readonly body: string;
  readonly allow?: string;
}

const NONE: readonly string[] = [];
const OPERATOR = /^\/operator(?:\/|$)/;

export function createSocketDoor(parts: SocketDoorParts): Server {
  const server = createListener(parts, {
    factsOf: () => LOCAL_REQUEST,
    answer: (arrival) => judge(parts, arrival),
    refusalHeaders: ({ code }) => (code === 'http_method' ? ['allow', 'GET, POST, DELETE'] : NONE),
  });
  return server.on('upgrade', (request, socket, head) => switchToLines(parts, request, socket, head));
}

function judge(parts: SocketDoorParts, { request, response, facts }: Arrival): Promise<void> {
  checkHead(request, parts.snapshot());
  if (request.headers.origin !== undefined) throw new GatewayError('host_refused', { internal: { origin: true } });
  const path = pathOf(request.url ?? '');
  if (OPERATOR.test(path)) return operate(parts, request, response);
  const endpoint = endpointOf(path);
  if (endpoint === undefined) throw new GatewayError('path_unknown', { internal: { path } });
  const verdict = { principal: LOCAL_USER, request: facts };
  return parts.mcp.answer({ door: 'mcp-socket', request, response, endpoint, verdict, extra: NONE });
}

/** No question has a query, and few a body; what does not belong is not taken. */
async function operate(parts: SocketDoorParts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method = '', url: path = '' } = request;
  const { 'content-length': length = '0', 'transfer-encoding': coding } = request.headers;
  const bytesMax = parts.operator.takesBody(path) ? parts.snapshot().limits.bodyBytesMax : 0;
  if (bytesMax === 0 && (length !== '0' || coding !== undefined)) throw new GatewayError('body_too_large');
  if (path.includes('?')) throw new GatewayError('path_unknown');
  const asked = { method, path, body: await readBody(request, bytesMax) };
  const { status, body, allow } = await parts.operator.answer(asked);
  if (response.destroyed) return;
  const head = ['content-type', 'application/json', 'content-length', String(Buffer.byteLength(body))];
  response.writeHead(status, allow === undefined ? head : [...head, 'allow', allow]);
  response.end(body);
}
