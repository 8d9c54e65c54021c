/*
 * What a newer server lists, as older clients can read it: a schema of structured content that is no object stands in one.
 * Clients of the official SDK refuse a whole list in which it does not. What the tools then answer is what was listed.
 */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { at } from '../rig/json-rpc.ts';
import { MODERN } from '../rig/scripted-script.ts';
import { startScripted } from '../rig/scripted-upstream.ts';
import { openStage } from './stage.ts';

const inputSchema = { type: 'object' };
const $defs = { row: { type: 'object', properties: { n: { type: 'integer', maximum: 9 } } } };
const rows = { type: 'array', items: { $ref: '#/$defs/row' } };
const tree = { anyOf: [{ type: 'string' }, { type: 'array', items: { $ref: '#' } }] };
const tools = [
  { name: 'rows', inputSchema, outputSchema: { $defs, ...rows } },
  { name: 'tree', inputSchema, outputSchema: tree },
  { name: 'plain', inputSchema, outputSchema: { type: 'object' } },
];
const OLDER: Readonly<Record<string, unknown>> = {
  rows: { $defs, type: 'object', properties: { result: rows }, required: ['result'] },
  tree: undefined,
  plain: { type: 'object' },
};

/** Tool, what it answers, what an older client reads, and the words that say the same to those who read only words. */
const ANSWERS = [
  ['rows', [{ n: 1 }], { result: [{ n: 1 }] }, '[{"n":1}]'],
  ['tree', 'leaf', { result: 'leaf' }, '"leaf"'],
  ['tree', { odd: true }, { result: { odd: true } }, undefined],
  ['plain', { a: 1 }, { a: 1 }, undefined],
] as const;

describe('tools of a newer server with any kind of output', async () => {
  const up = await startScripted({ revision: MODERN, transport: 'http', tools });
  const stage = await openStage({ up });
  after(() => stage.close());

  for (const [endpoint, prefix] of [
    ['up', ''],
    ['', 'up__'],
  ] as const) {
    it(`are listed to newer clients as the server wrote them, at /mcp/${endpoint}`, async () => {
      const { answer } = await stage.modern(endpoint).call('tools/list');
      const listed = at(answer, 'result', 'tools') as { name: string; outputSchema?: unknown }[];
      for (const { name, outputSchema } of tools) {
        assert.deepEqual(listed.find((tool) => tool.name === prefix + name)?.outputSchema, outputSchema);
      }
    });

    it(`are listed to older clients with an object around it, at /mcp/${endpoint}`, async () => {
      const client = new Client({ name: 'older', version: '1' });
      await client.connect(new StreamableHTTPClientTransport(new URL(stage.url(endpoint))) as Transport);
      const listed = (await client.listTools()).tools;
      for (const [name, expected] of Object.entries(OLDER)) {
        assert.deepEqual(listed.find((tool) => tool.name === prefix + name)?.outputSchema, expected);
      }
      // The client checks each answer against what was listed.
      for (const [name, said, expected, text] of ANSWERS) {
        const answer = { resultType: 'complete', content: [], structuredContent: said };
        await up.set(`tools/call ${name}`, { answer, times: 1 });
        const { structuredContent, content } = await client.callTool({ name: prefix + name });
        assert.deepEqual(structuredContent, expected);
        assert.deepEqual(content, text === undefined ? [] : [{ type: 'text', text }]);
      }
      await client.close();
    });
  }
});
