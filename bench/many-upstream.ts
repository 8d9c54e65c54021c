/*
 * A hundred MCP servers in one process, each with its own path and a hundred tools of about a kilobyte.
 *
 * They speak 2025-06-18 without sessions. `POST /change/7` makes the seventh list one tool more than before.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

const TOOLS = 100;
const added = new Map<string, number>();

function tool(server: string, name: string): object {
  const properties = { path: { type: 'string', description: 'Where it is.' }, depth: { type: 'integer', minimum: 0 } };
  const description = `Does what ${name} of ${server} does. `.padEnd(
    700,
    'And a little more is said about that here. ',
  );
  return { name, title: name, description, inputSchema: { type: 'object', properties, required: ['path'] } };
}

function toolsOf(server: string): object[] {
  const count = TOOLS + (added.get(server) ?? 0);
  return Array.from({ length: count }, (_, at) => tool(server, `tool_${at}`));
}

function resultOf(method: string, server: string): object | undefined {
  if (method === 'tools/list') return { tools: toolsOf(server) };
  if (method !== 'initialize') return undefined;
  const serverInfo = { name: server, version: '1' };
  return { protocolVersion: '2025-06-18', capabilities: { tools: {} }, serverInfo };
}

function answer(request: IncomingMessage, response: ServerResponse, body: string): void {
  const [, first = '', second = ''] = (request.url ?? '').split('/');
  if (first === 'change') {
    added.set(second, (added.get(second) ?? 0) + 1);
    response.end();
    return;
  }
  const message = request.method === 'POST' ? (JSON.parse(body) as { id?: unknown; method: string }) : undefined;
  if (message?.id === undefined) {
    response.writeHead(message ? 202 : 405).end();
    return;
  }
  const result = resultOf(message.method, first);
  response.writeHead(200, { 'content-type': 'application/json' });
  const said = result ? { result } : { error: { code: -32601, message: 'unknown' } };
  response.end(JSON.stringify({ jsonrpc: '2.0', id: message.id, ...said }));
}

const server = createServer((request, response) => {
  let body = '';
  request.setEncoding('utf8');
  request.on('data', (chunk: string) => {
    body += chunk;
  });
  request.on('end', () => answer(request, response, body));
});
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  process.stdout.write(`${JSON.stringify({ url: `http://127.0.0.1:${port}` })}\n`);
});
