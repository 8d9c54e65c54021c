/*
 * HTTP+SSE against servers that do it right, nearly right, and wrong.
 */
import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { afterEach, describe, test } from 'node:test';
import { codeRejected } from '../../../test/rig/made.ts';
import { type ScriptedHttp, type SeenRequest, scriptedHttp } from '../../../test/rig/scripted-http.ts';
import { Cancellation } from '../../model/cancellation.ts';
import { GatewayError } from '../../model/errors.ts';
import { defaultLimits } from '../../model/limits.ts';
import { sseTransport } from './http-sse.ts';
import type { Transport } from './transport.ts';

const LIMIT = 2_048;
const RESULT = '{"jsonrpc":"2.0","id":7,"result":{}}';
const event = (data: string, type = 'message') => `event: ${type}\ndata: ${data}\n\n`;

interface Script {
  /** Written when the stream is opened; default: the address to POST to. */
  readonly opening?: string;
  /** Instead of a stream. */
  readonly refusal?: (response: ServerResponse) => void;
  /** What a POST causes: written to the stream. */
  readonly answer?: string;
  /** Status of a POST; 0 never answers. */
  readonly status?: number;
}

let server: ScriptedHttp | undefined;
let transport: Transport | undefined;

afterEach(async () => {
  await transport?.close();
  await server?.close();
});

async function set(script: Script = {}, limits = {}) {
  const told: string[] = [];
  let stream: ServerResponse | undefined;
  server = await scriptedHttp((request, response) => {
    if (request.method === 'GET') {
      if (script.refusal) return script.refusal(response);
      stream = response.writeHead(200, { 'content-type': 'text/event-stream' });
      return void stream.write(script.opening ?? event('/post?session=a%20b', 'endpoint'));
    }
    if (script.answer !== undefined) stream?.write(script.answer);
    if (script.status !== 0) response.writeHead(script.status ?? 202).end('Accepted');
  });
  const lost = Promise.withResolvers<string>();
  transport = sseTransport({
    url: `${server.url}?key=1`,
    headers: { 'x-key': 'k' },
    limits: { ...defaultLimits(), answerBytesMax: LIMIT, ...limits },
    events: {
      onStray: (message) => told.push(message.bytes.toString()),
      onLost: ({ say }) => lost.resolve(say),
      onAbandoned: (id) => told.push(`abandoned ${id}`),
      onLateAnswer: (id) => told.push(`late ${id}`),
      onOddity: (what) => told.push(what),
    },
  });
  const made = transport;
  const call = (cancellation = new Cancellation(), id = 7) =>
    made.exchange({
      ...{ id, headers: [], cancellation, onInterim: () => {} },
      bytes: Buffer.from(`{"jsonrpc":"2.0","id":${id},"method":"tools/call"}`),
    });
  const write = (text: string) => stream?.write(text);
  return { told, call, lost: lost.promise, write, end: () => stream?.end(), seen: server.seen, transport: made };
}

const posts = (seen: readonly SeenRequest[]) => seen.filter(({ method }) => method === 'POST');

describe('an exchange over HTTP+SSE', () => {
  test('is POSTed where the server says, and answered on the stream', async () => {
    const { call, seen } = await set({ answer: event(RESULT) });
    const { message, status } = await call();
    assert.deepEqual([message.bytes.toString(), status], [RESULT, 200]);
    assert.deepEqual(
      seen.map(({ method, url, headers }) => [method, url, headers['x-key']]),
      [
        ['GET', '/mcp?key=1', 'k'],
        ['POST', '/post?session=a%20b', 'k'],
      ],
    );
  });
  test('counts when its answer came although the POST says nothing or 200', async () => {
    for (const status of [0, 200]) {
      const { call } = await set({ answer: event(RESULT), status });
      assert.equal((await call()).message.bytes.toString(), RESULT);
      await transport?.close();
      await server?.close();
    }
  });
  test('that is refused fails alone, with what the status means', async () => {
    for (const [status, code] of [
      [400, 'upstream_refused'],
      [401, 'upstream_auth'],
      [503, 'upstream_refused'],
    ] as const) {
      const { call, told } = await set({ status });
      assert.equal(await codeRejected(call()), code);
      assert.deepEqual(told, []);
      await transport?.close();
      await server?.close();
    }
  });
  test('whose session is gone was not taken, and the conversation is over', async () => {
    const { call, lost, transport: gone } = await set({ status: 404 });
    assert.equal(await codeRejected(call()), 'upstream_down');
    assert.match(await lost, /does not know the session/);
    assert.equal(await codeRejected(gone.post(Buffer.from('{}'), [])), 'upstream_down');
  });
  test('that was sent is lost with its stream, also half an answer', async () => {
    const { call, lost, write, end, seen } = await set();
    const running = call();
    while (posts(seen).length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    write(`data: ${RESULT}\n`);
    end();
    assert.equal(await codeRejected(running), 'upstream_lost');
    assert.match(await lost, /ended the event stream/);
  });
  test('that is cancelled is forgotten, and its late answer expected', async () => {
    const { call, told, write, seen } = await set();
    const cancellation = new Cancellation();
    const running = call(cancellation);
    while (posts(seen).length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    cancellation.cancel(new GatewayError('call_cancelled'));
    assert.equal(await codeRejected(running), 'call_cancelled');
    write(event(RESULT));
    while (told.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    assert.deepEqual(told, ['abandoned 7', 'late 7']);
  });
  test('whose answer is no message, or too large, is answered for', async () => {
    const broken = await set({ answer: event('{"jsonrpc":"2.0","id":7,"result":{}]}') });
    assert.equal(await codeRejected(broken.call()), 'upstream_invalid');
    assert.deepEqual(broken.told, ['event is not a message']);
    await transport?.close();
    await server?.close();
    const large = await set({ answer: event(`{"jsonrpc":"2.0","id":7,"result":"${'x'.repeat(LIMIT)}"}`) });
    assert.equal(await codeRejected(large.call()), 'upstream_lost');
  });
});

describe('the stream of HTTP+SSE', () => {
  test('brings what belongs to no exchange, and survives comments, other events and rubbish', async () => {
    const note = '{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}';
    const odd = `: hi\n\n${event('1', 'ping')}${event('rubbish')}${event('/elsewhere', 'endpoint')}${event('{"jsonrpc":"2.0","id":3,"result":{}}')}`;
    const { call, told } = await set({ answer: `${odd}data: ${note}\n\n${event(RESULT)}` });
    await call();
    assert.deepEqual(told, ['event is not a message', 'a second endpoint event', 'answer to nothing', note]);
  });

  const refusals: readonly [string, Script, string, object?][] = [
    ['names another origin', { opening: event('http://127.0.0.1:1/post', 'endpoint') }, 'upstream_invalid'],
    ['names another scheme', { opening: event('https://127.0.0.1/post', 'endpoint') }, 'upstream_invalid'],
    ['names no address', { opening: event('http://[', 'endpoint') }, 'upstream_invalid'],
    ['never says where to send to', { opening: ': hi\n\n' }, 'upstream_down', { connectTimeoutMs: 150 }],
    ['never begins', { refusal: () => {} }, 'upstream_down', { connectTimeoutMs: 150 }],
    [
      'is no stream',
      { refusal: (r) => r.writeHead(200, { 'content-type': 'text/html' }).end('<p>') },
      'upstream_invalid',
    ],
    ['is not there', { refusal: (r) => r.writeHead(404).end() }, 'upstream_refused'],
    ['wants a credential', { refusal: (r) => r.writeHead(401).end() }, 'upstream_auth'],
    ['is cut off at once', { refusal: (r) => r.destroy() }, 'upstream_lost'],
    [
      'is redirected, which is not followed',
      { refusal: (r) => r.writeHead(302, { location: '/other' }).end() },
      'upstream_refused',
    ],
  ];
  for (const [what, script, code, limits] of refusals) {
    test(`that ${what} is no way to the server`, async () => {
      const { call, lost, seen } = await set(script, limits);
      assert.equal(await codeRejected(call()), code);
      await lost;
      assert.deepEqual(posts(seen), []);
    });
  }

  test('is closed with the transport, and nothing is said of it', async () => {
    const { call, told, transport: closed } = await set();
    const running = codeRejected(call());
    await closed.close();
    await closed.close();
    assert.equal(await running, 'upstream_down');
    assert.deepEqual(told, []);
    while (server?.openConnections() !== 0) await new Promise((resolve) => setTimeout(resolve, 5));
  });
});
