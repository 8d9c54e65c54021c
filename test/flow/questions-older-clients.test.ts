/*
 * Older clients that a newer server asks, as they are: behind an aggregate and on a pipe, on programs of the official SDK, and
 * when they leave, cancel or lose patience in the middle of a question.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import {
  CreateMessageRequestSchema,
  ElicitRequestSchema,
  ListRootsRequestSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { at, resultOf } from '../rig/json-rpc.ts';
import { LineClient } from '../rig/line-client.ts';
import { textOf } from '../rig/raw-client.ts';
import { MODERN, type Revision } from '../rig/scripted-script.ts';
import { startScripted } from '../rig/scripted-upstream.ts';
import { openStage, placeOf, type Scripted } from './stage.ts';

const up: Record<string, Scripted> = {
  'http-new': await startScripted({ revision: MODERN, transport: 'http' }),
  'pipe-new': await startScripted({ revision: MODERN, transport: 'stdio' }),
};
const fixture = fileURLToPath(new URL('../fixture/main.ts', import.meta.url));
const sdk = { command: process.execPath, args: [fixture, '--stdio', '--era', 'modern'] };
const stage = await openStage(up, { others: { sdk } });
after(() => stage.close());

const ABLE = { elicitation: {}, sampling: {}, roots: {} };
const form = { method: 'elicitation/create', params: { message: 'Who?', requestedSchema: { type: 'object' } } };
const roots = { method: 'roots/list' };
const asking = (...rounds: object[]) => ({ name: 'interview', arguments: { rounds } });

for (const server of ['http-new', 'pipe-new']) {
  describe(`a client in the middle of a question of ${server}`, () => {
    it('reads resources in it by the names of its endpoint, and the server reads its own', async () => {
      const client = await stage.legacy('', { capabilities: ABLE });
      const link = (uri: string) => ({ type: 'resource_link', uri, name: 'l' });
      const uri = `${server}+scripted://text`;
      const call = { name: `${server}__sample`, arguments: { content: link('scripted://text') } };
      const reply = await client.callAnswering('tools/call', call, () => ({ role: 'assistant', content: link(uri) }));
      assert.equal(at(reply.interim[0]?.params, 'messages', 0, 'content', 'uri'), uri);
      const { answered, stateKept } = JSON.parse(String(textOf(reply.answer)));
      assert.deepEqual([answered.content, stateKept], [link('scripted://text'), true]);
    });

    for (const [method, params] of [
      ['prompts/get', { name: 'plain' }],
      ['resources/read', { uri: 'scripted://text' }],
    ] as const) {
      it(`is asked during ${method} as well`, async () => {
        const client = await stage.legacy(server, { capabilities: ABLE });
        const answer = { resultType: 'input_required', inputRequests: { r: roots }, requestState: `for ${method}` };
        await up[server]?.set(method, { answer, times: 1 });
        const reply = await client.callAnswering(method, params, () => ({ roots: [] }));
        assert.deepEqual([reply.interim.length, reply.answer?.error], [1, undefined]);
        const again = await up[server]?.received.until(({ body }) => body.includes(`"for ${method}"`));
        assert.deepEqual(at(again?.message, 'params', 'inputResponses'), { r: { roots: [] } });
      });
    }

    it('may leave: its call ends, and the next of it is a call like any other', async () => {
      const client = await stage.legacy(server, { capabilities: ABLE });
      const stream = await client.start('tools/call', asking({ asks: { gone: form } }));
      const { id } = await stream.until(({ method }) => method === form.method);
      stream.abort();
      assert.equal((await client.answer(id, { action: 'accept' })).status, 202);
      assert.equal(textOf((await client.call('tools/call', { name: 'echo' })).answer), '{}');
      assert.ok(!up[server]?.received.all.some(({ body }) => body.includes('"inputResponses":{"gone"')));
      await client.delete();
    });

    it('may cancel: the question is withdrawn, and the server is not called again', async () => {
      const client = await stage.legacy(server, { capabilities: ABLE });
      const stream = await client.start('tools/call', asking({ asks: { never: form } }), { id: 'mine' });
      const { id } = await stream.until(({ method }) => method === form.method);
      await client.notify('notifications/cancelled', { requestId: 'mine' });
      await stream.ended;
      const withdrawn = stream.messages.find(({ method }) => method === 'notifications/cancelled');
      assert.equal(at(withdrawn?.params, 'requestId'), id);
      assert.ok(!up[server]?.received.all.some(({ body }) => body.includes('"inputResponses":{"never"')));
    });

    it('can still be pinged and ping', async () => {
      const client = await stage.legacy(server, { capabilities: ABLE });
      const stream = await client.start('tools/call', asking({ asks: { q: form } }));
      const { id } = await stream.until(({ method }) => method === form.method);
      assert.deepEqual((await client.call('ping')).answer?.result, {});
      await client.answer(id, { action: 'accept' });
      await stream.ended;
      assert.equal(textOf(stream.messages.at(-1)), '{"responses":{"q":{"action":"accept"}}}');
    });
  });
}

describe('a client on a pipe of its own gateway', () => {
  const folder = mkdtempSync(join(tmpdir(), 'gatewright-asked-'));
  after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'gatewright.json');
  const servers = Object.fromEntries(Object.entries(up).map(([name, server]) => [name, placeOf(server)]));
  writeFileSync(file, JSON.stringify({ servers }));

  for (const revision of ['2025-06-18', '2025-11-25'] as const satisfies readonly Revision[]) {
    it(`is asked in ${revision} by servers on a pipe and over HTTP`, async () => {
      const client = new LineClient(['--config', file, '--data-dir', join(folder, revision)]);
      await client.initialize(revision, ABLE);
      const answered = new Set<unknown>();
      for (const server of Object.keys(up)) {
        const call = asking({ asks: { f: form, r: roots }, keeps: true }, { keeps: true });
        const id = client.start('tools/call', { ...call, name: `${server}__interview` });
        const isNew = (method: string) => client.until((said) => said.method === method && !answered.has(said.id));
        for (const { method } of [form, roots]) {
          const question = await isNew(method);
          answered.add(question.id);
          client.send(resultOf(question.id, { said: method }));
        }
        const last = JSON.parse(String(textOf(await client.answer(id))));
        assert.deepEqual(last, { state: 'round 2' });
      }
      assert.equal(await client.end(), 0);
      assert.deepEqual(client.rubbish, []);
    });
  }
});

describe('a client of the official SDK, version 1, and a server of version 2 that is newer alone', async () => {
  const client = new Client(
    { name: 'sdk-older', version: '1.0.0' },
    { capabilities: { ...ABLE, elicitation: { form: {} } } },
  );
  client.setRequestHandler(ElicitRequestSchema, ({ params }) => {
    const { properties } = (params as { requestedSchema: { properties: Record<string, { type: string }> } })
      .requestedSchema;
    const filled = Object.entries(properties).map(([name, { type }]) => [name, type === 'boolean' ? true : 'Ada']);
    return { action: 'accept', content: Object.fromEntries(filled) };
  });
  client.setRequestHandler(
    CreateMessageRequestSchema,
    () =>
      ({
        ...{ role: 'assistant', model: 'm', content: { type: 'text', text: 'Paris' } },
      }) as const,
  );
  client.setRequestHandler(ListRootsRequestSchema, () => ({ roots: [{ uri: 'file:///a', name: 'A' }] }));
  await client.connect(new StreamableHTTPClientTransport(new URL(stage.url('sdk'))) as Transport);
  after(() => client.close());
  const call = async (name: string) => {
    const { content, isError } = await client.callTool({ name });
    return `${isError ? 'failed: ' : ''}${at(content, 0, 'text')}`;
  };

  for (const [tool, expected] of [
    ['elicitation', /^Hello, Ada!$/],
    ['sampling', /Paris/],
    ['list_roots', /file:\/\/\/a/],
    ['request_state', /^state-ok$/],
    ['multiple_inputs', /^All three were answered$/],
    ['multi_round', /^Both rounds done: Ada$/],
    ['capabilities', /^Answered$/],
  ] as const) {
    it(`understand each other about ${tool.replaceAll('_', ' ')}`, async () => {
      assert.match(await call(`test_input_required_result_${tool}`), expected);
    });
  }

  it('and where the client lacks what the server needs, the client is told in plain words', async () => {
    const mute = new Client({ name: 'sdk-mute', version: '1.0.0' });
    await mute.connect(new StreamableHTTPClientTransport(new URL(stage.url('sdk'))) as Transport);
    const { content, isError } = await mute.callTool({ name: 'test_missing_capability' });
    assert.equal(isError, true);
    assert.match(String(at(content, 0, 'text')), /needs sampling of the client/);
    await mute.close();
  });
});
