/*
 * What happens around an answer, within one era: progress, log lines, cancellation, pings, and the time of a call.
 */
import assert from 'node:assert/strict';
import { after, describe, it, type TestContext } from 'node:test';
import { at, type RpcMessage, request } from '../rig/json-rpc.ts';
import { type ModernClient, textOf } from '../rig/raw-client.ts';
import type { ScriptedHttpUpstream } from '../rig/scripted-upstream.ts';
import { type Client, caughtUp, openEraStage, WAYS, type Way } from './same-era.ts';
import { failureOf } from './stage.ts';

/** Short for a silence, long for a busy machine between two steps of progress. */
const CALL_TIMEOUT_MS = 1_500;
const { stage, upOf, clientOf } = await openEraStage(WAYS, { config: { limits: { callTimeoutMs: CALL_TIMEOUT_MS } } });
after(() => stage.close());

const LOG_LEVEL = 'io.modelcontextprotocol/logLevel';

for (const way of WAYS) {
  describe(`${way.server} with a client of its era`, () => {
    it('reports progress under the token of the client, in its own JSON type', async () => {
      const client = await clientOf(way);
      for (const progressToken of [0, 7, '7', 'a "quoted" token', '', 9_007_199_254_740_991]) {
        const { interim } = await client.call('tools/call', { name: 'progress' }, { meta: { progressToken } });
        assert.deepEqual(
          interim.map(({ params }) => params),
          [1, 2, 3].map((progress) => ({ progressToken, progress, total: 3 })),
        );
      }
    });

    it('gets no token and sends no progress when the client gave none', async () => {
      const client = await clientOf(way);
      const { interim, answer } = await client.call('tools/call', { name: 'progress' });
      assert.deepEqual([interim, textOf(answer)], [[], 'progressed 3']);
    });

    it('says nothing of a call after its answer, and nothing under a token it was not given', async () => {
      const client = await clientOf(way);
      const done = { name: 'progress', arguments: { tag: 'over' } };
      await client.call('tools/call', done, { meta: { progressToken: 'old' } });
      const spent = at((await arrived(way, 'over')).message, 'params', '_meta', 'progressToken');
      const slow = { name: 'slow', arguments: { ms: 50, tag: 'running' } };
      const started = client.start('tools/call', slow, { meta: { progressToken: 'new' } });
      await arrived(way, 'running');
      for (const progressToken of [spent, 'new', 999_999]) await upOf(way).say(progressOf(progressToken));
      const stream = await started;
      await stream.ended;
      assert.equal(stream.messages.length, 1, stream.rawBody);
    });

    it('sends log lines to who asked for that level, on the stream of the call', async (t) => {
      const client = await loggedClient(way, t);
      for (const [wanted, level, count] of LEVELS) {
        if (!way.modern)
          assert.deepEqual((await client.call('logging/setLevel', { level: wanted })).answer?.result, {});
        const meta = way.modern ? { [LOG_LEVEL]: wanted } : {};
        const params = { name: 'log', arguments: { level, count: 2, data: { some: level } } };
        const { interim, answer } = await client.call('tools/call', params, { meta });
        assert.equal(textOf(answer), 'logged 2');
        assert.equal(interim.length, count, `${level} for one who wants ${wanted}`);
        for (const { params } of interim) assert.deepEqual(params, { level, data: { some: level } });
      }
    });

    it('answers a ping of the server, and the gateway answers a ping of the client', async () => {
      const { received } = upOf(way);
      await upOf(way).say(request('ping-1', 'ping'));
      if (way.modern && way.transport === 'http') return;
      const pong = await received.until(({ message }) => message?.id === 'ping-1');
      assert.deepEqual(pong.message, { jsonrpc: '2.0', id: 'ping-1', result: {} });
      const client = await clientOf(way);
      const { answer, status } = await client.call('ping');
      if (way.modern) assert.deepEqual([status, at(answer, 'error', 'code')], [404, -32601]);
      else assert.deepEqual(answer?.result, {});
      await caughtUp(upOf(way), client);
      assert.equal(received.of('ping').length, 0);
    });
  });
}

/** Level wanted, level said, lines that arrive of two. */
const LEVELS = [
  ['debug', 'debug', 2],
  ['warning', 'info', 0],
  ['warning', 'warning', 2],
  ['error', 'emergency', 2],
] as const;

function progressOf(progressToken: unknown): RpcMessage {
  return { jsonrpc: '2.0', method: 'notifications/progress', params: { progressToken, progress: 99 } };
}

/** A client whose log lines nobody else's can be: on a pipe that is the only one there has ever been. */
async function loggedClient(way: Way, t: TestContext): Promise<Client> {
  if (way.transport === 'http') return clientOf(way);
  const own = await openEraStage([way]);
  t.after(() => own.stage.close());
  return own.clientOf(way);
}

describe('log lines on a pipe', () => {
  it('that two sessions have used go to the one call in flight, and to nobody when there are two', async (t) => {
    const [, way] = WAYS as [Way, Way];
    const own = await openEraStage([way]);
    t.after(() => own.stage.close());
    const up = own.upOf(way);
    const [a, b] = [await own.clientOf(way), await own.clientOf(way)];
    const slow = (client: Client, tag: string) =>
      client.call('tools/call', { name: 'slow', arguments: { ms: 300, tag } });
    const say = (data: string) =>
      up.say({ jsonrpc: '2.0', method: 'notifications/message', params: { level: 'info', data } });
    await a.call('tools/call', { name: 'echo', arguments: {} });
    const alone = slow(b, 'alone');
    await up.received.until(({ body }) => body.includes('alone'));
    await say('of b');
    assert.deepEqual(
      (await alone).interim.map(({ params }) => at(params, 'data')),
      ['of b'],
    );
    const both = [slow(a, 'one'), slow(b, 'two')];
    for (const tag of ['one', 'two']) await up.received.until(({ body }) => body.includes(tag));
    await say('whose?');
    for (const { interim } of await Promise.all(both)) assert.deepEqual(interim, []);
  });
});

describe('a client that asked for no log lines', () => {
  for (const way of WAYS) {
    const [some, words] = way.modern ? [0, 'gets none'] : [1, 'gets what the server chooses to say'];
    it(`${words} from ${way.server}`, async (t) => {
      const client = await loggedClient(way, t);
      const { interim } = await client.call('tools/call', { name: 'log', arguments: { level: 'info' } });
      assert.equal(interim.length, some);
    });
  }

  it('cannot set a level that does not exist', async () => {
    const client = await stage.legacy('http-old');
    for (const level of ['loud', 'INFO', null, 3]) {
      assert.equal(at((await client.call('logging/setLevel', { level })).answer, 'error', 'code'), -32602);
    }
  });
});

describe('the time of a call', { concurrency: true }, () => {
  for (const way of WAYS) {
    it(`to ${way.server} begins anew with progress`, async () => {
      const client = await clientOf(way);
      const steps = { steps: 6, everyMs: CALL_TIMEOUT_MS / 4 };
      const params = { name: 'progress', arguments: steps };
      const { answer } = await client.call('tools/call', params, { meta: { progressToken: 1 } });
      assert.equal(textOf(answer), 'progressed 6');
    });

    it(`to ${way.server} ends with silence, the server is told, and the client reads why`, async () => {
      const client = await clientOf(way);
      const call = { name: 'slow', arguments: { ms: 600_000, tag: 'silent' } };
      const { answer, status } = await client.call('tools/call', call);
      assert.equal(status, 200);
      assert.equal(at(answer, 'result', 'isError'), true);
      assert.equal(failureOf(answer), 'upstream_timeout');
      await toldToStop(way, 'silent');
    });
  }
});

describe('cancellation', () => {
  for (const way of WAYS.filter(({ modern }) => !modern)) {
    it(`notifications/cancelled reaches ${way.server} under the id that the server knows`, async () => {
      const client = await clientOf(way);
      const pending = client.start('tools/call', slowCall('cancelled'), { id: 'my own id' });
      await arrived(way, 'cancelled');
      await client.notify('notifications/cancelled', { requestId: 'no such id' });
      await client.notify('notifications/cancelled', { requestId: 'my own id', reason: 'no longer wanted' });
      await toldToStop(way, 'cancelled');
      const stream = await pending;
      await stream.ended;
      assert.ok(upOf(way).received.of('notifications/cancelled').length > 0);
    });

    it(`of another session's call at ${way.server} is impossible, whatever the id`, async () => {
      const [mine, other] = [await clientOf(way), await clientOf(way)];
      const params = { name: 'slow', arguments: { ms: 50, tag: 'kept' } };
      const pending = mine.call('tools/call', params, { id: 'equal' });
      const { message } = await arrived(way, 'kept');
      for (const requestId of ['equal', message?.id]) await other.notify('notifications/cancelled', { requestId });
      assert.equal(textOf((await pending).answer), 'slept');
    });

    it(`is not what a lost connection means to ${way.server}`, async () => {
      const client = await clientOf(way);
      await caughtUp(upOf(way), client);
      const before = upOf(way).received.of('notifications/cancelled').length;
      const progress = { name: 'progress', arguments: { steps: 2, everyMs: 30, tag: 'dropped' } };
      const stream = await client.start('tools/call', progress, { meta: { progressToken: 1 } });
      stream.abort();
      // The call goes on: a later one of the same server is answered after it, and nobody was told to stop.
      await client.call('tools/call', { name: 'slow', arguments: { ms: 120 } });
      await caughtUp(upOf(way), client);
      assert.equal(upOf(way).received.of('notifications/cancelled').length, before);
      if (way.transport === 'http') assert.equal(droppedOf(way, 'dropped').length, 0);
    });
  }

  for (const way of WAYS.filter(({ modern }) => modern)) {
    it(`is what a lost connection means to ${way.server}`, async () => {
      const client = (await clientOf(way)) as ModernClient;
      const params = { name: 'progress', arguments: { steps: 1, everyMs: 600_000, tag: 'left' } };
      const stream = await client.start('tools/call', params, { meta: { progressToken: 1 } });
      stream.abort();
      await toldToStop(way, 'left');
    });

    it(`of a call without a stream yet reaches ${way.server} too`, async () => {
      const client = (await clientOf(way)) as ModernClient;
      const pending = client.start('tools/call', slowCall('early')).catch(() => 'dropped');
      await arrived(way, 'early');
      client.close();
      await pending;
      await toldToStop(way, 'early');
    });
  }
});

function slowCall(tag: string): { name: string; arguments: object } {
  return { name: 'slow', arguments: { ms: 600_000, tag } };
}

function isTagged(message: RpcMessage | undefined, tag: string): boolean {
  return at(message, 'params', 'arguments', 'tag') === tag;
}

function arrived(way: Way, tag: string) {
  return upOf(way).received.until(({ message }) => isTagged(message, tag));
}

function droppedOf(way: Way, tag: string) {
  const { dropped } = upOf(way) as ScriptedHttpUpstream;
  return dropped.all.filter(({ message }) => isTagged(message, tag));
}

/** Over HTTP the stream of the call is closed; where that means nothing, and on a pipe, a notice names its id. */
async function toldToStop(way: Way, tag: string): Promise<void> {
  const up = upOf(way);
  if (way.transport === 'http' && way.modern) {
    await (up as ScriptedHttpUpstream).dropped.until(({ message }) => isTagged(message, tag));
    return;
  }
  const { message } = await arrived(way, tag);
  await up.received.until((each) => cancels(each.message, message?.id));
}

function cancels(message: RpcMessage | undefined, id: unknown): boolean {
  return message?.method === 'notifications/cancelled' && at(message, 'params', 'requestId') === id;
}
