/*
 * A small front before a gateway that presents a credential for clients that cannot: every request goes on as it came, with
 * an `Authorization` field more. Host and Origin name the gateway where they named the front, and nothing else is touched,
 * so that what a client does wrong is still wrong behind it.
 */
import { createServer, type IncomingMessage, type ServerResponse, request as send } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface BearerFront {
  /** Without a path. */
  readonly url: string;
  close(): Promise<void>;
}

/** @param gateway Its address, without a path. */
export async function startBearerFront(gateway: string, token: string): Promise<BearerFront> {
  const target = new URL(gateway);
  const server = createServer((request, response) => forward(request, response, { target, token, port: portOf() }));
  const portOf = () => String((server.address() as AddressInfo).port);
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { url: `http://127.0.0.1:${portOf()}`, close };
}

interface Way {
  readonly target: URL;
  readonly token: string;
  /** The front's own. */
  readonly port: string;
}

function forward(request: IncomingMessage, response: ServerResponse, way: Way): void {
  const { hostname, port } = way.target;
  const onward = send({ hostname, port, method: request.method, path: request.url, headers: fieldsFor(request, way) });
  onward.once('response', (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
    response.flushHeaders();
    answer.pipe(response);
    answer.once('error', () => response.destroy());
  });
  onward.once('error', () => response.destroy());
  response.once('close', () => onward.destroy());
  request.pipe(onward);
}

/** In pairs, as they came: what was sent twice arrives twice. */
function fieldsFor({ rawHeaders }: IncomingMessage, { target, token, port }: Way): string[] {
  const fields = rawHeaders.map((text, at) => {
    const isNamed = at % 2 === 1 && /^(?:host|origin)$/i.test(rawHeaders[at - 1] ?? '');
    return isNamed && text.endsWith(`:${port}`) ? text.slice(0, -port.length) + target.port : text;
  });
  return [...fields, 'authorization', `Bearer ${token}`];
}
