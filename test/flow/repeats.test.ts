/*
 * When a call is made once more: never on the gateway's own account once the server may have begun it, and after a loss
 * only where the operator allowed it and the server says that twice is like once.
 */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { at } from '../rig/json-rpc.ts';
import { textOf } from '../rig/raw-client.ts';
import { scriptedHttp } from '../rig/scripted-http.ts';
import { MODERN, type Revision, type ScriptedTool } from '../rig/scripted-script.ts';
import { type ScriptedStdioUpstream, type StartOptions, startScripted } from '../rig/scripted-upstream.ts';
import { failureOf, openStage, type Scripted, type Stage } from './stage.ts';

const tool = (name: string, annotations?: object): ScriptedTool => ({
  name,
  inputSchema: { type: 'object' },
  ...(annotations ? { annotations } : {}),
});
const TOOLS = [
  tool('progress', { readOnlyHint: true }),
  tool('plain'),
  tool('reads', { readOnlyHint: true }),
  tool('sets', { idempotentHint: true }),
  tool('denies', { readOnlyHint: false, idempotentHint: 'true' }),
];

const KINDS: readonly (readonly [StartOptions['transport'], Revision])[] = [
  ['http', '2025-11-25'],
  ['http', MODERN],
  ['sse', '2024-11-05'],
  ['stdio', '2025-11-25'],
  ['stdio', MODERN],
];

interface World {
  readonly stage: Stage;
  readonly up: Scripted;
}

async function world(t: TestContext, kind = KINDS[0], repeatCalls?: string): Promise<World> {
  const [transport, revision] = kind ?? ['http', MODERN];
  const up = await startScripted({ transport, revision, bare: true, tools: TOOLS } as StartOptions & {
    transport: 'http';
  });
  const stage = await openStage({ up }, { config: repeatCalls === undefined ? {} : { defaults: { repeatCalls } } });
  t.after(() => stage.close());
  return { stage, up };
}

const timesCalled = ({ up }: World, name: string) =>
  up.received.of('tools/call').filter(({ message }) => at(message, 'params', 'name') === name).length;

/** A call whose connection is lost when it has arrived; the server is well afterwards. */
async function lostOnce(made: World, name: string) {
  const { stage, up } = made;
  await up.set(`tools/call ${name}`, { hang: true });
  const call = stage.modern('up').call('tools/call', { name, arguments: { n: 1 } });
  await up.received.until(({ message }) => at(message, 'params', 'name') === name);
  await up.set(`tools/call ${name}`, undefined);
  if ('pids' in up) await (up as ScriptedStdioUpstream).exit(1);
  else up.dropConnections();
  return (await call).answer;
}

describe('a call whose connection is lost', { concurrency: 2 }, () => {
  it('fails, whatever the server says of the tool, where nobody allowed more', async (t) => {
    const made = await world(t);
    for (const name of ['plain', 'reads', 'sets']) {
      assert.equal(failureOf(await lostOnce(made, name)), 'upstream_lost', name);
      assert.equal(timesCalled(made, name), 1);
    }
  });

  it('fails where it is allowed, but not by the server', async (t) => {
    const made = await world(t, KINDS[1], 'idempotent');
    for (const name of ['plain', 'denies']) {
      assert.equal(failureOf(await lostOnce(made, name)), 'upstream_lost', name);
      assert.equal(timesCalled(made, name), 1);
    }
  });

  for (const kind of KINDS) {
    it(`is made once more where operator and server allow it (${kind.join(' ')})`, async (t) => {
      const made = await world(t, kind, 'idempotent');
      for (const name of ['reads', 'sets']) {
        const answer = await lostOnce(made, name);
        assert.equal(textOf(answer), JSON.stringify({ name, arguments: { n: 1 } }), JSON.stringify(answer));
        assert.equal(timesCalled(made, name), 2);
      }
      const told = 'gatewright_oddities_total{server="up",what="call made again"}';
      assert.equal(await made.stage.metric(told), 2);
    });
  }

  it('is made no third time', async (t) => {
    for (const kind of [KINDS[1], KINDS[3]]) {
      const made = await world(t, kind, 'idempotent');
      await made.up.set('tools/call sets', { die: true });
      const { answer } = await made.stage.modern('up').call('tools/call', { name: 'sets' });
      assert.equal(failureOf(answer), 'upstream_lost');
      assert.equal(timesCalled(made, 'sets'), 2);
    }
  });

  it('is not made again when its client has heard of it', async (t) => {
    const made = await world(t, KINDS[1], 'idempotent');
    const call = { name: 'progress', arguments: { steps: 1_000, everyMs: 50 } };
    const { answer, interim } = await made.stage.modern('up').call('tools/call', call, {
      meta: { progressToken: 7 },
      onMessage: ({ method }) => method && 'dropConnections' in made.up && made.up.dropConnections(),
    });
    assert.equal(failureOf(answer), 'upstream_lost', JSON.stringify(answer));
    assert.ok(interim.length > 0);
    assert.equal(timesCalled(made, 'progress'), 1);
  });

  it('is not made again when it brings the answer to a question', async (t) => {
    const made = await world(t, KINDS[1], 'idempotent');
    await made.up.set('tools/call sets', { die: true, times: 1 });
    const params = { name: 'sets', inputResponses: { a: { action: 'accept' } } };
    const { answer } = await made.stage.modern('up').call('tools/call', params);
    assert.equal(failureOf(answer), 'upstream_lost', JSON.stringify(answer));
    assert.equal(timesCalled(made, 'sets'), 1);
  });

  it('that reads is made once more, too, where the operator allows it', async (t) => {
    for (const [allowed, times] of [
      ['idempotent', 2],
      ['never', 1],
    ] as const) {
      const { stage, up } = await world(t, KINDS[1], allowed);
      await up.set('resources/read', { die: true, times: 1 });
      const { answer } = await stage.modern('up').call('resources/read', { uri: 'scripted://text' });
      assert.equal(at(answer, 'error', 'code'), times === 2 ? undefined : -31012, JSON.stringify(answer));
      assert.equal(up.received.of('resources/read').length, times);
    }
  });
});

/** A server whose successor, a newer version, takes its place while it answers the first call with an error. */
async function replaced(status: number, code = -32603) {
  const made: string[] = [];
  const server = await scriptedHttp(({ method, body }, response) => {
    const { id, method: asked = '' } = method === 'POST' ? JSON.parse(body) : {};
    const answer = (code: number, message: object) =>
      response
        .writeHead(code, { 'content-type': 'application/json' })
        .end(JSON.stringify({ jsonrpc: '2.0', id, ...message }));
    const name = made.length === 0 ? 'before' : 'after';
    if (id === undefined) response.writeHead(method === 'POST' ? 202 : 405).end();
    else if (asked === 'initialize') {
      const serverInfo = { name: 'replaced', version: name };
      answer(200, { result: { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo } });
    } else if (asked === 'tools/list') answer(200, { result: { tools: [tool('plain')] } });
    else if (asked === 'tools/call') {
      made.push(name);
      if (name === 'after') answer(200, { result: { content: [] } });
      else answer(status, { error: { code, message: 'Shutting down.' } });
    } else answer(200, { error: { code: -32601, message: 'Unknown.' } });
  });
  return { server, made };
}

describe('a call in the middle of which its server failed', { concurrency: 2 }, () => {
  for (const status of [500, 503, 409, 400]) {
    it(`is not made again, though another server stands there by then (${status})`, async (t) => {
      const { server, made } = await replaced(status);
      t.after(() => server.close());
      const stage = await openStage({}, { others: { up: { url: server.url } } });
      t.after(() => stage.close());
      // With a conversation of its own, as the one that is opened anew is the gateway's.
      const client = await stage.legacy('up', { capabilities: { elicitation: {} } });
      const { answer } = await client.call('tools/call', { name: 'plain' });
      assert.equal(at(answer, 'error', 'message'), 'Shutting down.', JSON.stringify(answer));
      assert.deepEqual(made, ['before']);
    });
  }
});

describe('a call that was refused unread because another version stands there', { concurrency: 2 }, () => {
  for (const capabilities of [{}, { elicitation: {} }]) {
    it(`is made again, and the server stays in use (${JSON.stringify(capabilities)})`, async (t) => {
      const { server, made } = await replaced(400, -32000);
      t.after(() => server.close());
      const stage = await openStage({}, { others: { up: { url: server.url } } });
      t.after(() => stage.close());
      const client = await stage.legacy('up', { capabilities });
      const mark = stage.gateway.said.length;
      const { answer } = await client.call('tools/call', { name: 'plain' });
      assert.deepEqual(at(answer, 'result', 'content'), [], JSON.stringify(answer));
      assert.deepEqual(made, ['before', 'after']);
      assert.ok(!stage.gateway.said.slice(mark).some(({ state }) => state === 'down'));
    });
  }
});

describe('a call that is to be repeated', { concurrency: 2 }, () => {
  it('waits until the server is back, and no longer than its time', async (t) => {
    const made = await world(t, KINDS[1], 'idempotent');
    const { stage, up } = made;
    assert.ok('port' in up);
    await up.set('tools/call sets', { hang: true });
    const call = stage.modern('up').call('tools/call', { name: 'sets', arguments: { n: 1 } });
    await up.received.until(({ method }) => method === 'tools/call');
    await up.close();
    await stage.server('up', 'down');
    const again = await startScripted({ transport: 'http', revision: MODERN, tools: TOOLS, port: up.port });
    t.after(() => again.close());
    assert.equal(textOf((await call).answer), '{"name":"sets","arguments":{"n":1}}');
  });

  it('ends by its own time when the server does not come back', async (t) => {
    const up = await startScripted({ transport: 'http', revision: MODERN, tools: TOOLS });
    const entries = { up: { repeatCalls: 'idempotent', callTimeoutMs: 1_000 } };
    const stage = await openStage({ up }, { entries });
    t.after(() => stage.close());
    await up.set('tools/call sets', { hang: true });
    const call = stage.modern('up').call('tools/call', { name: 'sets' });
    await up.received.until(({ method }) => method === 'tools/call');
    await up.close();
    assert.equal(failureOf((await call).answer), 'upstream_timeout');
  });
});
