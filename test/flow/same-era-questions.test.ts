/*
 * Servers that ask: elicitation, sampling and roots, within one era.
 *
 * An older server sends a request on the call's own stream and waits for the posted answer; a newer one answers
 * `input_required` and is called again. Either way what the person says reaches the server as it was said, and nobody is
 * asked who did not say that they can be.
 */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { at, errorOf, request, resultOf } from '../rig/json-rpc.ts';
import { type LegacyClient, type ModernClient, textOf } from '../rig/raw-client.ts';
import { startScripted } from '../rig/scripted-upstream.ts';
import { caughtUp, headersFor, openEraStage, WAYS } from './same-era.ts';
import { openStage } from './stage.ts';

const { stage, upOf, clientOf } = await openEraStage();
after(() => stage.close());

const ABLE = { elicitation: { form: {} }, sampling: {}, roots: { listChanged: true } };

/** Tool that asks, the question it puts, an answer as bytes. */
const QUESTIONS = [
  ['ask', 'elicitation/create', '{"content":{"answer":"me\\u0021","big":12345678901234567890},"action":"accept"}'],
  ['ask', 'elicitation/create', '{"action":"decline"}'],
  ['sample', 'sampling/createMessage', '{"role":"assistant","model":"m","content":{"type":"text","text":"x"}}'],
  ['roots', 'roots/list', '{"roots":[{"uri":"file:///a","name":"A","_meta":{"vendor/x":1.0}}]}'],
] as const;

for (const way of WAYS.filter(({ modern }) => !modern)) {
  describe(`${way.server} asks a client of its era`, () => {
    for (const [tool, method, result] of QUESTIONS) {
      it(`${method}, on the call's own stream, and gets the posted ${result.slice(0, 20)}… as it was posted`, async () => {
        const client = (await clientOf(way, ABLE)) as LegacyClient;
        const elsewhere = await client.listen();
        const stream = await client.start('tools/call', { name: tool, arguments: { message: 'Who?' } });
        const question = await stream.until((message) => message.method === method);
        if (tool === 'ask') assert.equal(at(question.params, 'message'), 'Who?');
        const body = `{"result":${result},"id":${JSON.stringify(question.id)},"jsonrpc":"2.0"}`;
        const posted = await client.send('POST', body, client.sessionHeaders());
        assert.equal(posted.status, 202);
        await stream.ended;
        assert.deepEqual(JSON.parse(String(textOf(stream.messages.at(-1)))), { answered: JSON.parse(result) });
        await upOf(way).received.until(({ body }) => body.includes(result));
        assert.deepEqual(elsewhere.messages, []);
      });
    }

    it('and is told when the client answers with an error', async () => {
      const client = (await clientOf(way, ABLE)) as LegacyClient;
      const stream = await client.start('tools/call', { name: 'ask' });
      const question = await stream.until((message) => message.method === 'elicitation/create');
      await client.post(errorOf(question.id, -1, 'User rejected', { why: [1] }));
      await stream.ended;
      const { answered } = JSON.parse(String(textOf(stream.messages.at(-1))));
      assert.deepEqual(answered, { code: -1, message: 'User rejected', data: { why: [1] } });
    });

    it('sees what the client can do, and only what this client can do', async () => {
      for (const capabilities of [{}, { roots: {} }, ABLE]) {
        const client = await clientOf(way, capabilities);
        const { answer } = await client.call('tools/call', { name: 'offered' });
        assert.deepEqual(JSON.parse(String(textOf(answer))), capabilities);
      }
    });

    it('cannot ask a client that has not said that it can be asked', async () => {
      for (const [capabilities, tool] of [
        [{}, 'ask'],
        [{ sampling: {} }, 'ask'],
        [{ elicitation: {} }, 'sample'],
        [{ elicitation: {} }, 'roots'],
      ] as const) {
        const client = await clientOf(way, capabilities);
        const { interim, answer } = await client.call('tools/call', { name: tool });
        assert.deepEqual(interim, [], `${tool} with ${JSON.stringify(capabilities)}`);
        assert.match(String(textOf(answer)), /"code":-/);
      }
    });

    it('does not hear of answers that nobody asked for, were given twice, or come from another session', async () => {
      const [client, thief] = (await Promise.all([clientOf(way, ABLE), clientOf(way, ABLE)])) as [
        LegacyClient,
        LegacyClient,
      ];
      const stream = await client.start('tools/call', { name: 'ask' });
      const { id } = await stream.until((message) => message.method === 'elicitation/create');
      for (const wrong of [id, 1, 'question-1', 999])
        assert.equal((await thief.answer(wrong, { forged: 1 })).status, 202);
      await client.answer(`${id}`, { forged: 2 });
      await client.answer(id, { action: 'cancel' });
      await client.answer(id, { forged: 3 });
      await stream.ended;
      assert.equal(textOf(stream.messages.at(-1)), '{"answered":{"action":"cancel"}}');
      await caughtUp(upOf(way), client);
      const heard = upOf(way).received.all.filter(({ body }) => body.includes('forged'));
      assert.deepEqual(heard, []);
    });

    it('hears that the roots have changed', async () => {
      const client = (await clientOf(way, ABLE)) as LegacyClient;
      await client.call('tools/call', { name: 'echo' });
      await client.notify('notifications/roots/list_changed');
      await upOf(way).received.until(({ method }) => method === 'notifications/roots/list_changed');
    });
  });
}

describe('a server on a pipe, whose questions name no call,', () => {
  it('gets calls of clients that can be asked one at a time, and each question goes to the client of its call', async (t) => {
    const up = await startScripted({ revision: '2025-11-25', transport: 'stdio' });
    const own = await openStage({ pipe: up });
    t.after(() => own.close());
    const [a, b] = await Promise.all([
      own.legacy('pipe', { capabilities: ABLE }),
      own.legacy('pipe', { capabilities: ABLE }),
    ]);
    const first = await a.start('tools/call', { name: 'ask', arguments: { message: 'for a' } });
    const second = b.start('tools/call', { name: 'ask', arguments: { message: 'for b' } });
    const asked = await first.until((message) => message.method === 'elicitation/create');
    assert.equal(at(asked.params, 'message'), 'for a');
    await a.answer(asked.id, { action: 'accept', content: { answer: 'a' } });
    await first.ended;
    const stream = await second;
    const next = await stream.until((message) => message.method === 'elicitation/create');
    assert.equal(at(next.params, 'message'), 'for b');
    await b.answer(next.id, { action: 'accept', content: { answer: 'b' } });
    await stream.ended;
    assert.match(String(textOf(first.messages.at(-1))), /"answer":"a"/);
    assert.match(String(textOf(stream.messages.at(-1))), /"answer":"b"/);
    await caughtUp(up, a);
    const order = ['for a', '"answer":"a"', 'for b', '"answer":"b"'];
    const places = order.map((words) => up.received.all.findIndex(({ body }) => body.includes(words)));
    assert.deepEqual(
      places,
      places.toSorted((x, y) => x - y),
    );
  });

  it('gets no next call while one that was given up may still ask, and then asks nobody else', async (t) => {
    const up = await startScripted({ revision: '2025-11-25', transport: 'stdio' });
    const own = await openStage({ pipe: up });
    t.after(() => own.close());
    const [a, b] = await Promise.all([
      own.legacy('pipe', { capabilities: ABLE }),
      own.legacy('pipe', { capabilities: ABLE }),
    ]);
    await up.set('tools/call ask', { hang: true });
    const given = a.start('tools/call', { name: 'ask' }, { id: 'given up' });
    const { message } = await up.received.until(({ method }) => method === 'tools/call');
    await a.notify('notifications/cancelled', { requestId: 'given up' });
    await (await given).ended;
    const next = b.call('tools/call', { name: 'echo' });
    await up.received.until(({ method }) => method === 'notifications/cancelled');
    await up.say(request('late', 'elicitation/create', { message: 'secret of a' }));
    const refused = await up.received.until(({ message }) => message?.id === 'late');
    assert.equal(at(refused.message, 'error', 'code'), -31021);
    assert.equal(up.received.of('tools/call').length, 1);
    await up.say(resultOf(message?.id, { content: [] }));
    assert.deepEqual((await next).interim, []);
  });

  it('makes nobody wait whose turn was given up, and asks nobody when no call is there', async (t) => {
    const up = await startScripted({ revision: '2025-11-25', transport: 'stdio' });
    const own = await openStage({ pipe: up });
    t.after(() => own.close());
    const [a, b] = await Promise.all([
      own.legacy('pipe', { capabilities: ABLE }),
      own.legacy('pipe', { capabilities: ABLE }),
    ]);
    const first = await a.start('tools/call', { name: 'ask' }, { id: 'first' });
    await first.until((message) => message.method === 'elicitation/create');
    const waiting = a.start('tools/call', { name: 'ask' }, { id: 'waiting' });
    await a.notify('notifications/cancelled', { requestId: 'waiting' });
    const last = b.call('tools/call', { name: 'echo', arguments: { n: 1 } });
    await a.notify('notifications/cancelled', { requestId: 'first' });
    assert.equal(textOf((await last).answer), '{"n":1}');
    await (await waiting).ended;
    await caughtUp(up, a);
    assert.equal(up.received.of('tools/call').length, 3);

    await up.say(request('stray', 'elicitation/create', { message: 'Anybody?' }));
    const refused = await up.received.until(({ message }) => message?.id === 'stray');
    assert.equal(at(refused.message, 'error', 'code'), -31021);
  });
});

for (const way of WAYS.filter(({ modern }) => modern)) {
  describe(`${way.server} asks a client of its era`, () => {
    it('with input_required, and gets its own state and the answers back, byte for byte', async () => {
      const client = (await clientOf(way, ABLE)) as ModernClient;
      const asking = `{"jsonrpc":"2.0","id":$ID,"result":${INPUT_REQUIRED}}`;
      const raw = way.transport === 'stdio' ? `${asking}\n` : asking;
      await upOf(way).set('tools/call ask', { raw, times: 1, headers: { 'content-type': 'application/json' } });
      const first = await client.call('tools/call', { name: 'ask' }, { id: 1 });
      const sealed = JSON.stringify(at(first.answer, 'result', 'requestState'));
      assert.equal(first.stream.rawBody, asking.replace('$ID', '1').replace(STATE, sealed));

      const paramsWith = (state: string) =>
        `{"name":"ask","inputResponses":${RESPONSES},"requestState":${state},"_meta":${JSON.stringify(client.meta())}}`;
      const params = paramsWith(sealed);
      const body = `{"jsonrpc":"2.0","id":2,"method":"tools/call","params":${params}}`;
      const retry = await client.send('POST', body, headersFor(client, 'tools/call', 'ask'));
      await retry.ended;
      const received = await upOf(way).received.until((each) => each.body.includes('inputResponses'));
      const expected = body.replace('"id":2', `"id":${received.message?.id}`).replace(params, paramsWith(STATE));
      assert.equal(received.body.toString(), expected);
    });

    for (const [tool, method, result] of QUESTIONS) {
      it(`for ${method}, round by round`, async () => {
        const client = (await clientOf(way, ABLE)) as ModernClient;
        const first = (await client.call('tools/call', { name: tool })).answer;
        assert.equal(at(first, 'result', 'resultType'), 'input_required');
        assert.equal(at(first, 'result', 'inputRequests', 'question', 'method'), method);
        const requestState = at(first, 'result', 'requestState');
        const inputResponses = { question: JSON.parse(result) };
        const second = (await client.call('tools/call', { name: tool, inputResponses, requestState })).answer;
        assert.deepEqual(JSON.parse(String(textOf(second))), { answered: JSON.parse(result), stateKept: true });
      });
    }

    it('and sees with every request what its client can do', async () => {
      for (const capabilities of [{}, { roots: {} }, ABLE]) {
        const client = await clientOf(way, capabilities);
        const { answer } = await client.call('tools/call', { name: 'offered' });
        assert.deepEqual(JSON.parse(String(textOf(answer))), capabilities);
      }
    });
  });
}

const STATE = '"opaque \\u0041\\/ é =?base64?eA==?= \\"quoted\\""';
const INPUT_REQUIRED =
  `{"requestState":${STATE},"resultType":"input_required","inputRequests":{"b":{"method":"elicitation/create",` +
  '"params":{"message":"\\u00e9","requestedSchema":{"type":"object","properties":{}},"future":12345678901234567890}},"a":{"method":"roots/list"}}}';
const RESPONSES =
  '{ "b":{"action":"accept","content":{"n":1.0,"big":12345678901234567890}} ,"a":{"roots":[ ],"future":null}}';
