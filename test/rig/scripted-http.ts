/*
 * An HTTP server that does what a test tells it to, and remembers what it saw.
 *
 * It speaks through `node:http`, so a script may also reach for the socket and break the protocol.
 */
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
  readonly body: string;
  /** The how-many-eth connection it came on, from 1. */
  readonly connection: number;
  readonly atMs: number;
}

export interface ScriptedHttp {
  readonly url: string;
  readonly seen: readonly SeenRequest[];
  /** Connections open now. */
  openConnections(): number;
  close(): Promise<void>;
}

export type Script = (request: SeenRequest, response: ServerResponse) => void;

export async function scriptedHttp(script: Script): Promise<ScriptedHttp> {
  const seen: SeenRequest[] = [];
  const sockets = new Set<Socket>();
  const numbers = new WeakMap<Socket, number>();
  let accepted = 0;
  const server = createServer(async (incoming, response) => {
    const body = await wholeBody(incoming);
    if (body === undefined) return;
    const request = seenRequest(incoming, body, numbers.get(incoming.socket) ?? 0);
    seen.push(request);
    script(request, response);
  });
  server.on('connection', (socket) => {
    accepted += 1;
    numbers.set(socket, accepted);
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/mcp`,
    seen,
    openConnections: () => sockets.size,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Undefined when the client went away before it had sent it. */
async function wholeBody(incoming: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
  } catch {
    return undefined;
  }
  return Buffer.concat(chunks).toString();
}

function seenRequest(incoming: IncomingMessage, body: string, connection: number): SeenRequest {
  return {
    method: incoming.method ?? '',
    url: incoming.url ?? '',
    headers: incoming.headers,
    rawHeaders: incoming.rawHeaders,
    body,
    connection,
    atMs: performance.now(),
  };
}
