/*
 * HTTP+SSE against servers that do it right, nearly right, and wrong.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { afterEach, describe, test } from 'node:test';
import { codeRejected } from '../../../test/rig/made.ts';
import { type ScriptedHttp, type SeenRequest, scriptedHttp } from '../../../test/rig/scripted-http.ts';
import { Cancellation } from '../../model/cancellation.ts';
import { GatewayError } from '../../model/errors.ts';
import { defaultLimits } from '../../model/limits.ts';
import { type SseTransport, sseTransport } from './http-sse.ts';

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
  readonly status?: number | ((body: string) => number);
}

let server: ScriptedHttp | undefined;
let transport: SseTransport | undefined;

afterEach(async () => {
  await transport?.close();
  await server?.close();
});

async function set(script: Script = {}, limits = {}, connections = 8) {
  const told: string[] = [];
  const streams: ServerResponse[] = [];
  server = await scriptedHttp((request, response) => {
    if (request.method === 'GET') {
      if (script.refusal) return script.refusal(response);
      streams.push(response.writeHead(200, { 'content-type': 'text/event-stream' }));
      return void response.write(script.opening ?? event('/post?session=a%20b', 'endpoint'));
    }
    if (script.answer !== undefined) streams.at(-1)?.write(script.answer);
    const status = typeof script.status === 'function' ? script.status(request.body) : (script.status ?? 202);
    if (status !== 0) response.writeHead(status).end('Accepted');
  });
  const lost = Promise.withResolvers<string>();
  transport = sseTransport({
    url: `${server.url}?key=1`,
    headers: { 'x-key': 'k' },
    connections,
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
  const write = (text: string) => streams.at(-1)?.write(text);
  return {
    told,
    call,
    lost: lost.promise,
    write,
    streams,
    end: () => streams.at(-1)?.end(),
    seen: server.seen,
    transport: made,
  };
}

async function until(fits: () => boolean): Promise<void> {
  while (!fits()) await new Promise((resolve) => setTimeout(resolve, 5));
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
      [307, 'upstream_refused'],
      [401, 'upstream_auth'],
      [413, 'upstream_refused'],
    ] as const) {
      const { call, told } = await set({ status });
      assert.equal(await codeRejected(call()), code);
      assert.deepEqual(told, []);
      await transport?.close();
      await server?.close();
    }
  });
  test('that may have been taken before the server failed is remembered', async () => {
    const { call, told } = await set({ status: 500 });
    assert.equal(await codeRejected(call()), 'upstream_refused');
    assert.deepEqual(told, ['abandoned 7']);
  });
  test('that cannot be delivered is safe to repeat', async () => {
    const { call, told, seen, transport: made } = await set({ opening: event('/post', 'endpoint') });
    await made.post(Buffer.from('{}'), []);
    assert.equal(posts(seen).length, 1);
    await server?.close();
    assert.match(String(await codeRejected(call())), /^upstream_(down|lost)$/);
    assert.deepEqual(told, []);
  });
  for (const status of [400, 404, 410]) {
    test(`whose session is gone (${status}) was not taken, and is for a new session`, async () => {
      let known = false;
      const { call, seen, told, transport: made, write } = await set({ status: () => (known ? 202 : status) });
      made.opened('2024-11-05');
      const many = [7, 8, 9].map((id) => codeRejected(call(undefined, id)));
      assert.deepEqual(await Promise.all(many), ['upstream_session', 'upstream_session', 'upstream_session']);
      known = true;
      made.reopen();
      const again = call(undefined, 10);
      await until(() => seen.some(({ body }) => body.includes('"id":10')));
      write(event('{"jsonrpc":"2.0","id":10,"result":{}}'));
      assert.equal((await again).message.id, 10);
      assert.deepEqual(told, []);
      assert.equal(seen.filter(({ method }) => method === 'GET').length, 2);
      await until(() => (server?.openConnections() ?? 0) <= 9);
    });
    test(`that a server of a known session does not like (${status}) fails alone`, async () => {
      const { call, told, transport: made } = await set({ status: (body) => (body.includes('ping') ? 202 : status) });
      made.opened('2024-11-05');
      assert.equal(await codeRejected(call()), 'upstream_refused');
      assert.deepEqual(told, []);
    });
    test(`that is refused (${status}) before there was a session says where`, async () => {
      const { call } = await set({ status });
      await assert.rejects(call(), ({ internal }: GatewayError) => String(internal.why).includes('takes no messages'));
    });
  }
  test('taken by a forgotten session may still be answered on its stream', async () => {
    const { call, seen, told, transport: made, streams } = await set();
    made.opened('2024-11-05');
    const before = call();
    await until(() => posts(seen).length === 1);
    made.reopen();
    await until(() => streams.length === 2);
    assert.ok(!streams[0]?.destroyed);
    streams[0]?.write(event(RESULT));
    assert.equal((await before).message.id, 7);
    await until(() => streams[0]?.destroyed === true);
    assert.deepEqual(told, []);
  });
  test('leaves no connection behind when its POST never ends', async () => {
    // With so many connections, and room for eight more, each must come free again.
    const { transport: made, write, seen } = await set({ status: 0 }, {}, 1);
    for (let id = 1; id <= 12; id++) {
      const answer = made.exchange({
        ...{ id, headers: [], cancellation: new Cancellation(), onInterim: () => {} },
        bytes: Buffer.from(`{"jsonrpc":"2.0","id":${id},"method":"tools/call"}`),
      });
      await until(() => seen.some(({ body }) => body.includes(`"id":${id},`)));
      write(event(`{"jsonrpc":"2.0","id":${id},"result":{}}`));
      assert.equal((await answer).message.id, id);
    }
  });
  test('that is cancelled before it could be sent is never sent', async () => {
    const { call, seen } = await set({ status: 0 }, {}, 1);
    const holding = Array.from({ length: 9 }, (_, n) => ({ n, cancellation: new Cancellation() }));
    const held = holding.map(({ n, cancellation }) => codeRejected(call(cancellation, 100 + n)));
    await until(() => posts(seen).length === 9);
    const cancellation = new Cancellation();
    const queued = codeRejected(call(cancellation, 7));
    await new Promise(setImmediate);
    for (const each of [cancellation, ...holding.map((one) => one.cancellation)])
      each.cancel(new GatewayError('call_cancelled'));
    assert.deepEqual(new Set(await Promise.all([queued, ...held])), new Set(['call_cancelled']));
    const last = call(undefined, 8);
    last.catch(() => {});
    await until(() => posts(seen).length === 10);
    assert.ok(!posts(seen).some(({ body }) => body.includes('"id":7,')));
  });
  test('that was sent is lost with its stream, also half an answer', async () => {
    const { call, lost, write, end, seen } = await set();
    const running = call();
    await until(() => posts(seen).length > 0);
    write(`data: ${RESULT}\n`);
    end();
    assert.equal(await codeRejected(running), 'upstream_lost');
    assert.match(await lost, /ended the event stream/);
  });
  test('that is cancelled is forgotten, and its late answer expected', async () => {
    const { call, told, write, seen } = await set();
    const cancellation = new Cancellation();
    const running = call(cancellation);
    await until(() => posts(seen).length > 0);
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
    const beside = large.call(undefined, 8);
    assert.equal(await codeRejected(large.call()), 'upstream_too_large');
    large.write(event('{"jsonrpc":"2.0","id":8,"result":{}}'));
    assert.equal((await beside).message.id, 8);
    assert.deepEqual(large.told.slice(0, 1), ['event is too long']);
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

  test('brings several messages in one event (2025-03-26)', async () => {
    const note = '{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}';
    const { call, told } = await set({ answer: event(`[${note}, ${RESULT}, 7]`) });
    assert.equal((await call()).message.bytes.toString(), RESULT);
    assert.deepEqual(told, [note, 'event is not a message']);
  });

  test('without a word is still watched, by TCP', { skip: process.platform !== 'linux' }, async () => {
    const { transport: made } = await set();
    await made.post(Buffer.from('{}'), []);
    const port = Number(new URL(server?.url ?? '').port)
      .toString(16)
      .toUpperCase()
      .padStart(4, '0');
    const lines = readFileSync('/proc/net/tcp', 'utf8').split('\n');
    // Of our end: the kind of its timer (2 = keep-alive) and when it fires, in hundredths of a second.
    const ours = lines.map((line) => line.trim().split(/\s+/)).filter((fields) => fields[2]?.endsWith(`:${port}`));
    const timers = ours.map((fields) => fields[5]?.split(':') ?? []).filter(([kind]) => kind === '02');
    assert.ok(timers.length >= 1, JSON.stringify(ours));
    for (const [, when] of timers) assert.ok(Number.parseInt(String(when), 16) <= 15_00, String(when));
  });

  const refusals: readonly [string, Script, string, object?][] = [
    ['names another origin', { opening: event('http://127.0.0.1:1/post', 'endpoint') }, 'upstream_invalid'],
    ['names another scheme', { opening: event('https://127.0.0.1/post', 'endpoint') }, 'upstream_invalid'],
    [
      'names an address without end',
      { opening: event(`/${'x'.repeat(8 * 1024)}`, 'endpoint') },
      'upstream_invalid',
      { answerBytesMax: 64 * 1024 },
    ],
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
