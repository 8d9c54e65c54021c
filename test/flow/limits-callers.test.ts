/*
 * The limits of what one caller may have at once and for how long: calls, sessions, streams, subscriptions, questions.
 * At the limit there is room; one more gets 429 with a time to come back, and room returns when something ends.
 */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { sseEvent } from '../../src/wire/sse/writer.ts';
import { at, type RpcMessage } from '../rig/json-rpc.ts';
import type { MessageStream } from '../rig/message-stream.ts';
import type { LegacyClient, Reply } from '../rig/raw-client.ts';
import { legacyClient, textOf } from '../rig/raw-client.ts';
import { MODERN } from '../rig/scripted-script.ts';
import { startScripted } from '../rig/scripted-upstream.ts';
import { hitsOf } from './limit-hits.ts';
import { failureOf, openStage } from './stage.ts';

const TOKENS = { one: 'the-token-of-number-one-is-long-enough', two: 'the-token-of-number-two-is-long-enough' };
const as = (who: keyof typeof TOKENS) => ({ authorization: `Bearer ${TOKENS[who]}` });
const auth = { tokens: Object.entries(TOKENS).map(([name, token]) => ({ name, token })) };

const up = {
  old: await startScripted({ revision: '2025-11-25', transport: 'http' }),
  new: await startScripted({ revision: MODERN, transport: 'http' }),
  narrow: await startScripted({ revision: MODERN, transport: 'http' }),
  slow: await startScripted({ revision: '2025-11-25', transport: 'http' }),
};
const stage = await openStage(up, {
  config: {
    auth,
    limits: {
      ...{ callsPerPrincipalMax: 3, sessionsMax: 8, sessionsPerPrincipalMax: 5, streamsPerPrincipalMax: 2 },
      ...{ subscriptionsPerClientMax: 2, questionTimeoutMs: 200, questionsPerCallMax: 1, streamBufferBytesMax: 2_048 },
    },
  },
  entries: { narrow: { callsPerServerMax: 2 }, slow: { callTimeoutMs: 500, callTimeMaxMs: 1_500 } },
});
after(() => stage.close());

const hits = () => hitsOf(stage, as('one'));

function assertFull({ status, answer, stream }: Reply): void {
  assert.equal(status, 429, stream.rawBody);
  assert.equal(at(answer, 'error', 'code'), -31029);
  assert.match(String(stream.headers['retry-after']), /^[1-9]\d*$/);
}

/** A client with so many calls that wait in a server until it closes. */
async function waiting(endpoint: 'new' | 'narrow', who: keyof typeof TOKENS, count: number) {
  const client = stage.modern(endpoint, { headers: as(who) });
  const known = up[endpoint].received.of('tools/call').length;
  for (let n = 0; n < count; n++) {
    // Cut off when the test has seen enough.
    client.start('tools/call', { name: 'slow', arguments: { ms: 60_000 } }).catch(() => {});
  }
  await up[endpoint].received.until(() => up[endpoint].received.of('tools/call').length >= known + count);
  return client;
}

/** Until a gauge or counter that is not on a clock has settled. */
async function until(fits: () => Promise<boolean>): Promise<void> {
  while (!(await fits())) await new Promise(setImmediate);
}

describe('calls at once', () => {
  it('callsPerPrincipalMax: three of one caller, whatever the server; the other is not concerned', async () => {
    const counts = await hits();
    const client = await waiting('new', 'one', 3);
    assertFull(await stage.modern('narrow', { headers: as('one') }).call('tools/list'));
    assertFull(await stage.modern('', { headers: as('one') }).call('tools/call', { name: 'new__echo' }));
    assert.equal((await stage.modern('new', { headers: as('two') }).call('tools/list')).status, 200);
    await counts.assertRose({ callsPerPrincipalMax: 2 });
    client.close();
    await until(async () => (await stage.modern('new', { headers: as('one') }).call('tools/list')).status === 200);
  });

  it('callsPerServerMax: two to one server, whoever calls; other servers are not concerned', async () => {
    const counts = await hits();
    const first = await waiting('narrow', 'one', 1);
    const second = await waiting('narrow', 'two', 1);
    const caller = stage.modern('narrow', { headers: as('two') });
    assertFull(await caller.call('tools/call', { name: 'echo' }));
    assert.equal((await stage.modern('new', { headers: as('two') }).call('tools/call', { name: 'echo' })).status, 200);
    await counts.assertRose({ callsPerServerMax: 1 });
    first.close();
    second.close();
    await until(async () => (await caller.call('tools/call', { name: 'echo' })).status === 200);
  });
});

describe('the time of a call', () => {
  const capabilities = { elicitation: {} };

  it('callTimeoutMs: silence ends a call, and progress starts it anew', async () => {
    const client = await stage.legacy('slow', { headers: as('one') });
    const counts = await hits();
    const steady = { name: 'progress', arguments: { steps: 4, everyMs: 200 } };
    const good = await client.call('tools/call', steady, { meta: { progressToken: 1 } });
    assert.equal(textOf(good.answer), 'progressed 4');
    await counts.assertRose({});
    const silent = await client.call('tools/call', { name: 'slow', arguments: { ms: 60_000 } });
    assert.equal(silent.status, 200);
    assert.equal(failureOf(silent.answer), 'upstream_timeout');
    await counts.assertRose({ callTimeoutMs: 1 });
    await client.delete();
  });

  it('callTimeMaxMs: endless progress ends, too', async () => {
    const client = await stage.legacy('slow', { headers: as('one') });
    const counts = await hits();
    const endless = { name: 'progress', arguments: { steps: 10_000, everyMs: 50 } };
    const ended = await client.call('tools/call', endless, { meta: { progressToken: 1 } });
    assert.equal(failureOf(ended.answer), 'upstream_timeout');
    assert.ok(ended.interim.length > 1);
    await counts.assertRose({ callTimeMaxMs: 1 });
    await client.delete();
  });

  it('questionTimeoutMs: a question that nobody answers ends its call', async () => {
    const client = await stage.legacy('old', { headers: as('one'), capabilities });
    const counts = await hits();
    const asked = await client.call('tools/call', { name: 'ask', arguments: {} });
    assert.equal(asked.interim[0]?.method, 'elicitation/create');
    assert.equal(failureOf(asked.answer), 'upstream_timeout');
    await counts.assertRose({ questionTimeoutMs: 1 });
    await client.delete();
  });

  it('questionsPerCallMax: one question is put, the second is refused to the server', async () => {
    const client = await stage.legacy('old', { headers: as('one'), capabilities });
    const counts = await hits();
    const question = (id: string) => ({ jsonrpc: '2.0', id, method: 'elicitation/create', params: { message: id } });
    await up.old.set('tools/call', { sse: [question('first'), question('second')], neverEnd: true, times: 1 });
    const stream = await client.start('tools/call', { name: 'ask', arguments: {} });
    const put = await stream.until(({ method }) => method === 'elicitation/create');
    const refused = await up.old.received.until(({ message }) => message?.id === 'second');
    assert.equal(at(refused.message, 'error', 'code'), -31029);
    await counts.assertRose({ questionsPerCallMax: 1 });
    assert.equal(at(put, 'params', 'message'), 'first');
    stream.abort();
    await client.delete();
  });
});

describe('sessions', () => {
  it('sessionsPerPrincipalMax: five of one caller; sessionsMax: eight of all; one that ends makes room', async () => {
    const open = async (who: keyof typeof TOKENS): Promise<{ client: LegacyClient; reply: Reply }> => {
      const client = legacyClient(stage.url('new'), '2025-06-18', { headers: as(who) });
      stage.onClose(() => client.close());
      return { client, reply: await client.initialize() };
    };
    const opened: LegacyClient[] = [];
    const opens = async (who: keyof typeof TOKENS, count: number) => {
      for (let n = 0; n < count; n++) {
        const { client, reply } = await open(who);
        assert.equal(reply.status, 200, reply.stream.rawBody);
        opened.push(client);
      }
    };
    const counts = await hits();
    await opens('one', 5);
    assertFull((await open('one')).reply);
    await counts.assertRose({ sessionsPerPrincipalMax: 1 });
    await opens('two', 3);
    assertFull((await open('two')).reply);
    await counts.assertRose({ sessionsPerPrincipalMax: 1, sessionsMax: 1 });
    assert.equal((await opened[0]?.delete())?.status, 204);
    await opens('two', 1);
    for (const client of opened.slice(1)) await client.delete();
  });
});

describe('streams', () => {
  it('streamsPerPrincipalMax: two of one caller, of either era; one that ends makes room', async () => {
    const legacy = await stage.legacy('old', { headers: as('one') });
    const modern = stage.modern('new', { headers: as('one') });
    const counts = await hits();
    const filter = { toolsListChanged: true };
    const streams: MessageStream[] = [await legacy.listen(), await modern.listen(filter)];
    const other = await stage.legacy('old', { headers: as('one') });
    const refused = await other.listen();
    assert.equal(refused.status, 429);
    assertFull(await modern.call('subscriptions/listen', { notifications: filter }));
    await counts.assertRose({ streamsPerPrincipalMax: 2 });
    streams[0]?.abort();
    await until(async () => {
      const again = await other.listen();
      again.abort();
      return again.status === 200;
    });
    streams[1]?.abort();
    await legacy.delete();
    await other.delete();
  });

  it('streamBufferBytesMax: what waits for a client is bounded, then its stream ends', async () => {
    const client = await stage.legacy('old', { headers: as('one') });
    // The scripted server says all lines at once, so that the first waits when the second comes.
    const logged = async (bytes: number, count = 1) => {
      const call = { name: 'log', arguments: { data: 'x'.repeat(bytes), count } };
      const stream = await client.start('tools/call', call);
      return stream.ended.then(
        () => stream.events.map(({ data }) => data.length),
        () => [],
      );
    };
    const counts = await hits();
    const [small = 0] = await logged(1_000);
    const around = sseEvent(Buffer.alloc(small)).length - 1_000;
    assert.equal((await logged(2_048 - around - 500, 2)).length, 3);
    assert.equal((await logged(100_000)).length, 2, 'one message may be larger');
    await counts.assertRose({});
    assert.deepEqual(await logged(2_048 - around + 1, 2), []);
    await counts.assertRose({ streamBufferBytesMax: 1 });
    await client.delete();
  });
});

describe('subscriptions', () => {
  const URIS = ['scripted://text', 'scripted://binary', 'scripted://changing'];

  it('subscriptionsPerClientMax in a session: two, and one that ends makes room', async () => {
    const client = await stage.legacy('old', { headers: as('one') });
    const counts = await hits();
    const subscribe = (uri: string | undefined) => client.call('resources/subscribe', { uri });
    for (const uri of URIS.slice(0, 2)) assert.equal((await subscribe(uri)).status, 200);
    assert.equal((await subscribe(URIS[0])).status, 200, 'the same again is not one more');
    const full = await subscribe(URIS[2]);
    assertFull(full);
    await counts.assertRose({ subscriptionsPerClientMax: 1 });
    assert.equal((await client.call('resources/unsubscribe', { uri: URIS[0] })).status, 200);
    assert.equal((await subscribe(URIS[2])).status, 200);
    await client.delete();
  });

  it('subscriptionsPerClientMax of a listen stream: two, three are refused', async () => {
    const client = stage.modern('new', { headers: as('one') });
    const counts = await hits();
    const stream = await client.listen({ resourceSubscriptions: URIS.slice(0, 2) });
    const agreed: RpcMessage | undefined = stream.messages[0];
    assert.deepEqual(at(agreed, 'params', 'notifications', 'resourceSubscriptions'), URIS.slice(0, 2));
    stream.abort();
    const full = await client.call('subscriptions/listen', { notifications: { resourceSubscriptions: URIS } });
    assertFull(full);
    await counts.assertRose({ subscriptionsPerClientMax: 1 });
  });
});
