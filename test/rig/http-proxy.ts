/*
 * A forward proxy (RFC 9110 §3.7): tunnels by CONNECT, passes on requests for http, and keeps what it was asked.
 *
 * It reaches every name on this machine, as a proxy in front of another network reaches names that nobody else knows.
 */
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { createServer as createSecure, type ServerOptions } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';

export interface HttpProxyRig {
  /** With scheme, without a path. */
  readonly url: string;
  /** `CONNECT host:port` and `METHOD url`, in order of arrival. */
  readonly asked: readonly string[];
  /** `proxy-authorization` of each of them. */
  readonly credentials: readonly (string | undefined)[];
  close(): Promise<void>;
}

export interface HttpProxyWish {
  /** Answers every CONNECT with this instead. */
  readonly refuses?: number;
  /** Takes a CONNECT and never answers. */
  readonly silent?: boolean;
  /** It speaks TLS itself. */
  readonly tls?: ServerOptions;
}

export async function startHttpProxy({ refuses, silent, tls }: HttpProxyWish = {}): Promise<HttpProxyRig> {
  const asked: string[] = [];
  const credentials: (string | undefined)[] = [];
  const sockets = new Set<Socket>();
  const note = ({ method, url, headers }: IncomingMessage) => {
    asked.push(`${method} ${url}`);
    credentials.push(headers['proxy-authorization']);
  };
  const server = tls ? createSecure(tls) : createServer();
  server.on('connection', (socket: Socket) => sockets.add(socket.on('error', () => {})));
  server.on('request', (message: IncomingMessage, response: ServerResponse) => {
    note(message);
    passOn(message, response);
  });
  server.on('connect', (message: IncomingMessage, socket: Socket) => {
    note(message);
    if (silent) return;
    if (refuses === undefined) sockets.add(tunnel(message, socket));
    else socket.end(`HTTP/1.1 ${refuses} No\r\ncontent-length: 0\r\n\r\n`);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `${tls ? 'https' : 'http'}://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const close = async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  };
  return { url, asked, credentials, close };
}

function tunnel(message: IncomingMessage, socket: Socket): Socket {
  const port = Number(message.url?.split(':').at(-1));
  const target = connect(port, '127.0.0.1', () => socket.write('HTTP/1.1 200 Connection established\r\n\r\n'));
  target.on('error', () => socket.destroy()).pipe(socket);
  socket.on('error', () => target.destroy()).pipe(target);
  return target;
}

function passOn(message: IncomingMessage, response: ServerResponse): void {
  const { port, pathname, search } = new URL(message.url ?? '');
  const { 'proxy-authorization': _, ...headers } = message.headers;
  const way = { host: '127.0.0.1', port: port || 80, method: message.method, path: pathname + search, headers };
  const onward = request(way, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  onward.on('error', () => response.destroy());
  message.pipe(onward);
}
