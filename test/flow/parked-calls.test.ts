/*
 * Calls that wait at an older server for their newer client: how long they do, how many there may be, what ends them, and that
 * none of them keeps another waiting.
 */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { at, request } from '../rig/json-rpc.ts';
import { type ModernClient, type Reply, textOf } from '../rig/raw-client.ts';
import type { JsonObject } from '../rig/scripted-script.ts';
import { MODERN } from '../rig/scripted-script.ts';
import { type ScriptedHttpUpstream, type ScriptedStdioUpstream, startScripted } from '../rig/scripted-upstream.ts';
import { askedIn, bringing, YES } from './asked.ts';
import { hitsOf } from './limit-hits.ts';
import { failureOf, openStage, type Scripted } from './stage.ts';

const ABLE = { capabilities: { elicitation: { form: {}, url: {} } } };
const FORM = { method: 'elicitation/create', params: { message: 'x', requestedSchema: { type: 'object' } } };
const URL_ENTRY = { mode: 'url', elicitationId: 'e', message: 'Sign in', url: 'https://a.example/' };
const PARKED = 'gatewright_parked_calls';
const started = async (transport: 'http' | 'sse' | 'stdio'): Promise<Scripted> =>
  transport === 'stdio'
    ? startScripted({ revision: '2025-11-25', transport })
    : startScripted({ revision: '2025-11-25', transport });

const asking = (message: string) => ({ name: 'ask', arguments: { message } });
const saying = (answer: string) => ({ action: 'accept', content: { answer } });
const isCancelled = (up: Scripted, id: unknown) =>
  up.received.until(
    ({ method, message }) => method === 'notifications/cancelled' && at(message?.params, 'requestId') === id,
  );
const callWith = (up: Scripted, words: string) =>
  up.received.until(({ method, body }) => method === 'tools/call' && body.includes(words));

function assertRefused({ answer, stream }: Reply, words: RegExp): void {
  assert.equal(at(answer, 'error', 'code'), -32602, stream.rawBody);
  assert.match(String(at(answer, 'error', 'message')), words);
}

/** Until a gauge has this value. */
async function settled(read: () => Promise<number>, value: number): Promise<void> {
  while ((await read()) !== value) await new Promise(setImmediate);
}

describe('a parked call whose client', () => {
  it('does not come back is given up when the time for questions is over; who comes late is told', async () => {
    const up = { old: await started('http'), pipe: await started('stdio') };
    const stage = await openStage(up, { config: { limits: { questionTimeoutMs: 400 } } });
    after(() => stage.close());
    for (const [server, upstream] of Object.entries(up)) {
      const hits = await hitsOf(stage);
      const client = stage.modern(server, ABLE);
      const asked = askedIn(await client.call('tools/call', asking('too late')));
      assert.equal(await stage.metric(PARKED), 1);
      client.close();
      const { message } = await callWith(upstream, 'too late');
      await isCancelled(upstream, message?.id);
      assert.equal(await stage.metric(PARKED), 0);
      await hits.assertRose({ questionTimeoutMs: 1 });
      const again = await stage
        .modern(server, ABLE)
        .call('tools/call', { ...asking('too late'), ...bringing(asked, YES) });
      assertRefused(again, /expired|over/);
    }
  });

  it('has left comes back in time: the call goes on, and was made once', async () => {
    const old = await started('http');
    const stage = await openStage({ old });
    after(() => stage.close());
    const client = stage.modern('old', ABLE);
    const asked = askedIn(await client.call('tools/call', asking('patience')));
    client.close();
    const { answer } = await stage
      .modern('old', ABLE)
      .call('tools/call', { ...asking('patience'), ...bringing(asked, saying('back')) });
    assert.match(String(textOf(answer)), /"back"/);
    assert.equal(old.received.of('tools/call').length, 1);
    assert.equal(old.received.of('notifications/cancelled').length, 0);
    assert.equal(await stage.metric(PARKED), 0);
  });

  it('leaves while the server works on its answers has ended it', async () => {
    const pipe = (await started('stdio')) as ScriptedStdioUpstream;
    const stage = await openStage({ pipe });
    after(() => stage.close());
    await pipe.set('tools/call slow', { hang: true });
    const client = stage.modern('pipe', ABLE);
    const slow = { name: 'slow', arguments: {} };
    const calling = client.call('tools/call', slow);
    const { message } = await callWith(pipe, 'slow');
    await pipe.say(request('mine', 'elicitation/create', { message: 'x', requestedSchema: { type: 'object' } }));
    const asked = askedIn(await calling);
    const again = client.call('tools/call', { ...slow, ...bringing(asked, YES) }).catch(() => {});
    await pipe.received.until((each) => at(each.message, 'result', 'action') === 'accept');
    client.close();
    await isCancelled(pipe, message?.id);
    await again;
    const late = await stage.modern('pipe', ABLE).call('tools/call', { ...slow, ...bringing(asked, YES) });
    assertRefused(late, /over/);
  });
});

describe('a client that comes back able to do less', () => {
  it('and without its answer is told what it lacks; the call is given up, and the gateway goes on', async () => {
    const old = await started('http');
    const stage = await openStage({ old });
    after(() => stage.close());
    const asked = askedIn(await stage.modern('old', ABLE).call('tools/call', asking('less able')));
    const { message } = await callWith(old, 'less able');
    const unable = stage.modern('old', { capabilities: {} });
    const again = await unable.call('tools/call', { ...asking('less able'), requestState: asked.state });
    assert.equal(at(again.answer, 'error', 'code'), -32021, again.stream.rawBody);
    await isCancelled(old, message?.id);
    assert.equal(await stage.metric(PARKED), 0);
    askedIn(await stage.modern('old', ABLE).call('tools/call', asking('still there')));
  });
});

describe('a server that names URLs to visit first', () => {
  it('names no more of them than it may ask questions', async () => {
    const old = await started('http');
    const stage = await openStage({ old }, { config: { limits: { questionsPerCallMax: 2 } } });
    after(() => stage.close());
    const client = stage.modern('old', ABLE);
    const naming = async (count: number) => {
      const elicitations = Array.from({ length: count }, () => URL_ENTRY);
      await old.set('tools/call echo', { error: { code: -32042, message: 'x', data: { elicitations } }, times: 1 });
      return client.call('tools/call', { name: 'echo', arguments: {} });
    };
    assert.equal(askedIn(await naming(2)).keys.length, 2);
    assert.equal(failureOf((await naming(3)).answer), 'upstream_insists');
  });
});

describe('a parked call whose server', () => {
  for (const transport of ['http', 'sse', 'stdio'] as const) {
    it(`dies, on ${transport}: its client is told when it comes back, and the server was not called again`, async () => {
      const old = await started(transport);
      const stage = await openStage({ old }, { entries: { old: { reconnectMaxMs: 50 } } });
      after(() => stage.close());
      const client = stage.modern('old', ABLE);
      const asked = askedIn(await client.call('tools/call', asking('doomed')));
      if ('exit' in old) await old.exit(1);
      else await old.close();
      await settled(() => stage.metric(PARKED), 0);
      const { answer } = await client.call('tools/call', { ...asking('doomed'), ...bringing(asked, YES) });
      assert.match(String(failureOf(answer)), /^upstream_(lost|down|crashed)$/);
      assert.equal(old.received.all.filter(({ body }) => body.includes('doomed')).length, 1);
    });
  }

  it('is left by the gateway loses its session with it, and nobody waits for the call', async () => {
    const old = await started('http');
    const stage = await openStage({ old });
    after(() => stage.close());
    askedIn(await stage.modern('old', ABLE).call('tools/call', asking('abandoned')));
    assert.equal(await stage.gateway.stop(), 0);
    assert.equal(old.received.all.filter(({ via }) => via === 'DELETE').length, 2);
  });
});

describe('calls that are parked at once', () => {
  for (const [transport, conversations] of [
    ['http', 1],
    ['sse', 3],
    ['stdio', 3],
  ] as const) {
    it(`at one server over ${transport} do not wait for one another, and each gets its own answer`, async () => {
      const old = await started(transport);
      const stage = await openStage({ old });
      after(() => stage.close());
      const client = stage.modern('old', ABLE);
      const names = ['a', 'b', 'c'];
      const asked = await Promise.all(
        names.map(async (name) => askedIn(await client.call('tools/call', asking(`for ${name}`)))),
      );
      for (const [n, name] of names.entries()) {
        assert.equal(at(Object.values(asked[n]?.requests ?? {})[0], 'params', 'message'), `for ${name}`);
      }
      assert.equal(await stage.metric(PARKED), 3);
      for (const n of [2, 0, 1]) {
        const params = {
          ...asking(`for ${names[n]}`),
          ...bringing(asked[n] ?? assert.fail(), saying(`of ${names[n]}`)),
        };
        assert.match(String(textOf((await client.call('tools/call', params)).answer)), new RegExp(`"of ${names[n]}"`));
      }
      // One more conversation is the gateway's own.
      const count = 'pids' in old ? old.pids.length : (old as ScriptedHttpUpstream).sessionCount;
      assert.equal(count, conversations + 1);
      // What was opened beside is there for the next ones.
      await Promise.all(names.map(async (name) => askedIn(await client.call('tools/call', asking(`next ${name}`)))));
      assert.equal('pids' in old ? old.pids.length : (old as ScriptedHttpUpstream).sessionCount, count);
    });
  }

  it('wait for their turn where there is no room for one more process, and other calls of the client do as well', async () => {
    const pipe = await started('stdio');
    const stage = await openStage({ pipe }, { entries: { pipe: { processesMax: 1 } } });
    after(() => stage.close());
    const client = stage.modern('pipe', ABLE);
    const first = askedIn(await client.call('tools/call', asking('one')));
    const second = client.call('tools/call', asking('two'));
    const third = client.call('tools/call', { name: 'echo', arguments: { n: 3 } });
    await client.call('tools/call', { ...asking('one'), ...bringing(first, saying('1')) });
    const next = askedIn(await second);
    const last = await client.call('tools/call', { ...asking('two'), ...bringing(next, saying('2')) });
    assert.match(String(textOf(last.answer)), /"2"/);
    assert.equal(textOf((await third).answer), '{"n":3}');
    const order = ['"one"', '"1"', '"two"', '"2"', '"n":3'];
    const places = order.map((words) => pipe.received.all.findIndex(({ body }) => body.includes(words)));
    assert.deepEqual(
      places,
      places.toSorted((a, b) => a - b),
    );
  });

  it('and one that was given up, about which its server may still ask, neither hold up the next nor are mixed up with it', async () => {
    const pipe = (await started('stdio')) as ScriptedStdioUpstream;
    const stage = await openStage({ pipe });
    after(() => stage.close());
    await pipe.set('tools/call slow', { hang: true });
    const leaving = stage.modern('pipe', ABLE);
    const given = leaving.call('tools/call', { name: 'slow', arguments: {} }).catch(() => {});
    const { message } = await callWith(pipe, 'slow');
    leaving.close();
    await given;
    await isCancelled(pipe, message?.id);
    const processes = pipe.pids.length;
    const asked = askedIn(await stage.modern('pipe', ABLE).call('tools/call', asking('the next')));
    assert.equal(at(Object.values(asked.requests)[0], 'params', 'message'), 'the next');
    assert.equal(pipe.pids.length, processes + 1);
  });

  it('keep no older client of the same user waiting', async () => {
    const pipe = await started('stdio');
    const stage = await openStage({ pipe });
    after(() => stage.close());
    askedIn(await stage.modern('pipe', ABLE).call('tools/call', asking('parked')));
    const older = await stage.legacy('pipe', ABLE);
    assert.equal(textOf((await older.call('tools/call', { name: 'echo', arguments: { n: 1 } })).answer), '{"n":1}');
  });
});

describe('the limits of what is parked', async () => {
  const TOKENS = { ann: 'the-token-that-ann-has', bob: 'the-token-that-bob-has' };
  const as = (who: keyof typeof TOKENS) => ({ authorization: `Bearer ${TOKENS[who]}` });
  const old = await started('http');
  const fresh = await startScripted({ revision: MODERN, transport: 'http' });
  const stage = await openStage(
    { old, fresh },
    {
      config: {
        auth: { tokens: Object.entries(TOKENS).map(([name, token]) => ({ name, token })) },
        limits: { parkedCallsPerPrincipalMax: 2, questionRoundsMax: 2, requestStateTimeMs: 300 },
      },
    },
  );
  after(() => stage.close());
  const clientOf = (who: keyof typeof TOKENS, endpoint = 'old'): ModernClient =>
    stage.modern(endpoint, { ...ABLE, headers: as(who) });

  it('parkedCallsPerPrincipalMax: one more is cancelled at its server and refused; the other user is not concerned', async () => {
    const hits = await hitsOf(stage, as('ann'));
    const ann = clientOf('ann');
    const [first] = [
      askedIn(await ann.call('tools/call', asking('1'))),
      askedIn(await ann.call('tools/call', asking('2'))),
    ];
    const { answer, status, stream } = await ann.call('tools/call', asking('one too many'));
    assert.deepEqual([status, at(answer, 'error', 'code'), stream.headers['retry-after']], [429, -31029, '1']);
    await isCancelled(old, (await callWith(old, 'one too many')).message?.id);
    askedIn(await clientOf('bob').call('tools/call', asking('bob')));
    await hits.assertRose({ parkedCallsPerPrincipalMax: 1 });
    await ann.call('tools/call', { ...asking('1'), ...bringing(first, YES) });
    const room = askedIn(await ann.call('tools/call', asking('there is room')));
    await ann.call('tools/call', { ...asking('there is room'), ...bringing(room, YES) });
  });

  for (const [what, params, prepare] of [
    [
      'a question',
      { name: 'interview', arguments: { rounds: [1, 2, 3].map(() => ({ asks: { a: FORM } })) } },
      undefined,
    ],
    [
      'a URL',
      { name: 'echo', arguments: {} },
      { error: { code: -32042, message: 'x', data: { elicitations: [URL_ENTRY] } }, times: 3 },
    ],
  ] as const) {
    it(`questionRoundsMax: a server that asks for ${what} a third time has its call ended`, async () => {
      const hits = await hitsOf(stage, as('bob'));
      const bob = clientOf('bob');
      if (prepare) await old.set('tools/call echo', prepare as JsonObject);
      const first = askedIn(await bob.call('tools/call', params));
      const second = askedIn(await bob.call('tools/call', { ...params, ...bringing(first, YES) }));
      const { answer } = await bob.call('tools/call', { ...params, ...bringing(second, YES) });
      assert.equal(failureOf(answer), 'upstream_insists');
      await hits.assertRose({ questionRoundsMax: 1 });
    });
  }

  it('requestStateTimeMs: a newer server does not get a state back that is older', async () => {
    const ann = clientOf('ann', 'fresh');
    const { keys, state } = askedIn(await ann.call('tools/call', asking('x')));
    const again = { ...asking('x'), requestState: state };
    const calls = fresh.received.of('tools/call').length;
    const young = askedIn(await ann.call('tools/call', again));
    assert.deepEqual(young.keys, keys);
    let reply = await ann.call('tools/call', again);
    while (reply.answer?.error === undefined) reply = await ann.call('tools/call', again);
    assertRefused(reply, /expired/);
    const known = fresh.received.of('tools/call').length;
    assertRefused(await ann.call('tools/call', again), /expired/);
    assert.ok(known > calls);
    assert.equal(fresh.received.of('tools/call').length, known);
  });
});
