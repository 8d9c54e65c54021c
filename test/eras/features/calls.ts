/*
 * Calls of tools, and what goes with them.
 */
import assert from 'node:assert/strict';
import { at } from '../../rig/json-rpc.ts';
import { type Feature, textOf } from '../feature.ts';
import { BIG, VENDOR } from '../servers/names.ts';

const group = 'calls';
const TRACE = {
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  tracestate: 'vendor=1',
  baggage: 'user=ada',
};

export const CALLS: readonly Feature[] = [
  {
    name: 'call',
    says: 'a tool is called and answers in text',
    group,
    run: async (cell) => {
      const mark = cell.mark();
      assert.equal(await cell.said('plain', { word: mark }), `you said ${mark}`);
    },
  },
  {
    name: 'structured',
    says: 'structured content is kept',
    group,
    run: async (cell) => {
      const { result, error } = await cell.tool('figures');
      assert.equal(error?.message, undefined);
      assert.deepEqual(result.structuredContent, { big: Number(BIG), small: 7 });
    },
  },
  {
    name: 'big-integers',
    says: 'an integer that no double holds keeps every digit',
    group,
    drivers: ['raw'],
    run: async (cell) => {
      const { text } = await cell.tool('figures');
      assert.ok(text.includes(BIG), text);
    },
  },
  {
    name: 'structured-value',
    says: 'structured content that is no object reaches older clients in one, under `result`, as its schema says',
    group,
    run: async (cell) => {
      await cell.it.call('tools/list');
      const { result, error } = await cell.tool('row');
      assert.equal(error?.message, undefined);
      assert.deepEqual(result.structuredContent, cell.client.modern ? [1, 2, 3] : { result: [1, 2, 3] });
      assert.equal(textOf(result), '[1,2,3]');
    },
  },
  {
    name: 'structured-value-text',
    says: 'a tool whose structured content the client cannot read still answers in text',
    group,
    run: async (cell) => {
      const { result, error } = await cell.tool(cell.server.modern ? 'row' : 'plain', { word: 'x' });
      assert.equal(error?.message, undefined);
      assert.equal(textOf(result), cell.server.modern ? '[1,2,3]' : 'you said x');
    },
  },
  {
    name: 'tool-failure',
    says: 'a tool that fails says so in its result',
    group,
    run: async (cell) => {
      const { result, error } = await cell.tool('fails');
      assert.equal(error?.message, undefined);
      assert.deepEqual([result.isError, textOf(result)], [true, 'It failed.']);
    },
  },
  {
    name: 'unknown-tool',
    says: 'an unknown tool is a JSON-RPC error',
    group,
    run: async (cell) => {
      const { error } = await cell.tool('no-such-tool');
      assert.equal(error?.code, -32602, error?.message ?? 'no error');
    },
  },
  {
    name: 'headers',
    says: 'an argument that the schema marks for a header reaches newer HTTP servers in it',
    group,
    run: async (cell) => {
      await cell.it.call('tools/list');
      const mirrored = cell.client.modern && cell.client.via === 'http';
      const headers = mirrored ? { 'mcp-param-region': 'eu-west' } : {};
      assert.equal(await cell.said('region', { region: 'eu-west' }, { headers }), 'in eu-west');
    },
  },
  {
    name: 'meta',
    says: 'what vendors and traces put into `_meta` reaches the server, and what it adds comes back',
    group,
    run: async (cell) => {
      const meta = { ...TRACE, [VENDOR]: { from: 'client' } };
      const { result, error } = await cell.tool('meta', {}, { meta });
      assert.equal(error?.message, undefined);
      const seen = JSON.parse(textOf(result));
      for (const [key, value] of Object.entries(meta)) assert.deepEqual(seen[key], value, key);
      assert.deepEqual(at(result, '_meta', VENDOR), { from: 'server' });
    },
  },
  {
    name: 'result-fields',
    says: 'a field of a result that no revision knows is kept',
    group,
    drivers: ['raw'],
    run: async (cell) => {
      const { result } = await cell.tool('meta');
      assert.deepEqual(result.vendorField, { kept: true });
    },
  },
  {
    name: 'own-envelope',
    says: 'what a newer request says of itself stays between client and gateway where the server is older',
    group,
    run: async (cell) => {
      const seen = JSON.parse(await cell.said('meta'));
      const reserved = Object.keys(seen).filter((key) => key.startsWith('io.modelcontextprotocol/'));
      if (!cell.server.modern) assert.deepEqual(reserved, []);
    },
  },
];
