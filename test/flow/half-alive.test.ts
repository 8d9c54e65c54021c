/*
 * A server is usable, or it is missing with a reason: there is no state in between, whatever it does, and it comes back
 * by itself when it is well.
 */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { at, type RpcMessage } from '../rig/json-rpc.ts';
import { textOf } from '../rig/raw-client.ts';
import { type Behaviour, MODERN, type Revision, type ScriptedTool } from '../rig/scripted-script.ts';
import { type ScriptedHttpUpstream, type StartOptions, startScripted } from '../rig/scripted-upstream.ts';
import { failureOf, openStage, type Stage } from './stage.ts';

const OLD: Revision = '2025-11-25';
const EVERYTHING = [
  ...['server/discover', 'initialize', 'notifications/initialized', 'ping', 'tools/call', 'subscriptions/listen'],
  ...['tools/list', 'prompts/list', 'resources/list', 'resources/templates/list', 'GET'],
];

type Up = { readonly up: ScriptedHttpUpstream; readonly stage: Stage };

async function staged(t: TestContext, options: Partial<StartOptions> = {}, config = {}): Promise<Up> {
  const up = await startScripted({ revision: OLD, ...options, transport: 'http' } as StartOptions & {
    transport: 'http';
  });
  const stage = await openStage({ up }, { config });
  t.after(() => stage.close());
  return { up, stage };
}

const call = (stage: Stage, name = 'echo') => stage.modern('up').call('tools/call', { name });

async function missingIn(stage: Stage): Promise<unknown> {
  const { answer } = await stage.modern().call('tools/list');
  return at(answer, 'result', '_meta', 'io.gatewright/missing');
}

/** From now on it does this to everything; undefined: it is well again. */
async function behave({ up }: Up, behaviour: Behaviour | undefined): Promise<void> {
  for (const key of EVERYTHING) await up.set(key, behaviour);
}

describe('a server that was well', { concurrency: 2 }, () => {
  for (const [what, behaviour, reason] of [
    ['answers 503 to everything', { status: 503 }, /503/],
    ['is hidden by an error page', { html: true }, /not.*JSON|no.*MCP|neither JSON|502|invalid|answer/i],
    ['refuses credentials', { status: 401 }, /401|credential|refus/i],
    ['cuts every connection off', { die: true }, /went away|lost|ECONNRESET|UND_ERR/i],
  ] as const) {
    for (const revision of [OLD, MODERN]) {
      it(`and ${what} is down, missing with that, and used when it is well again (${revision})`, async (t) => {
        const made = await staged(t, { revision });
        const { stage } = made;
        assert.equal(textOf((await call(stage)).answer), '{}');
        const mark = stage.gateway.said.length;
        await behave(made, behaviour);
        assert.match(String(failureOf((await call(stage)).answer)), /^upstream_/);
        assert.match(String((await stage.server('up', 'down', mark)).reason), reason);
        assert.deepEqual(await missingIn(stage), [{ server: 'up', reason: 'down' }]);
        await behave(made, undefined);
        await stage.server('up', 'ready', mark);
        assert.equal(textOf((await call(stage)).answer), '{}');
        assert.equal(await missingIn(stage), undefined);
      });
    }
  }

  it('and fails one tool only is used for the others', async (t) => {
    const made = await staged(t);
    for (const behaviour of [{ status: 500 }, { html: true }, { die: true }]) {
      await made.up.set('tools/call fail', behaviour);
      assert.match(String(failureOf((await call(made.stage, 'fail')).answer)), /^upstream_/);
      assert.equal(textOf((await call(made.stage)).answer), '{}');
    }
    assert.equal(await missingIn(made.stage), undefined);
    assert.ok(!made.stage.gateway.said.some(({ state }) => state === 'down'));
  });

  it('and goes away while nobody calls is said to be down', async (t) => {
    for (const revision of [OLD, MODERN]) {
      const { up, stage } = await staged(t, { revision });
      await up.received.until(({ via, method }) => via === 'GET' || method === 'subscriptions/listen');
      await up.close();
      await stage.server('up', 'down');
    }
  });

  it('and has no stream to say anything on is used all the same', async (t) => {
    for (const status of [405, 404, 403, 500]) {
      const { stage } = await staged(t, { behaviours: { GET: { status } } });
      assert.equal(textOf((await call(stage)).answer), '{}', String(status));
      assert.equal(await missingIn(stage), undefined);
    }
  });
});

describe('a server whose lists', { concurrency: 2 }, () => {
  for (const [what, behaviour] of [
    ['cannot be read', { status: 500 }],
    ['are refused', { error: { code: -32603, message: 'not now' } }],
    ['are a page of HTML', { html: true }],
  ] as const) {
    it(`${what} is down although it shakes hands, and ready when they can be`, async (t) => {
      const { up, stage } = await staged(t, { behaviours: { 'tools/list': behaviour } });
      await stage.server('up', 'down');
      assert.deepEqual(await missingIn(stage), [{ server: 'up', reason: 'down' }]);
      await up.set('tools/list', undefined);
      await stage.server('up', 'ready');
      assert.equal(textOf((await call(stage)).answer), '{}');
    });
  }

  it('are empty at first, because it starts slowly, are read again until there is something', async (t) => {
    const capabilities = { tools: {} };
    for (const revision of [OLD, MODERN]) {
      const { up, stage } = await staged(t, { revision, bare: true, capabilities });
      const listener = await stage.modern().listen({ toolsListChanged: true });
      await up.addTool({ name: 'late', inputSchema: { type: 'object' } } satisfies ScriptedTool);
      await listener.until(({ method }: RpcMessage) => method === 'notifications/tools/list_changed');
      const { answer } = await stage.modern('up').call('tools/list');
      assert.equal(at(answer, 'result', 'tools', 0, 'name'), 'late');
    }
  });
});

describe('a conversation of one caller that cannot be opened', () => {
  it('fails the calls of that caller by name, and leaves the others alone', async (t) => {
    const made = await staged(t);
    const able = await made.stage.legacy('up', { capabilities: { roots: {} } });
    await made.up.set('initialize', { status: 400, times: 1 });
    const { answer } = await able.call('tools/call', { name: 'echo' });
    assert.match(String(failureOf(answer) ?? at(answer, 'error', 'message')), /upstream_|refused/i);
    assert.equal(textOf((await call(made.stage)).answer), '{}');
    assert.equal(textOf((await able.call('tools/call', { name: 'echo' })).answer), '{}');
  });
});
