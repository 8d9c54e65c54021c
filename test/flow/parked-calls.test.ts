/*
 * Calls that wait at an older server for their newer client: how long they do, how many there may be, what ends them, and that
 * none of them keeps another waiting.
 */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { at, notification, request, resultOf } from '../rig/json-rpc.ts';
import { textOf } from '../rig/raw-client.ts';
import { type ScriptedHttpUpstream, type ScriptedStdioUpstream, startScripted } from '../rig/scripted-upstream.ts';
import { ABLE, askedIn, asking, assertRefused, bringing, callWith, isCancelled, URL_ENTRY, YES } from './asked.ts';
import { hitsOf } from './limit-hits.ts';
import { failureOf, openStage, type Scripted } from './stage.ts';

const PARKED = 'gatewright_parked_calls';
const started = async (transport: 'http' | 'sse' | 'stdio'): Promise<Scripted> =>
  transport === 'stdio'
    ? startScripted({ revision: '2025-11-25', transport })
    : startScripted({ revision: '2025-11-25', transport });

const saying = (answer: string) => ({ action: 'accept', content: { answer } });
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

describe('a client that comes back without a wish for log lines', () => {
  it('gets none, whatever it wanted before it was asked', async () => {
    const pipe = (await started('stdio')) as ScriptedStdioUpstream;
    const stage = await openStage({ pipe });
    after(() => stage.close());
    await pipe.set('tools/call slow', { hang: true });
    const client = stage.modern('pipe', ABLE);
    const slow = { name: 'slow', arguments: {} };
    const calling = client.call('tools/call', slow, { meta: { 'io.modelcontextprotocol/logLevel': 'debug' } });
    const { message } = await callWith(pipe, 'slow');
    await pipe.say(request('mine', 'elicitation/create', { message: 'x', requestedSchema: { type: 'object' } }));
    const again = client.call('tools/call', { ...slow, ...bringing(askedIn(await calling), YES) });
    await pipe.received.until((each) => at(each.message, 'result', 'action') === 'accept');
    await pipe.say(notification('notifications/message', { level: 'info', data: 'for nobody' }));
    await pipe.say(resultOf(message?.id, { content: [] }));
    const { stream } = await again;
    assert.doesNotMatch(stream.rawBody, /for nobody/);
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
