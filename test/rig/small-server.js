/*
 * The smallest MCP server that behaves: stdio, revision 2025-11-25, as many tools as it is told. Plain JavaScript, so that
 * a hundred of them start in bearable time.
 *
 *   small-server.js NAME TOOLS LOG     LOG gets "NAME start|list MS" lines, milliseconds of the clock
 */
import { appendFileSync } from 'node:fs';

const [name = 'small', tools = '1', log] = process.argv.slice(2);
const note = (what) => log && appendFileSync(log, `${name} ${what} ${Date.now()}\n`);
note('start');

const results = {
  initialize: () => ({
    protocolVersion: '2025-11-25',
    capabilities: { tools: {} },
    serverInfo: { name, version: '1' },
  }),
  'tools/list': () => ({
    tools: Array.from({ length: Number(tools) }, (_, n) => ({
      name: `tool-${n}`,
      description: `Tool ${n} of ${name}: ${'answers what it was asked. '.repeat(8)}`,
      inputSchema: { type: 'object', properties: { text: { type: 'string' }, count: { type: 'integer' } } },
    })),
  }),
  'tools/call': ({ name: tool }) => ({ content: [{ type: 'text', text: `${name} ${tool} ${process.pid}` }] }),
};

function answer(line) {
  const { id, method, params } = JSON.parse(line);
  if (id === undefined) return;
  const result = results[method]?.(params);
  const said = result ? { result } : { error: { code: -32601, message: 'Method not found' } };
  process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', id, ...said })}\n`);
  if (method === 'tools/list') note('list');
}

let pending = '';
process.stdin.on('data', (chunk) => {
  const lines = (pending + chunk).split('\n');
  pending = lines.pop() ?? '';
  lines.filter(Boolean).forEach(answer);
});
process.stdin.on('end', () => process.exit(0));
