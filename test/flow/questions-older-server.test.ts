/*
 * Newer clients that an older server asks in the middle of a call, over each transport: the call is parked, and what the
 * client brings when it comes back reaches the server as the answer to its question.
 */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { at, notification, request, resultOf } from '../rig/json-rpc.ts';
import { textOf } from '../rig/raw-client.ts';
import { startScripted } from '../rig/scripted-upstream.ts';
import { askedIn, bringing, YES } from './asked.ts';
import { caughtUp, headersFor } from './same-era.ts';
import { failureOf, openStage, type Scripted } from './stage.ts';

const up: Record<string, Scripted> = {
  'http-old': await startScripted({ revision: '2025-11-25', transport: 'http', name: 'old' }),
  'pipe-old': await startScripted({ revision: '2025-11-25', transport: 'stdio', name: 'old' }),
  'sse-old': await startScripted({ revision: '2025-11-25', transport: 'sse', name: 'old' }),
};
const program = fileURLToPath(new URL('../rig/older-sdk-server.ts', import.meta.url));
const stage = await openStage(up, { others: { sdk: { command: process.execPath, args: [program] } } });
after(() => stage.close());

const upOf = (server: string) => up[server] as Scripted;
const ABLE = { elicitation: { form: {}, url: {} }, sampling: {}, roots: {} };
const SERVER_INFO = 'io.modelcontextprotocol/serverInfo';

const form = (message: string) => ({
  method: 'elicitation/create',
  params: { message, requestedSchema: { type: 'object', properties: { answer: { type: 'string' } } } },
});
const url = {
  method: 'elicitation/create',
  params: { mode: 'url', message: 'Sign in', url: 'https://a.example/x?y=1' },
};
const roots = { method: 'roots/list' };
const sampling = {
  method: 'sampling/createMessage',
  params: { messages: [{ role: 'user', content: { type: 'text', text: 'Say' } }], maxTokens: 3 },
};
const urlRequired = {
  code: -32042,
  message: 'Visit it first.',
  data: { elicitations: [1, 2].map((n) => ({ ...url.params, elicitationId: `e-${n}` })) },
};
const SAID = { role: 'assistant', model: 'm', content: { type: 'text', text: 'said' } };
const FILES = { roots: [{ uri: 'file:///a', name: 'A', _meta: { 'vendor/x': 1 } }] };

const interview = (...rounds: object[]) => ({
  name: 'interview',
  arguments: { rounds: rounds.map((asks) => ({ asks })) },
});
const answersIn = (reply: { answer: Parameters<typeof textOf>[0] }) => JSON.parse(String(textOf(reply.answer))).answers;

for (const server of ['http-old', 'pipe-old', 'sse-old']) {
  describe(`${server} asks a newer client`, () => {
    for (const [question, answer] of [
      [form('Who?'), YES],
      [form('Who?'), { action: 'decline' }],
      [url, { action: 'accept' }],
      [sampling, SAID],
      [roots, FILES],
    ] as const) {
      it(`for ${question.method} and gets ${JSON.stringify(answer).slice(0, 30)}…, in one call of its own`, async () => {
        const client = stage.modern(server, { capabilities: ABLE });
        const mark = `${server} ${JSON.stringify(question)} ${JSON.stringify(answer)}`;
        const older = 'params' in question ? { elicitationId: 'e', task: { ttl: 1 }, _meta: { progressToken: 9 } } : {};
        const put = 'params' in question ? { ...question, params: { ...question.params, ...older } } : question;
        const call = { name: 'interview', arguments: { mark, rounds: [{ asks: { a: put } }] } };
        const first = await client.call('tools/call', call, { id: 'é' });
        const asked = askedIn(first);
        const { _meta: none, ...params } = (at(asked.requests, asked.keys[0] ?? '', 'params') ?? {}) as Record<
          string,
          unknown
        >;
        assert.deepEqual(params, 'params' in question ? question.params : {});
        assert.deepEqual(none, 'params' in question ? {} : undefined);
        assert.deepEqual([first.answer?.id, at(first.answer, 'result', '_meta')], ['é', identity('old')]);

        const last = await client.call('tools/call', { ...call, ...bringing(asked, answer) });
        assert.deepEqual(answersIn(last), [{ a: answer }]);
        assert.equal(at(last.answer, 'result', 'resultType'), 'complete');
        await caughtUp(upOf(server), client);
        const sent = upOf(server)
          .received.of('tools/call')
          .filter(({ message }) => at(message?.params, 'arguments', 'mark') === mark);
        assert.equal(sent.length, 1);
      });
    }

    it('byte for byte: what it asked, and what was answered', async () => {
      const client = stage.modern(server, { capabilities: ABLE });
      const call = { name: 'interview', arguments: { rounds: [{ asks: { a: form('é\\') } }] } };
      const asked = askedIn(await client.call('tools/call', call));
      const given = '{ "content":{"n":1.0,"big":12345678901234567890,"s":"\\u0041\\/"} ,"action":"accept"}';
      const more = `"inputResponses":{"${asked.keys[0]}":${given}},"requestState":"${asked.state}"`;
      const params = `{"name":"interview","arguments":${JSON.stringify(call.arguments)},${more},"_meta":${JSON.stringify(client.meta())}}`;
      const body = `{"jsonrpc":"2.0","id":2,"method":"tools/call","params":${params}}`;
      const stream = await client.send('POST', body, headersFor(client, 'tools/call', 'interview'));
      await stream.ended;
      assert.equal(stream.status, 200);
      await upOf(server).received.until((each) => each.body.includes(`"result":${given}`));
    });

    it('several things at once, which come together, and again what was not brought', async () => {
      const client = stage.modern(server, { capabilities: ABLE });
      const call = interview({ a: form('A'), b: form('B'), c: roots }, { d: sampling });
      const first = askedIn(await client.call('tools/call', call));
      assert.equal(first.keys.length, 3);
      const some = { ...bringing(first, [YES]), vendor: 1 };
      const second = askedIn(await client.call('tools/call', { ...call, ...some }));
      assert.deepEqual(second.keys, first.keys.slice(1));
      assert.notEqual(second.state, first.state);
      const none = askedIn(await client.call('tools/call', { ...call, requestState: second.state }));
      assert.deepEqual(none.keys, second.keys);
      const third = await client.call('tools/call', { ...call, ...bringing(none, [{ action: 'cancel' }, FILES]) });
      const last = await client.call('tools/call', { ...call, ...bringing(askedIn(third), SAID) });
      assert.deepEqual(answersIn(last), [{ a: YES, b: { action: 'cancel' }, c: FILES }, { d: SAID }]);
    });

    it('and what is no answer to what was asked is refused, and what nobody asked for is ignored', async () => {
      const client = stage.modern(server, { capabilities: ABLE });
      const call = interview({ a: form('A') });
      const { keys, state } = askedIn(await client.call('tools/call', call));
      const [key = ''] = keys;
      for (const [wrong, words] of [
        [[], /inputResponses must be an object/],
        [{ [key]: 'yes' }, /must be an object/],
        [{ [key]: {} }, /must have an action/],
        [{ [key]: { action: 'maybe' } }, /must have an action/],
      ] as const) {
        const { answer } = await client.call('tools/call', { ...call, inputResponses: wrong, requestState: state });
        assert.equal(at(answer, 'error', 'code'), -32602);
        assert.match(String(at(answer, 'error', 'message')), words);
      }
      const inputResponses = { [key]: YES, q99: { action: 'decline' }, __other: 1 };
      const last = await client.call('tools/call', { ...call, inputResponses, requestState: state });
      assert.deepEqual(answersIn(last), [{ a: YES }]);
    });

    it('and its progress goes out on the newest request, under that one’s token', async () => {
      const client = stage.modern(server, { capabilities: ABLE });
      const call = interview({ a: form('A') }, { b: form('B') }, {});
      const first = askedIn(await client.call('tools/call', call, { meta: { progressToken: 'one' } }));
      const second = await client.call(
        'tools/call',
        { ...call, ...bringing(first, YES) },
        { meta: { progressToken: 2 } },
      );
      assert.deepEqual(second.interim.map(progressOf), [[2, 1]]);
      const third = await client.call(
        'tools/call',
        { ...call, ...bringing(askedIn(second), YES) },
        { meta: { progressToken: 'x' } },
      );
      assert.deepEqual(third.interim.map(progressOf), [
        ['x', 2],
        ['x', 3],
      ]);
      assert.deepEqual(answersIn(third), [{ a: YES }, { b: YES }, {}]);
    });

    it('only for what that client has declared; else the call ends, and the client is told what is missing', async () => {
      for (const [capabilities, question, needed] of [
        [{ elicitation: {} }, url, { elicitation: { url: {} } }],
        [{ elicitation: { url: {} } }, form('x'), { elicitation: { form: {} } }],
        [{ elicitation: {} }, roots, { roots: {} }],
        [
          { roots: {}, sampling: {} },
          { ...sampling, params: { ...sampling.params, tools: [] } },
          { sampling: { tools: {} } },
        ],
        [{}, sampling, { sampling: {} }],
      ] as const) {
        const client = stage.modern(server, { capabilities });
        const { answer, status } = await client.call('tools/call', interview({ a: question }));
        assert.deepEqual([status, at(answer, 'error', 'code')], [400, -32021], JSON.stringify(capabilities));
        assert.deepEqual(at(answer, 'error', 'data', 'requiredCapabilities'), needed);
      }
    });

    it('and is told when the request that has brought the answers is dropped', async () => {
      const client = stage.modern(server, { capabilities: ABLE });
      const call = { ...interview({ a: form('A') }), name: 'interview' };
      const asked = askedIn(await client.call('tools/call', call));
      await upOf(server).set('tools/call interview', undefined);
      const slow = { name: 'progress', arguments: { steps: 1, everyMs: 600_000, tag: `dropped ${server}` } };
      const stream = await client.start('tools/call', slow, { meta: { progressToken: 1 } });
      stream.abort();
      const begun = await upOf(server).received.until(({ body }) => body.includes(`dropped ${server}`));
      await upOf(server).received.until(
        ({ method, message }) =>
          method === 'notifications/cancelled' && at(message?.params, 'requestId') === begun.message?.id,
      );
      assert.deepEqual(answersIn(await client.call('tools/call', { ...call, ...bringing(asked, YES) })), [{ a: YES }]);
    });
  });
}

for (const server of ['http-old', 'pipe-old', 'sse-old']) {
  describe(`what else ${server} may do`, () => {
    for (const [method, params] of [
      ['prompts/get', { name: 'plain' }],
      ['resources/read', { uri: 'scripted://text' }],
    ] as const) {
      it(`it may want a URL to be visited before ${method} goes on: then the call is made again`, async () => {
        const client = stage.modern(server, { capabilities: ABLE });
        await upOf(server).set(method, { error: urlRequired, times: 2 });
        const first = askedIn(await client.call(method, params));
        assert.deepEqual(Object.values(first.requests), [url, url]);
        const again = askedIn(await client.call(method, { ...params, ...bringing(first, { action: 'accept' }) }));
        assert.notEqual(again.state, first.state);
        const { answer } = await client.call(method, { ...params, ...bringing(again, { action: 'accept' }) });
        assert.equal(at(answer, 'result', 'resultType'), 'complete');
        const sent = upOf(server).received.of(method).slice(-3);
        assert.ok(sent.every(({ body }) => !body.includes('inputResponses') && !body.includes('requestState')));
      });
    }

    it('it may want a URL to be visited, and the user may not want to: that ends it, in words', async () => {
      const client = stage.modern(server, { capabilities: ABLE });
      for (const action of ['decline', 'cancel']) {
        await upOf(server).set('tools/call echo', { error: urlRequired, times: 1 });
        const call = { name: 'echo', arguments: { mark: `${server} ${action}` } };
        const asked = askedIn(await client.call('tools/call', call));
        const params = { ...call, ...bringing(asked, [{ action: 'accept' }, { action }]) };
        const { answer } = await client.call('tools/call', params);
        assert.deepEqual([failureOf(answer), at(answer, 'result', 'isError')], ['client_unable', true]);
        assert.match(String(textOf(answer)), /URL .* not agreed/);
        await caughtUp(upOf(server), client);
        assert.equal(upOf(server).received.all.filter(({ body }) => body.includes(call.arguments.mark)).length, 1);
      }
    });

    it('it may want a URL of a client that shows none, or none at all: that is an error', async () => {
      await upOf(server).set('tools/call echo', { error: urlRequired, times: 1 });
      const formOnly = stage.modern(server, { capabilities: { elicitation: { form: {} } } });
      const { answer, status } = await formOnly.call('tools/call', { name: 'echo' });
      assert.deepEqual([status, at(answer, 'error', 'code')], [400, -32021]);
      await upOf(server).set('tools/call echo', { error: { code: -32042, message: 'no data' }, times: 1 });
      const able = stage.modern(server, { capabilities: ABLE });
      assert.equal(failureOf((await able.call('tools/call', { name: 'echo' })).answer), 'upstream_invalid');
    });

    it('it is asked in an aggregate by its own names, and asks by those of the endpoint', async () => {
      const client = stage.modern('', { capabilities: ABLE });
      const link = (uri: string) => ({ type: 'resource_link', uri, name: 'l' });
      const outside = `${server}+scripted://text`;
      const call = { name: `${server}__sample`, arguments: { content: link('scripted://text') } };
      const asked = askedIn(await client.call('tools/call', call));
      const [question] = Object.values(asked.requests);
      assert.equal(at(question, 'params', 'messages', 0, 'content', 'uri'), outside);
      const said = { ...SAID, content: link(outside) };
      const { answer } = await client.call('tools/call', { ...call, ...bringing(asked, said) });
      assert.deepEqual(JSON.parse(String(textOf(answer))).answered, { ...SAID, content: link('scripted://text') });
    });
  });
}

describe('a server on a pipe, whose questions name no call,', () => {
  it('may ask beside the only call there is, and take the question back: then nobody is asked again', async () => {
    const pipe = await startScripted({ revision: '2025-11-25', transport: 'stdio' });
    const own = await openStage({ pipe });
    after(() => own.close());
    const client = own.modern('pipe', { capabilities: ABLE });
    await pipe.set('tools/call slow', { hang: true });
    const calling = client.call('tools/call', { name: 'slow' });
    const { message } = await pipe.received.until(({ method }) => method === 'tools/call');
    await pipe.say(request('mine', 'elicitation/create', form('Beside?').params));
    let asked = askedIn(await calling);
    assert.equal(asked.keys.length, 1);
    await pipe.say(request('other', 'elicitation/create', form('Stays?').params));
    while (asked.keys.length < 2)
      asked = askedIn(await client.call('tools/call', { name: 'slow', requestState: asked.state }));
    await pipe.say(notification('notifications/cancelled', { requestId: 'mine' }));
    await pipe.received.until((each) => each.message?.id === 'mine' && at(each.message, 'error', 'code') === -32603);
    const again = askedIn(await client.call('tools/call', { name: 'slow', requestState: asked.state }));
    assert.deepEqual(again.keys, asked.keys.slice(1));
    const done = client.call('tools/call', { name: 'slow', ...bringing(again, YES) });
    await pipe.received.until(
      (each) => each.message?.id === 'other' && at(each.message, 'result', 'action') === 'accept',
    );
    await pipe.say(resultOf(message?.id, { content: [{ type: 'text', text: 'at last' }] }));
    assert.equal(textOf((await done).answer), 'at last');
  });
});

describe('a client of the official SDK, version 2, and a server of version 1, each a program of its own', async () => {
  const able = { ...ABLE, elicitation: { form: {} } };
  const client = new Client(
    { name: 'sdk-newer', version: '1.0.0' },
    { capabilities: able, versionNegotiation: { mode: 'auto' } },
  );
  client.setRequestHandler('elicitation/create', () => ({ action: 'accept' as const, content: { answer: 'Ada' } }));
  client.setRequestHandler('sampling/createMessage', () => ({
    ...{ role: 'assistant' as const, model: 'm', content: { type: 'text' as const, text: 'Paris' } },
  }));
  client.setRequestHandler('roots/list', () => ({ roots: [{ uri: 'file:///a', name: 'A' }] }));
  await client.connect(new StreamableHTTPClientTransport(new URL(stage.url('sdk'))));
  after(() => client.close());

  for (const [tool, expected] of [
    ['elicit', /Ada/],
    ['sample', /Paris/],
    ['list-roots', /file:\/\/\/a/],
    ['all', /Ada.*Paris.*file:\/\/\/a/],
  ] as const) {
    it(`understand each other about ${tool}`, async () => {
      const { content, isError } = await client.callTool({ name: tool, arguments: {} });
      assert.notEqual(isError, true);
      assert.match(String(at(content, 0, 'text')), expected);
    });
  }
});
function progressOf({ params }: { params?: unknown }): unknown[] {
  return [at(params, 'progressToken'), at(params, 'progress')];
}

function identity(name: string): Record<string, unknown> {
  return { [SERVER_INFO]: { name, version: '1.0.0' } };
}
