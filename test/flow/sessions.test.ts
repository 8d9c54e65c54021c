/*
 * Legacy sessions: whose they are, where they hold, and how they end.
 *
 * A session is nobody's but its principal's and its endpoint's; to everybody else it does not exist. When it ends, by the
 * client, by silence or by the gateway, nothing of it is left.
 */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { at } from '../rig/json-rpc.ts';
import { type LegacyClient, legacyClient, textOf } from '../rig/raw-client.ts';
import { startScripted } from '../rig/scripted-upstream.ts';
import { openStage, type Stage } from './stage.ts';

const TOKENS = { ada: 'the-token-of-ada-0001-is-long-enough', bob: 'the-token-of-bob-0002-is-long-enough' };
const auth = { tokens: Object.entries(TOKENS).map(([name, token]) => ({ name, token })) };
const as = (who: keyof typeof TOKENS) => ({ headers: { authorization: `Bearer ${TOKENS[who]}` } });
const SESSIONS = 'gatewright_sessions';
const ECHO = { name: 'echo', arguments: { n: 1 } };

async function stageWith(config: object): Promise<Stage> {
  const one = await startScripted({ revision: '2025-11-25', transport: 'http' });
  const two = await startScripted({ revision: '2025-11-25', transport: 'http' });
  return openStage({ one, two }, { config: { ...config } });
}

const stage = await stageWith({ auth });
after(() => stage.close());

/** The session of one client in the hands of another. */
function withSession(thief: LegacyClient, { sessionId, initialized }: LegacyClient): LegacyClient {
  thief.sessionId = sessionId;
  thief.initialized = initialized;
  stage.onClose(() => thief.close());
  return thief;
}

const echoed = async (client: LegacyClient) => textOf((await client.call('tools/call', ECHO)).answer);

describe('a session', () => {
  it('has an id of at least 128 bits that nobody can guess from others', async () => {
    const ids = (await Promise.all(Array.from({ length: 20 }, () => stage.legacy('one', as('ada'))))).map(
      ({ sessionId }) => sessionId,
    );
    assert.equal(new Set(ids).size, ids.length);
    for (const id of ids) {
      assert.match(id, /^[\x21-\x7e]+$/);
      assert.ok(Buffer.from(id, 'base64url').length >= 16, id);
    }
    const columns = Array.from({ length: 22 }, (_, place) => new Set(ids.map((id) => id[place])));
    assert.ok(
      columns.every((letters) => letters.size > 1),
      'a place that is always the same',
    );
  });

  for (const [whose, thiefAs, endpoint] of [
    ['of another principal', 'bob', 'one'],
    ['of another endpoint', 'ada', 'two'],
    ['of another endpoint, the one with all servers,', 'ada', ''],
  ] as const) {
    it(`${whose} does not exist, for calls, streams, answers and its end alike, and goes on`, async () => {
      const owner = await stage.legacy('one', as('ada'));
      const stream = await owner.listen();
      const pending = owner.start('tools/call', { name: 'slow', arguments: { ms: 100 } }, { id: 'mine' });
      const thief = withSession(legacyClient(stage.url(endpoint), '2025-11-25', as(thiefAs)), owner);
      const stranger = withSession(legacyClient(stage.url(endpoint), '2025-11-25', as(thiefAs)), owner);
      stranger.sessionId = 'AAAAAAAAAAAAAAAAAAAAAA';
      for (const act of [
        (client: LegacyClient) => client.call('tools/call', ECHO),
        (client: LegacyClient) => client.call('ping'),
        (client: LegacyClient) => client.notify('notifications/cancelled', { requestId: 'mine' }),
        (client: LegacyClient) => client.answer(1, { action: 'accept' }),
        async (client: LegacyClient) => ({ status: 0, stream: await client.listen() }),
        (client: LegacyClient) => client.delete(),
      ]) {
        const [stolen, unknown] = [await act(thief), await act(stranger)];
        await Promise.all([stolen.stream.ended, unknown.stream.ended]);
        assert.equal(stolen.stream.status, 404);
        assert.equal(stolen.stream.rawBody, unknown.stream.rawBody, 'whose it is can be told from the answer');
      }
      await (await pending).ended;
      assert.equal(textOf((await pending).messages.at(-1)), 'slept');
      assert.equal(await echoed(owner), '{"n":1}');
      assert.deepEqual(stream.messages, []);
      stream.abort();
    });
  }

  it('opens no door by itself: every request needs the credential', async () => {
    const owner = await stage.legacy('one', as('ada'));
    const thief = withSession(legacyClient(stage.url('one'), '2025-11-25'), owner);
    assert.equal((await thief.call('tools/call', ECHO)).status, 401);
    assert.equal((await thief.delete()).status, 401);
    assert.equal(await echoed(owner), '{"n":1}');
  });

  it('ends with DELETE: its stream closes, its calls stop, and it is unknown from then on', async () => {
    const owner = await stage.legacy('one', as('ada'));
    const before = await stage.metric(SESSIONS, as('ada').headers);
    const stream = await owner.listen();
    const pending = await owner.start(
      'tools/call',
      { name: 'progress', arguments: { steps: 1, everyMs: 600_000 } },
      {
        meta: { progressToken: 1 },
      },
    );
    assert.equal((await owner.delete()).status, 204);
    await Promise.all([stream.ended, pending.ended]);
    assert.equal(at(pending.messages.at(-1), 'error', 'code'), -31022);
    assert.equal((await owner.call('ping')).status, 404);
    assert.equal((await owner.delete()).status, 404);
    assert.equal(await stage.metric(SESSIONS, as('ada').headers), before - 1);
  });

  it('needs its id: a request without one is told so', async () => {
    const owner = await stage.legacy('one', as('ada'));
    const { sessionId } = owner;
    for (const id of [undefined, '']) {
      Object.assign(owner, { sessionId: id });
      const { status, answer } = await owner.call('ping');
      assert.deepEqual([status, at(answer, 'error', 'code')], [400, -32600]);
    }
    owner.sessionId = sessionId;
    assert.deepEqual((await owner.call('ping')).answer?.result, {});
  });

  it('has one GET stream: the newer one counts, and the older one is closed in order', async () => {
    const owner = await stage.legacy('one', as('ada'));
    const first = await owner.listen();
    const second = await owner.listen();
    await first.ended;
    const third = await owner.listen();
    await second.ended;
    assert.deepEqual([first.status, second.status, third.status], [200, 200, 200]);
    third.abort();
  });
});

describe('sessions beyond a limit', () => {
  it('of one principal are refused, others are not, and room comes back', async (t) => {
    const own = await stageWith({ auth, limits: { sessionsPerPrincipalMax: 2, sessionsMax: 3 } });
    t.after(() => own.close());
    const [first] = [await own.legacy('one', as('ada')), await own.legacy('two', as('ada'))];
    const refused = await refusedInitialize(own, 'ada');
    assert.deepEqual(refused, [429, -31029, true]);
    await own.legacy('one', as('bob'));
    assert.deepEqual(await refusedInitialize(own, 'bob'), [429, -31029, true]);
    assert.equal(
      await own.metric('gatewright_limit_hits_total{limit="sessionsPerPrincipalMax"}', as('ada').headers),
      1,
    );
    assert.equal(await own.metric('gatewright_limit_hits_total{limit="sessionsMax"}', as('ada').headers), 1);
    await first.delete();
    await own.legacy('one', as('bob'));
  });
});

describe('a session that is not used', () => {
  it('ends, unless its stream is open or a call is running, and the count is back at nothing', async (t) => {
    const own = await stageWith({ limits: { sessionIdleMs: 400 } });
    t.after(() => own.close());
    const idle = await Promise.all(Array.from({ length: 50 }, () => own.legacy('one')));
    const [listening, calling] = [await own.legacy('one'), await own.legacy('one')];
    const stream = await listening.listen();
    const slow = await calling.start(
      'tools/call',
      { name: 'progress', arguments: { steps: 1, everyMs: 2_000 } },
      {
        meta: { progressToken: 1 },
      },
    );
    assert.ok((await own.metric(SESSIONS)) >= 2);
    await countIs(own, 2);
    assert.equal((await (idle[0] as LegacyClient).call('ping')).status, 404);
    assert.deepEqual((await listening.call('ping')).answer?.result, {});
    await slow.ended;
    assert.equal(textOf(slow.messages.at(-1)), 'progressed 1');
    stream.abort();
    await countIs(own, 0);
  });
});

async function refusedInitialize(own: Stage, who: keyof typeof TOKENS): Promise<unknown[]> {
  const client = legacyClient(own.url('one'), '2025-11-25', as(who));
  const { status, answer, stream } = await client.call('initialize', {
    protocolVersion: '2025-11-25',
    capabilities: {},
    clientInfo: { name: 'one more', version: '1' },
  });
  client.close();
  return [status, at(answer, 'error', 'code'), Number(stream.headers['retry-after']) > 0];
}

async function countIs(own: Stage, count: number): Promise<void> {
  while ((await own.metric(SESSIONS)) !== count) await new Promise((resolve) => setTimeout(resolve, 50));
}
