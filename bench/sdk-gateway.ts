/*
 * A gateway as one would write it with the official TypeScript SDK: a server of it in front, a client of it behind.
 *
 * Legacy: one `Server` with a session transport and one `Client` per session. Modern: `createMcpHandler`, which makes a
 * `Server` per request, and one shared `Client`. The tool keeps its name, no list is kept, nothing is validated beyond
 * what the SDK does by itself.
 *
 *   node sdk-gateway.ts <upstream origin>
 */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { NodeStreamableHTTPServerTransport, toNodeHandler } from '@modelcontextprotocol/node';
import { createMcpHandler, Server } from '@modelcontextprotocol/server';

const UPSTREAM = process.argv[2] ?? '';
const INFO = { name: 'sdk-gateway', version: '1.0.0' };

async function connected(path: string, mode: 'legacy' | { pin: string }): Promise<Client> {
  const client = new Client(INFO, { versionNegotiation: { mode } });
  await client.connect(new StreamableHTTPClientTransport(new URL(path, UPSTREAM)));
  return client;
}

function serverFor(client: Client): Server {
  const server = new Server(INFO, { capabilities: { tools: {} } });
  server.setRequestHandler('tools/list', () => client.listTools());
  server.setRequestHandler('tools/call', (request) => client.callTool(request.params));
  return server;
}

const transports = new Map<string, NodeStreamableHTTPServerTransport>();

async function newSession(path: string): Promise<NodeStreamableHTTPServerTransport> {
  const client = await connected(path, 'legacy');
  const transport = new NodeStreamableHTTPServerTransport({
    sessionIdGenerator: randomUUID,
    enableJsonResponse: path.endsWith('/json'),
    onsessioninitialized: (id) => {
      transports.set(id, transport);
    },
    onsessionclosed: (id) => {
      transports.delete(id);
      void client.close();
    },
  });
  await serverFor(client).connect(transport);
  return transport;
}

async function serveLegacy(request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
  const id = request.headers['mcp-session-id'];
  const transport = typeof id === 'string' ? transports.get(id) : await newSession(path);
  if (transport) await transport.handleRequest(request, response);
  else response.writeHead(404).end();
}

type Handler = ReturnType<typeof toNodeHandler>;

async function modernHandler(path: string): Promise<Handler> {
  const client = await connected(path, { pin: '2026-07-28' });
  const responseMode = path.endsWith('/sse') ? 'sse' : 'auto';
  return toNodeHandler(createMcpHandler(() => serverFor(client), { responseMode, legacy: 'reject' }));
}

const MODERN_PATHS = ['/modern/json', '/modern/sse'];
const modern = new Map<string, Handler>();
for (const path of MODERN_PATHS) modern.set(path, await modernHandler(path));

const server = createServer((request, response) => {
  const path = request.url ?? '/';
  const handler = modern.get(path);
  // `IncomingMessage.url` is `string | undefined` where the SDK's own shape says `url?: string`.
  const served = handler ? handler(request as Parameters<Handler>[0], response) : serveLegacy(request, response, path);
  served.catch((error: unknown) => response.destroy(error instanceof Error ? error : undefined));
});

server.keepAliveTimeout = 120_000;
server.listen(0, '127.0.0.1', 1024, () => {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no TCP address');
  console.log(JSON.stringify({ event: 'listening', url: `http://127.0.0.1:${address.port}` }));
});
process.once('SIGTERM', () => process.exit(0));
