/*
 * Lines instead of HTTP on the operator's socket: a request that asks for the switch becomes a stdio client's pipe.
 *
 * It is judged like any other that comes in here; only what is spoken afterwards differs.
 */
import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { LOCAL_REQUEST } from '../../model/call.ts';
import { ERRORS, GatewayError, toGatewayError } from '../../model/errors.ts';
import { wholeBody } from '../../model/reply.ts';
import { failureReply } from '../reply/encode.ts';
import { checkTarget } from './head.ts';
import { aboutRequest, type ListenerParts } from './listener.ts';
import type { McpStdioDoor } from './mcp-stdio.ts';
import { endpointOf, pathOf } from './routes.ts';

export const LINES = 'mcp-lines';

const SWITCH = `HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: ${LINES}\r\n\r\n`;

export interface SocketLinesParts extends ListenerParts {
  readonly stdio: McpStdioDoor;
}

export function switchToLines(parts: SocketLinesParts, request: IncomingMessage, socket: Duplex, head: Buffer): void {
  socket.on('error', () => socket.destroy());
  try {
    const endpoint = judge(parts, request);
    // Before the client is told of the switch, so that an endpoint that is not there can be refused.
    const ended = parts.stdio.serve(endpoint, { input: socket, output: socket });
    socket.write(SWITCH);
    if (head.length > 0) socket.unshift(head);
    void ended.then(() => socket.end(() => socket.destroy()));
  } catch (thrown) {
    const error = toGatewayError(thrown);
    parts.log(error, aboutRequest(request, LOCAL_REQUEST));
    refuse(socket, error);
  }
}

/** The endpoint. Throws what any request to it would get. */
function judge(parts: SocketLinesParts, request: IncomingMessage): string {
  checkTarget(request, parts.snapshot());
  const { upgrade, origin } = request.headers;
  if (origin !== undefined) throw new GatewayError('host_refused', { internal: { origin: true } });
  if (request.method !== 'GET' || upgrade !== LINES)
    throw new GatewayError('target_refused', { internal: { upgrade } });
  const endpoint = endpointOf(pathOf(request.url ?? ''));
  if (endpoint === undefined) throw new GatewayError('path_unknown');
  return endpoint;
}

function refuse(socket: Duplex, error: GatewayError): void {
  const body = wholeBody(failureReply(error, undefined).body ?? []);
  const { http } = ERRORS[error.code];
  const head = `HTTP/1.1 ${http} ${STATUS_CODES[http]}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n`;
  socket.end(Buffer.concat([Buffer.from(head), body]), () => socket.destroy());
}
