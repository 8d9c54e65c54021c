/*
 * Servers go away, come back and forget; the gateway notices and puts it right without a person, and never repeats a
 * call that may have had an effect.
 */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { at, type RpcMessage } from '../rig/json-rpc.ts';
import { type LegacyClient, textOf } from '../rig/raw-client.ts';
import { MODERN } from '../rig/scripted-script.ts';
import { type ScriptedHttpUpstream, type StartOptions, startScripted } from '../rig/scripted-upstream.ts';
import { failureOf, openStage, type Scripted, type Stage } from './stage.ts';

const WATCHED = 'scripted://changing';
const ABLE = { elicitation: { form: {} }, roots: {} };
const isUpdate = (message: RpcMessage) => message.method === 'notifications/resources/updated';

async function staged(t: TestContext, servers: Record<string, Scripted>, limits = {}): Promise<Stage> {
  const stage = await openStage(servers, { config: { limits } });
  t.after(() => stage.close());
  return stage;
}

/** The same server once more, at the same address. */
async function again(t: TestContext, { port }: ScriptedHttpUpstream, options: Partial<StartOptions> = {}) {
  const up = await startScripted({ revision: '2025-11-25', ...options, transport: 'http', port });
  t.after(() => up.close());
  return up;
}

describe('a server that forgets its session', { concurrency: 2 }, () => {
  it('gets it anew, once, with the same capabilities, then the call once more, and what was watched', async (t) => {
    const up = await startScripted({ revision: '2025-11-25', transport: 'http' });
    const stage = await staged(t, { up });
    const client = await stage.legacy('up', { capabilities: ABLE });
    const stream = await client.listen();
    await client.call('resources/subscribe', { uri: WATCHED });
    await client.call('logging/setLevel', { level: 'warning' });
    await client.call('tools/call', { name: 'echo' });
    const before = up.received.of('initialize').length;
    const calls = up.received.of('tools/call').length;
    up.forgetSessions();

    const reply = await client.call('tools/call', { name: 'offered' });
    assert.deepEqual(JSON.parse(String(textOf(reply.answer))), ABLE);
    const opened = up.received.of('initialize').slice(before);
    // The gateway's own session was forgotten too; it offers nothing.
    const offers = opened.map(({ message }) => JSON.stringify(at(message, 'params', 'capabilities')));
    assert.equal(offers.filter((offer) => offer === JSON.stringify(ABLE)).length, 1, offers.join());
    assert.equal(up.received.of('tools/call').length, calls + 2);
    assert.equal(up.received.of('resources/subscribe').length, 2);
    assert.equal(at(up.received.of('logging/setLevel').at(-1)?.message, 'params', 'level'), 'warning');
    await up.received.until(
      (each) => each.via === 'GET' && up.received.all.indexOf(each) > up.received.all.indexOf(opened[0] as never),
    );
    await updatedOn(up, stream);
  });

  it('gets it anew once for many calls that find out at the same time', async (t) => {
    const up = await startScripted({ revision: '2025-11-25', transport: 'http' });
    const stage = await staged(t, { up });
    const client = await stage.legacy('up');
    const before = up.received.of('initialize').length;
    up.forgetSessions();
    const replies = await Promise.all(
      Array.from({ length: 20 }, (_, n) => client.call('tools/call', { name: 'echo', arguments: { n } })),
    );
    assert.deepEqual(
      replies.map(({ answer }) => textOf(answer)),
      replies.map((_, n) => JSON.stringify({ n })),
    );
    assert.equal(up.received.of('initialize').length, before + 1);
  });

  it('and forgets the new one at once is not asked a third time', async (t) => {
    const up = await startScripted({ revision: '2025-11-25', transport: 'http' });
    const stage = await staged(t, { up });
    const client = await stage.legacy('up');
    await up.set('tools/call', { forgetSession: true });
    const calls = up.received.of('tools/call').length;
    const { answer, status } = await client.call('tools/call', { name: 'echo' });
    assert.deepEqual([status, failureOf(answer)], [200, 'upstream_session']);
    assert.equal(up.received.of('tools/call').length, calls + 2);
    await up.set('tools/call', undefined);
    assert.equal(textOf((await client.call('tools/call', { name: 'echo' })).answer), '{}');
  });

  it('is given a new session although no call of the client tells', async (t) => {
    const up = await startScripted({ revision: '2025-11-25', transport: 'http' });
    const stage = await staged(t, { up });
    const client = await stage.legacy('up');
    const stream = await client.listen();
    await client.call('resources/subscribe', { uri: WATCHED });
    const { port } = up;
    await up.close();
    const next = await again(t, { port } as ScriptedHttpUpstream);
    await next.received.until((each) => each.method === 'resources/subscribe');
    await updatedOn(next, stream);
  });
});

describe('a server that is not there', { concurrency: 2 }, () => {
  it('when the gateway starts is down with a reason, blocks nothing, and is used once it comes', async (t) => {
    const gone = await startScripted({ revision: '2025-11-25', transport: 'http' });
    const other = await startScripted({ revision: MODERN, transport: 'http' });
    await gone.close();
    const stage = await staged(t, { late: gone, other });
    const said = await stage.server('late', 'down');
    assert.match(String(said.reason), /cannot be reached/);
    assert.equal(textOf((await stage.modern('other').call('tools/call', { name: 'echo' })).answer), '{}');
    const { answer } = await stage.modern().call('tools/call', { name: 'late__echo' });
    assert.deepEqual([at(answer, 'result', 'isError'), failureOf(answer)], [true, 'upstream_down']);
    const read = await stage.modern().call('resources/read', { uri: 'late+scripted://text' });
    assert.equal(at(read.answer, 'error', 'code'), -31011);

    const stream = await stage.modern().listen({ toolsListChanged: true });
    await again(t, gone);
    await stage.server('late', 'ready');
    await stream.until(({ method }) => method === 'notifications/tools/list_changed');
    const tools = at((await stage.modern().call('tools/list')).answer, 'result', 'tools') as RpcMessage[];
    assert.ok(tools.some(({ name }) => name === 'late__echo'));
    assert.equal(textOf((await stage.modern('late').call('tools/call', { name: 'echo' })).answer), '{}');
  });

  it('for a while is noticed by a call, and used again when it is back, by old sessions too', async (t) => {
    for (const revision of ['2025-11-25', MODERN] as const) {
      const up = await startScripted({ revision, transport: 'http' });
      const stage = await staged(t, { up });
      const client = revision === MODERN ? stage.modern('up') : await stage.legacy('up');
      assert.equal(textOf((await client.call('tools/call', { name: 'echo' })).answer), '{}');
      const mark = stage.gateway.said.length;
      await up.close();
      const lost = (await client.call('tools/call', { name: 'echo' })).answer;
      assert.match(String(failureOf(lost)), /^upstream_(down|lost)$/);
      await stage.server('up', 'down', mark);
      await again(t, up, { revision });
      await stage.server('up', 'ready', mark);
      assert.equal(textOf((await client.call('tools/call', { name: 'echo' })).answer), '{}', revision);
    }
  });

  it('and comes back in another era is asked again what it speaks', async (t) => {
    const up = await startScripted({ revision: '2025-11-25', transport: 'http' });
    const stage = await staged(t, { up });
    const client = stage.modern('up');
    const mark = stage.gateway.said.length;
    await up.close();
    await client.call('tools/call', { name: 'echo' });
    await again(t, up, { revision: MODERN });
    const ready = await stage.server('up', 'ready', mark);
    assert.equal(ready.revision, MODERN);
    assert.equal(textOf((await client.call('tools/call', { name: 'echo' })).answer), '{}');
  });
});

describe('a client that listens while its server restarts', { concurrency: 2 }, () => {
  it('on a GET stream hears of a watched resource afterwards', async (t) => {
    const up = await startScripted({ revision: '2025-11-25', transport: 'stdio' });
    const stage = await staged(t, { up });
    const client = await stage.legacy('up');
    const stream = await client.listen();
    await client.call('resources/subscribe', { uri: WATCHED });
    await up.exit(1);
    await up.received.until((each) => each.method === 'resources/subscribe' && up.pids.length > 1);
    await updatedOn(up, stream);
  });

  for (const transport of ['http', 'stdio'] as const) {
    it(`on a listen stream hears of a watched resource afterwards (${transport})`, async (t) => {
      const up = await startScripted({ revision: MODERN, transport } as StartOptions & { transport: 'http' });
      const stage = await staged(t, { up });
      const stream = await stage.modern('up').listen({ resourceSubscriptions: [WATCHED] });
      let next: Scripted = up;
      await up.received.until(watches);
      if (transport === 'http') {
        await up.close();
        next = await again(t, up, { revision: MODERN });
        await next.received.until(watches);
      } else {
        const known = up.received.all.length;
        await (up as unknown as { exit(code: number): Promise<void> }).exit(1);
        await up.received.until((each) => watches(each) && up.received.all.indexOf(each) >= known);
      }
      await updatedOn(next, stream);
    });
  }
});

function watches({ message }: { readonly message: RpcMessage | undefined }): boolean {
  return Array.isArray(at(message, 'params', 'notifications', 'resourceSubscriptions'));
}

/** The server may hear of the watch a moment before it can tell; so it is told until it is heard. */
async function updatedOn(up: Scripted, stream: { until(fits: (m: RpcMessage) => boolean): Promise<RpcMessage> }) {
  let heard = false;
  const update = stream.until(isUpdate).then((message) => {
    heard = true;
    return message;
  });
  while (!heard) {
    await up.resourceUpdated(WATCHED);
    await Promise.race([update, new Promise((resolve) => setTimeout(resolve, 20))]);
  }
  return update;
}

describe('a process that ends', { concurrency: 2 }, () => {
  it('during a call fails that call by name, and the next call finds a new process', async (t) => {
    for (const revision of ['2025-11-25', MODERN] as const) {
      const up = await startScripted({ revision, transport: 'stdio' });
      const stage = await staged(t, { up });
      const client = revision === MODERN ? stage.modern('up') : await stage.legacy('up');
      const mark = stage.gateway.said.length;
      const pending = client.call('tools/call', { name: 'slow', arguments: { ms: 600_000 } });
      await up.received.until(({ method }) => method === 'tools/call');
      await up.exit(3);
      const { answer, status } = await pending;
      assert.deepEqual([status, at(answer, 'result', 'isError'), failureOf(answer)], [200, true, 'upstream_lost']);
      assert.equal(up.received.of('tools/call').length, 1, 'a call that may have had an effect was repeated');
      await stage.server('up', 'ready', mark);
      assert.equal(textOf((await client.call('tools/call', { name: 'echo' })).answer), '{}');
      assert.equal(up.pids.length, 2);
      const reason = String((await stage.server('up', 'down', mark)).reason);
      assert.match(reason, /exited with code 3/);
    }
  });

  it('of one kind of client leaves the others alone, and is replaced for the next call', async (t) => {
    const up = await startScripted({ revision: '2025-11-25', transport: 'stdio' });
    const stage = await staged(t, { up });
    const [plain, able] = (await Promise.all([stage.legacy('up'), stage.legacy('up', { capabilities: ABLE })])) as [
      LegacyClient,
      LegacyClient,
    ];
    await Promise.all([plain, able].map((client) => client.call('tools/call', { name: 'echo' })));
    assert.equal(up.pids.length, 2);
    process.kill(up.pids[1] as number, 'SIGKILL');
    const answers: unknown[] = [];
    for (const client of [able, able, plain]) answers.push((await client.call('tools/call', { name: 'echo' })).answer);
    assert.deepEqual(
      answers.slice(1).map((answer) => textOf(answer as RpcMessage)),
      ['{}', '{}'],
    );
    assert.equal(up.pids.length, 3);
  });
});
