/*
 * The scripted server over HTTP and the hand-written clients, held against each other, well behaved and not.
 */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { at, type RpcMessage } from './json-rpc.ts';
import { legacyClient, modernClient, textOf } from './raw-client.ts';
import { headerOf } from './received.ts';
import { TOOLS } from './scripted-content.ts';
import type { Behaviour, Revision, ScriptOptions } from './scripted-script.ts';
import { type ScriptedHttpUpstream, startScripted } from './scripted-upstream.ts';
import { sseClient } from './sse-client.ts';

const LEGACY: readonly Revision[] = ['2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05'];

async function start(t: TestContext, options: ScriptOptions): Promise<ScriptedHttpUpstream> {
  const up = await startScripted({ transport: 'http', ...options });
  t.after(() => up.close());
  return up;
}

async function legacy(t: TestContext, options: Partial<ScriptOptions> = {}, capabilities = {}) {
  const up = await start(t, { revision: '2025-11-25', ...options });
  const client = legacyClient(up.url, options.revision ?? '2025-11-25', {
    capabilities,
  });
  t.after(() => client.close());
  return { up, client };
}

async function modern(t: TestContext, options: Partial<ScriptOptions> = {}) {
  const up = await start(t, { revision: '2026-07-28', ...options });
  const client = modernClient(up.url, { capabilities: { elicitation: {} } });
  t.after(() => client.close());
  return { up, client };
}

const echo = { name: 'echo', arguments: { text: 'ä' } };

describe('a scripted legacy server over HTTP', () => {
  for (const revision of LEGACY) {
    it(`${revision}: shakes hands, lists, answers a call, ends its session`, async (t) => {
      const { up, client } = await legacy(t, { revision });
      const opened = await client.initialize();
      assert.equal(at(opened.answer, 'result', 'protocolVersion'), revision);
      assert.ok(client.sessionId);
      assert.equal(textOf((await client.call('tools/call', echo)).answer), '{"text":"ä"}');
      assert.equal((await client.delete()).status, 200);
      assert.equal((await client.call('tools/list')).status, 404);
      assert.equal(up.sessionCount, 0);
    });
  }

  it('refuses a request without a session, and what a modern client sends', async (t) => {
    const { up, client } = await legacy(t);
    assert.equal((await client.call('tools/list')).status, 400);
    const stranger = modernClient(up.url);
    t.after(() => stranger.close());
    assert.equal((await stranger.call('server/discover')).status, 400);
  });

  it('asks on the stream of the call and goes on with what is posted', async (t) => {
    const { client } = await legacy(t, {}, { elicitation: {} });
    await client.initialize();
    const asked: RpcMessage[] = [];
    const reply = await client.callAnswering('tools/call', { name: 'ask' }, (question) => {
      asked.push(question);
      return { action: 'accept', content: { answer: 'me' } };
    });
    assert.equal(asked[0]?.method, 'elicitation/create');
    assert.equal(textOf(reply.answer), '{"answered":{"action":"accept","content":{"answer":"me"}}}');
  });

  it('tells of changes on the GET stream, and of a resource only when it was subscribed', async (t) => {
    const { up, client } = await legacy(t);
    await client.initialize();
    const stream = await client.listen();
    await up.resourceUpdated('scripted://changing');
    await client.call('resources/subscribe', { uri: 'scripted://changing' });
    await up.resourceUpdated('scripted://changing');
    await client.call('tools/call', { name: 'change' });
    await stream.until((message) => message.method === 'notifications/tools/list_changed');
    assert.deepEqual(
      stream.messages.map((message) => message.method),
      ['notifications/resources/updated', 'notifications/tools/list_changed'],
    );
  });

  it('gives lists in pages when it is told to', async (t) => {
    const { client } = await legacy(t, { pageSize: 5 });
    await client.initialize();
    const names: unknown[] = [];
    let cursor: unknown;
    do {
      const { answer } = await client.call('tools/list', cursor === undefined ? {} : { cursor });
      names.push(...((at(answer, 'result', 'tools') as RpcMessage[] | undefined) ?? []).map((tool) => tool.name));
      cursor = at(answer, 'result', 'nextCursor');
    } while (cursor !== undefined);
    assert.equal(new Set(names).size, TOOLS.length);
    assert.equal(at((await client.call('tools/list', { cursor: 'made up' })).answer, 'error', 'code'), -32602);
  });

  it('takes batches in the one revision that has them', async (t) => {
    const batch = [
      { jsonrpc: '2.0', id: 1, method: 'ping' },
      { jsonrpc: '2.0', id: 2, method: 'ping' },
    ];
    for (const [revision, status] of [['2025-03-26', 200] as const, ['2025-06-18', 400] as const]) {
      const { client } = await legacy(t, { revision });
      await client.initialize();
      assert.equal((await client.post(batch)).status, status, revision);
    }
  });

  it('HTTP+SSE: names its address, answers on the stream', async (t) => {
    const up = await startScripted({ revision: '2024-11-05', transport: 'sse' });
    t.after(() => up.close());
    const client = sseClient(up.url);
    t.after(() => client.close());
    assert.equal(at(await client.initialize(), 'result', 'protocolVersion'), '2024-11-05');
    assert.equal(textOf(await client.call('tools/call', echo)), '{"text":"ä"}');
  });
});

describe('a scripted modern server over HTTP', () => {
  it('answers discover, lists and calls, every result complete', async (t) => {
    const { client } = await modern(t);
    const discovered = (await client.call('server/discover')).answer;
    assert.deepEqual(at(discovered, 'result', 'supportedVersions'), ['2026-07-28']);
    const listed = (await client.call('tools/list')).answer;
    assert.deepEqual([at(listed, 'result', 'resultType'), at(listed, 'result', 'ttlMs')], ['complete', 0]);
    assert.equal(textOf((await client.call('tools/call', echo)).answer), '{"text":"ä"}');
  });

  it('insists on headers that match, on its revision, and on POST', async (t) => {
    const { up, client } = await modern(t);
    const lying = await client.call('tools/call', echo, { headers: { 'mcp-name': 'other' } });
    assert.deepEqual([lying.status, at(lying.answer, 'error', 'code')], [400, -32020]);
    const old = legacyClient(up.url, '2025-11-25');
    t.after(() => old.close());
    const opened = await old.call('initialize', { protocolVersion: '2025-11-25' });
    assert.deepEqual([opened.status, at(opened.answer, 'error', 'code')], [400, -32022]);
    assert.equal((await old.listen()).status, 405);
    assert.equal((await client.call('no/such')).status, 404);
  });

  it('reports progress with the token it was given, and logs only when asked', async (t) => {
    const { client } = await modern(t);
    const progress = await client.call(
      'tools/call',
      { name: 'progress', arguments: { steps: 2 } },
      { meta: { progressToken: 'p' } },
    );
    assert.deepEqual(
      progress.interim.map((message) => [at(message, 'params', 'progressToken'), at(message, 'params', 'progress')]),
      [
        ['p', 1],
        ['p', 2],
      ],
    );
    assert.equal((await client.call('tools/call', { name: 'log' })).interim.length, 0);
    const meta = { 'io.modelcontextprotocol/logLevel': 'info' };
    assert.equal((await client.call('tools/call', { name: 'log' }, { meta })).interim.length, 1);
  });

  it('asks with input_required and goes on with the retry', async (t) => {
    const { client } = await modern(t);
    const first = (await client.call('tools/call', { name: 'ask' })).answer;
    assert.equal(at(first, 'result', 'resultType'), 'input_required');
    const retry = {
      name: 'ask',
      inputResponses: { question: { action: 'decline' } },
      requestState: at(first, 'result', 'requestState'),
    };
    const second = (await client.call('tools/call', retry)).answer;
    assert.equal(textOf(second), '{"answered":{"action":"decline"},"stateKept":true}');
  });

  it('tells listeners what they opted in to, stamped with their id', async (t) => {
    const { up, client } = await modern(t);
    const stream = await client.listen(
      { toolsListChanged: true, resourceSubscriptions: ['scripted://text'] },
      { id: 'L' },
    );
    await up.listChanged('prompts');
    await up.resourceUpdated('scripted://text');
    await up.listChanged('tools');
    const last = await stream.until((message) => message.method === 'notifications/tools/list_changed');
    assert.equal(at(last, 'params', '_meta', 'io.modelcontextprotocol/subscriptionId'), 'L');
    assert.deepEqual(stream.messages.length, 3);
    stream.abort();
    while (up.listenerCount > 0) await new Promise(setImmediate);
  });
});

describe('a scripted server that misbehaves', () => {
  const cut: [string, Behaviour][] = [
    ['truncates its JSON', { truncated: true }],
    ['truncates its stream', { truncated: true, flood: 1 }],
  ];
  for (const [name, behaviour] of cut) {
    it(`${name}, and the client notices`, async (t) => {
      const { up, client } = await modern(t);
      await up.set('tools/call', behaviour);
      await assert.rejects(client.call('tools/call', echo), /cut off|aborted/);
    });
  }

  it('dies, once, and is well again', async (t) => {
    const { up, client } = await modern(t);
    await up.set('tools/call', { die: true, times: 1 });
    await assert.rejects(client.call('tools/call', echo), /hang up|ECONNRESET/);
    assert.equal((await client.call('tools/call', echo)).status, 200);
  });

  it('forgets a session', async (t) => {
    const { up, client } = await legacy(t);
    await client.initialize();
    await up.set('tools/call echo', { forgetSession: true });
    assert.equal((await client.call('tools/call', echo)).status, 404);
    await client.initialize();
    up.forgetSessions();
    assert.equal((await client.call('tools/list')).status, 404);
  });

  it('sends what it is told: HTML, raw bytes, a status, an error, a wrong id, two answers, a flood', async (t) => {
    const { up, client } = await modern(t);
    const replyTo = async (behaviour: Behaviour) => {
      await up.set('tools/call', behaviour);
      return client.call('tools/call', echo);
    };
    assert.match((await replyTo({ html: true })).stream.rawBody, /Bad Gateway/);
    assert.equal((await replyTo({ raw: 'hello', headers: { 'content-type': 'text/plain' } })).stream.rawBody, 'hello');
    assert.equal((await replyTo({ status: 503, headers: { 'retry-after': '1' } })).status, 503);
    assert.equal(at((await replyTo({ error: { code: -5, message: 'no' } })).answer, 'error', 'code'), -5);
    assert.match(String((await replyTo({ wrongId: true })).answer?.id), /^wrong-/);
    assert.equal((await replyTo({ twoAnswers: true })).interim.length, 1);
    assert.equal((await replyTo({ flood: 50 })).interim.length, 50);
    const odd = await replyTo({ sse: [': comment\n\n', { jsonrpc: '2.0', id: 9, result: {} }] });
    assert.deepEqual([odd.stream.comments, odd.answer?.id], [['comment'], 9]);
  });

  it('never stops, never closes, never answers, until the client goes', async (t) => {
    const { up, client } = await modern(t);
    await up.set('tools/call', { endless: true, times: 1 });
    const endless = await client.start('tools/call', echo);
    while (endless.rawBody.length < 100_000) await new Promise(setImmediate);
    await up.set('tools/call', { neverEnd: true, times: 1 });
    const open = await client.start('tools/call', echo);
    await open.until((message) => message.result !== undefined);
    await up.set('tools/call', { hang: true });
    const hanging = client.start('tools/call', echo);
    await up.received.until(() => up.received.of('tools/call').length === 3);
    client.close();
    endless.abort();
    await up.close();
    await assert.rejects(hanging);
  });

  it('remembers every request with its head and body', async (t) => {
    const { up, client } = await modern(t);
    await client.call('tools/call', echo, { headers: { 'X-Own': 'yes' } });
    const [received] = up.received.of('tools/call');
    assert.ok(received);
    assert.equal(headerOf(received, 'x-own'), 'yes');
    assert.equal(at(received.message, 'params', 'arguments', 'text'), 'ä');
  });
});
