/*
 * Any number of MCP servers on one port, by path, each with as many tools as it is told: revision 2025-11-25 without
 * sessions. Plain JavaScript in a process of its own, so that it costs the gateway under test as little as it can.
 *
 *   fleet-server.js TOOLS CALL_MS     says {"port":…} once it listens; /anything is a server of that name
 */
import { createServer } from 'node:http';

const [tools = 1, callMs = 0] = process.argv.slice(2).map(Number);

const results = {
  initialize: (name) => ({
    protocolVersion: '2025-11-25',
    capabilities: { tools: {} },
    serverInfo: { name, version: '1' },
  }),
  ping: () => ({}),
  'tools/list': (name) => ({
    tools: Array.from({ length: tools }, (_, n) => ({
      name: `tool-${n}`,
      description: `Tool ${n} of ${name} answers what it was asked, and nothing else.`,
      inputSchema: { type: 'object', properties: { text: { type: 'string' } } },
    })),
  }),
  'tools/call': (name, params) => ({ content: [{ type: 'text', text: `${name} ${params.name}` }] }),
};

function answer(name, message) {
  if (message.id === undefined) return undefined;
  const result = results[message.method]?.(name, message.params);
  const said = result ? { result } : { error: { code: -32601, message: 'Method not found' } };
  return JSON.stringify({ jsonrpc: '2.0', id: message.id, ...said });
}

const server = createServer((request, response) => {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    if (request.method !== 'POST') return response.writeHead(405).end();
    const message = JSON.parse(Buffer.concat(chunks).toString());
    const body = answer((request.url ?? '/').slice(1), message);
    const send = () =>
      response.writeHead(body === undefined ? 202 : 200, { 'content-type': 'application/json' }).end(body);
    if (message.method === 'tools/call' && callMs > 0) setTimeout(send, callMs);
    else send();
  });
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => process.stdout.write(`${JSON.stringify({ port: server.address().port })}\n`));
// Whoever started it is gone when its stdin is.
process.stdin.on('end', () => process.exit(0)).resume();
