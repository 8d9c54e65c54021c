import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clientSnippet, serverLine } from './announce.ts';

const READY = {
  name: 'a',
  transport: 'stdio',
  state: 'ready',
  revision: '2025-11-25',
  tools: 1,
  prompts: 0,
  resources: 0,
} as const;

const rows: { name: string; status: Parameters<typeof serverLine>[0]; want: string }[] = [
  { name: 'a ready server shows revision and tools', status: READY, want: 'a    ready     2025-11-25  1 tool' },
  {
    name: 'prompts and resources are shown when there are some',
    status: { ...READY, tools: 0, prompts: 1, resources: 2 },
    want: 'a    ready     2025-11-25  0 tools, 1 prompt, 2 resources',
  },
  {
    name: 'a server that is down shows its reason',
    status: { ...READY, state: 'down', reason: 'connect ECONNREFUSED' },
    want: 'a    down      connect ECONNREFUSED',
  },
  {
    name: 'what a server says cannot move the cursor',
    status: { ...READY, state: 'down', reason: '\u001b[2J\nall ready' },
    want: 'a    down      \\u{1b}[2J\\u{a}all ready',
  },
  {
    name: 'not even its revision can',
    status: { ...READY, revision: '\u001b]0;x\u0007' },
    want: 'a    ready     \\u{1b}]0;x\\u{7}  1 tool',
  },
];

for (const { name, status, want } of rows) test(name, () => assert.equal(serverLine(status, 3), want));

test('the snippet is what clients read', () => {
  assert.deepEqual(JSON.parse(clientSnippet('http://127.0.0.1:9000', false)), {
    mcpServers: { gatewright: { type: 'http', url: 'http://127.0.0.1:9000/mcp' } },
  });
});

test('the snippet has a place for the token when one is needed', () => {
  assert.deepEqual(JSON.parse(clientSnippet('https://gate.example/', true)), {
    mcpServers: {
      gatewright: { type: 'http', url: 'https://gate.example/mcp', headers: { Authorization: 'Bearer YOUR_TOKEN' } },
    },
  });
});
