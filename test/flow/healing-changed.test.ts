/*
 * What stands at an address is not for ever what it was: another revision, another server, another version of it. The
 * gateway finds out by what is said to it, forgets what it knew, and clients go on.
 */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startFixture } from '../fixture/http.ts';
import { at, type RpcMessage } from '../rig/json-rpc.ts';
import { type ModernClient, type Reply, textOf } from '../rig/raw-client.ts';
import { type JsonObject, MODERN, type Revision, type ScriptedTool } from '../rig/scripted-script.ts';
import { type ScriptedHttpUpstream, type StartOptions, startScripted } from '../rig/scripted-upstream.ts';
import { failureOf, openStage, type Stage } from './stage.ts';

const OLD: Revision = '2025-11-25';
const tool = (name: string): ScriptedTool => ({ name, inputSchema: { type: 'object' } });

/** The first server, and a stage before it. */
async function staged(
  t: TestContext,
  options: Partial<StartOptions>,
): Promise<{ up: ScriptedHttpUpstream; stage: Stage }> {
  const up = await startScripted({ revision: OLD, ...options, transport: 'http' });
  const stage = await openStage({ up });
  t.after(() => stage.close());
  return { up, stage };
}

/** Another server in its place. */
async function instead(t: TestContext, up: ScriptedHttpUpstream, options: Partial<StartOptions>) {
  await up.close();
  const next = await startScripted({ revision: OLD, ...options, transport: 'http', port: up.port });
  t.after(() => next.close());
  return next;
}

async function toolsOf(stage: Stage): Promise<unknown[]> {
  const { answer } = await stage.modern('up').call('tools/list');
  return (at(answer, 'result', 'tools') as { name: string }[]).map(({ name }) => name);
}

const identity = async (stage: Stage) => {
  const { answer } = await stage.modern('up').call('server/discover');
  const info = at(answer, 'result', '_meta', 'io.modelcontextprotocol/serverInfo');
  return [at(info, 'name'), at(info, 'version'), at(answer, 'result', 'instructions')];
};

/** Between two servers there is nobody for a moment, and who notices that says so. */
async function calledOn(client: Pick<ModernClient, 'call'>, params: JsonObject): Promise<Reply> {
  const reply = await client.call('tools/call', params);
  return failureOf(reply.answer) === 'upstream_down' ? calledOn(client, params) : reply;
}

const isListChange = ({ method }: RpcMessage) => method === 'notifications/tools/list_changed';

describe('a server that comes back in another revision', { concurrency: 2 }, () => {
  for (const [before, after] of [
    [OLD, MODERN],
    [MODERN, OLD],
    ['2025-06-18', OLD],
  ] as const) {
    // The first of them finds out, and is answered all the same.
    for (const asks of ['older', 'newer'] as const) {
      it(`${before}, then ${after}: the next call of the ${asks} client is answered, and every other`, async (t) => {
        const { up, stage } = await staged(t, { revision: before });
        const clients = { older: await stage.legacy('up'), newer: stage.modern('up') };
        for (const client of Object.values(clients)) await client.call('tools/call', { name: 'echo' });
        const mark = stage.gateway.said.length;
        const next = await instead(t, up, { revision: after });
        for (const client of [clients[asks], ...Object.values(clients)]) {
          const { answer, status } = await calledOn(client, { name: 'echo', arguments: { n: 1 } });
          assert.deepEqual([status, textOf(answer)], [200, '{"n":1}'], JSON.stringify(answer));
        }
        assert.equal((await stage.server('up', 'ready', mark)).revision, after);
        assert.ok(next.received.of('tools/call').length >= 3);
      });
    }
  }

  it('as a process, is spoken to in that', async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'gatewright-test-'));
    t.after(() => rm(folder, { recursive: true }));
    const script = join(folder, 'script.json');
    const program = fileURLToPath(new URL('../rig/scripted-upstream-stdio.ts', import.meta.url));
    const command = `exec "${process.execPath}" "${program}" "$(cat "${script}")"`;
    const dies = { behaviours: { 'tools/call fail': { die: true } } };
    writeFileSync(script, JSON.stringify({ revision: OLD, ...dies }));
    const stage = await openStage({}, { others: { up: { command: 'sh', args: ['-c', command] } } });
    t.after(() => stage.close());
    const clients = [await stage.legacy('up'), stage.modern('up')];
    for (const revision of [MODERN, OLD]) {
      writeFileSync(script, JSON.stringify({ revision, ...dies }));
      const mark = stage.gateway.said.length;
      const lost = (await stage.modern('up').call('tools/call', { name: 'fail' })).answer;
      assert.equal(failureOf(lost), 'upstream_lost');
      assert.equal((await stage.server('up', 'ready', mark)).revision, revision);
      for (const client of clients)
        assert.equal(textOf((await client.call('tools/call', { name: 'echo' })).answer), '{}', revision);
    }
  });
});

describe('another server under the same address', { concurrency: 2 }, () => {
  for (const revision of [OLD, MODERN]) {
    it(`is shown as what it is, with nothing of the one before (${revision})`, async (t) => {
      const one = { revision, bare: true, tools: [tool('both'), tool('one')], name: 'one', instructions: 'First.' };
      const { up, stage } = await staged(t, one);
      const listener = await stage.modern('up').listen({ toolsListChanged: true });
      const older = await stage.legacy('up');
      await older.call('tools/call', { name: 'both' });
      assert.deepEqual(await identity(stage), ['one', '1.0.0', 'First.']);

      const two = { revision, bare: true, tools: [tool('both'), tool('two')], name: 'two', instructions: 'Second.' };
      await instead(t, up, { ...two, capabilities: { tools: { listChanged: true } } });
      const { answer } = await calledOn(older, { name: 'both', arguments: { n: 1 } });
      assert.equal(textOf(answer), '{"name":"both","arguments":{"n":1}}', JSON.stringify(answer));
      await listener.until(isListChange);
      assert.deepEqual(await toolsOf(stage), ['both', 'two']);
      assert.deepEqual(await identity(stage), ['two', '1.0.0', 'Second.']);
      const discovered = (await stage.modern('up').call('server/discover')).answer;
      assert.deepEqual(at(discovered, 'result', 'capabilities'), { tools: { listChanged: true } });
      assert.equal(at((await older.call('tools/call', { name: 'one' })).answer, 'error', 'code'), -32602);
      assert.ok((await stage.metric(OTHER)) >= 1);
    });

    it(`of another version only is read anew, and no call fails meanwhile (${revision})`, async (t) => {
      const one = { revision, bare: true, tools: [tool('both'), tool('one')], name: 'server' };
      const { up, stage } = await staged(t, one);
      const listener = await stage.modern('up').listen({ toolsListChanged: true });
      const older = await stage.legacy('up');
      await older.call('tools/call', { name: 'both' });
      await instead(t, up, { ...one, version: '2.0.0', tools: [tool('both'), tool('two')] });
      const heard = listener.until(isListChange).then(() => true);
      let known = false;
      heard.then(() => (known = true));
      while (!known) {
        const { answer } = await calledOn(older, { name: 'both' });
        assert.equal(failureOf(answer), undefined, JSON.stringify(answer));
      }
      assert.deepEqual(await toolsOf(stage), ['both', 'two']);
      assert.deepEqual((await identity(stage)).slice(0, 2), ['server', '2.0.0']);
    });
  }
});
const OTHER = 'gatewright_oddities_total{server="up",what="another server answers"}';

describe('a server that speaks to clients of both eras, and stays what it is', { concurrency: 2 }, () => {
  for (const [before, after] of [
    ['both', 'modern'],
    ['both', 'legacy'],
    ['modern', 'both'],
    ['legacy', 'both'],
  ] as const) {
    it(`${before}, then ${after}: clients of both go on`, async (t) => {
      const up = await startFixture({ eras: before });
      const stage = await openStage({}, { others: { up: { url: up.url } } });
      t.after(() => stage.close());
      const clients = [await stage.legacy('up'), stage.modern('up')];
      const call = { name: 'test_simple_text' };
      for (const client of clients) assert.notEqual(textOf((await client.call('tools/call', call)).answer), undefined);
      await up.close();
      const next = await startFixture({ eras: after, port: Number(new URL(up.url).port) });
      t.after(() => next.close());
      for (const client of [...clients, ...clients]) {
        const { answer, status } = await calledOn(client, call);
        assert.deepEqual([status, failureOf(answer), at(answer, 'error')], [200, undefined, undefined]);
        assert.notEqual(textOf(answer), undefined);
      }
    });
  }
});
