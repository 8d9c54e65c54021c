/*
 * The yardstick: the least that a gateway on `node:http` and undici can do and still rename a tool.
 *
 * It parses the request, strips the prefix of the tool's name, writes the message anew, sends it to the one upstream and
 * passes the answer's bytes back. No checks, no limits, no sessions of its own, nobody asked who they are. What
 * Gatewright costs above this is the price of being a gateway.
 *
 *   node bare-proxy.ts <upstream origin>
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type Dispatcher, Pool } from 'undici';

const SEPARATOR = '__';
const CARRIED = ['content-type', 'accept', 'mcp-session-id', 'mcp-protocol-version', 'mcp-method'];
const RETURNED = ['content-type', 'content-length', 'mcp-session-id'];

const pool = new Pool(process.argv[2] ?? '', { connections: 512 });

function ownName(name: string): string {
  const at = name.indexOf(SEPARATOR);
  return at < 0 ? name : name.slice(at + SEPARATOR.length);
}

function renamed(body: Buffer): string {
  const message = JSON.parse(body.toString()) as { params?: { name?: string } };
  if (message.params?.name !== undefined) message.params.name = ownName(message.params.name);
  return JSON.stringify(message);
}

function carriedFields(request: IncomingMessage): string[] {
  const fields: string[] = [];
  for (const name of CARRIED) {
    const value = request.headers[name];
    if (typeof value === 'string') fields.push(name, value);
  }
  const toolName = request.headers['mcp-name'];
  if (typeof toolName === 'string') fields.push('mcp-name', ownName(toolName));
  return fields;
}

/** Passes the answer on as it comes; one that is there whole goes out in one write. */
class PassBack implements Dispatcher.DispatchHandler {
  readonly #response: ServerResponse;
  #bytesLeft = -1;

  constructor(response: ServerResponse) {
    this.#response = response;
  }

  onRequestStart(): void {}

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: Record<string, unknown>): void {
    const fields: string[] = [];
    for (const name of RETURNED) {
      const value = headers[name];
      if (typeof value === 'string') fields.push(name, value);
    }
    const length = headers['content-length'];
    if (typeof length === 'string') this.#bytesLeft = Number(length);
    this.#response.writeHead(status, fields);
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#bytesLeft -= chunk.length;
    if (this.#bytesLeft === 0) this.#response.end(chunk);
    else this.#response.write(chunk);
  }

  onResponseEnd(): void {
    if (!this.#response.writableEnded) this.#response.end();
  }

  onResponseError(): void {
    if (!this.#response.headersSent) this.#response.writeHead(502);
    this.#response.end();
  }
}

function forward(request: IncomingMessage, response: ServerResponse, body: Buffer): void {
  const handler = new PassBack(response);
  const method = (request.method ?? 'POST') as Dispatcher.HttpMethod;
  const options = { path: request.url ?? '/', method, headers: carriedFields(request) };
  pool.dispatch(body.length > 0 ? { ...options, body: renamed(body) } : options, handler);
}

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const only = chunks[0];
    forward(request, response, chunks.length === 1 && only ? only : Buffer.concat(chunks));
  });
});

server.keepAliveTimeout = 120_000;
server.listen(0, '127.0.0.1', 1024, () => {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no TCP address');
  console.log(JSON.stringify({ event: 'listening', url: `http://127.0.0.1:${address.port}` }));
});
process.once('SIGTERM', () => process.exit(0));
