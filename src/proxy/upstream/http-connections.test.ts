/*
 * The connections under the transport: used again, given back, ended; and the caller's way out at every moment.
 */
import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { createServer } from 'node:net';
import { afterEach, describe, test } from 'node:test';
import { type ScriptedHttp, type SeenRequest, scriptedHttp } from '../../../test/rig/scripted-http.ts';
import { Cancellation } from '../../model/cancellation.ts';
import { GatewayError } from '../../model/errors.ts';
import { defaultLimits } from '../../model/limits.ts';
import { type HttpTransport, httpTransport } from './http.ts';
import type { Answer } from './transport.ts';

const RESULT = '{"jsonrpc":"2.0","id":7,"result":{}}';
const BYTES = Buffer.from('{"jsonrpc":"2.0","id":7,"method":"tools/call"}');
const EVENTS_TYPE = { 'content-type': 'text/event-stream' };
const JSON_TYPE = { 'content-type': 'application/json' };

let server: ScriptedHttp | undefined;
let transport: HttpTransport | undefined;

afterEach(async () => {
  await transport?.close();
  await server?.close();
});

async function set(script: (request: SeenRequest, response: ServerResponse) => void, connections = 4) {
  const running = await scriptedHttp(script);
  const events = { onStray() {}, onLost() {}, onAbandoned() {}, onLateAnswer() {}, onOddity() {} };
  const made = httpTransport({ url: running.url, headers: {}, limits: defaultLimits(), connections, events });
  server = running;
  transport = made;
  const call = (cancellation = new Cancellation()): Promise<Answer> =>
    made.exchange({ id: 7, bytes: BYTES, headers: [], cancellation, onInterim: () => {} });
  return { call, server: running, transport: made };
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  const thrown = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  return thrown instanceof GatewayError ? thrown.code : `no failure: ${thrown}`;
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 2));
}

/** An answer is here a moment before its connection is free. */
function idle(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 30));
}

describe('a connection is used again', () => {
  const rows: [string, (response: ServerResponse) => void][] = [
    ['after a JSON answer', (r) => r.writeHead(200, JSON_TYPE).end(RESULT)],
    [
      'after an answer on a stream that the server ends',
      (r) => r.writeHead(200, EVENTS_TYPE).end(`data: ${RESULT}\n\n`),
    ],
    [
      'after a stream that ends a little after its answer',
      (r) => {
        r.writeHead(200, EVENTS_TYPE).write(`data: ${RESULT}\n\n`);
        setTimeout(() => r.end(), 10);
      },
    ],
    ['after a refusal with a short body', (r) => r.writeHead(500).end('no')],
    ['after HTML', (r) => r.writeHead(200, { 'content-type': 'text/html' }).end('<html>')],
  ];
  for (const [sentence, answer] of rows) {
    test(sentence, async () => {
      const { call, server } = await set((_, response) => answer(response));
      for (let turn = 0; turn < 3; turn++) {
        await call().catch(() => {});
        await idle();
      }
      assert.deepEqual(
        server.seen.map((request) => request.connection),
        [1, 1, 1],
      );
    });
  }

  test('after a notification', async () => {
    const { server, transport } = await set((_, response) => void response.writeHead(202).end());
    for (let turn = 0; turn < 3; turn++) {
      await transport.post(BYTES, []);
      await idle();
    }
    assert.deepEqual(
      server.seen.map((request) => request.connection),
      [1, 1, 1],
    );
  });
});

describe('a connection is not used again', () => {
  test('after a long rest that nobody wants', async () => {
    const { call, server } = await set((_, r) => r.writeHead(500).end('x'.repeat(200_000)));
    await call().catch(() => {});
    await until(() => server.openConnections() === 0);
  });
});

describe('calls beyond the connections wait', () => {
  test('but no notification waits for them', async () => {
    const { call, server, transport } = await set((request, response) => {
      if (request.body.includes('cancelled')) response.writeHead(202).end();
    }, 4);
    for (let at = 0; at < 4; at++) void call().catch(() => {});
    await until(() => server.seen.length === 4);
    await transport.post(Buffer.from('{"method":"notifications/cancelled"}'), []);
  });

  test('but not for streams that are meant to stay open, however many', async () => {
    const { call, server, transport } = await set((request, response) => {
      if (request.body.includes('listen')) response.writeHead(200, EVENTS_TYPE).flushHeaders();
      else response.writeHead(200, JSON_TYPE).end(RESULT);
    }, 1);
    const cancellation = new Cancellation();
    for (let id = 100; id < 120; id++) {
      const bytes = Buffer.from(`{"jsonrpc":"2.0","id":${id},"method":"subscriptions/listen"}`);
      transport.exchange({ id, bytes, headers: [], cancellation, onInterim: () => {}, long: true }).catch(() => {});
    }
    await until(() => server.seen.length === 20);
    assert.equal((await call()).message.id, 7);
    cancellation.cancel(new GatewayError('call_cancelled'));
  });

  test('and each gets its own answer', async () => {
    const { transport, server } = await set((request, response) => {
      const { id } = JSON.parse(request.body) as { id: number };
      const body = JSON.stringify({ jsonrpc: '2.0', id, result: { id } });
      setTimeout(() => response.writeHead(200, JSON_TYPE).end(body), id % 5);
    }, 2);
    const ids = Array.from({ length: 40 }, (_, at) => at);
    const answers = await Promise.all(
      ids.map((id) => {
        const bytes = Buffer.from(JSON.stringify({ jsonrpc: '2.0', id, method: 'x' }));
        const cancellation = new Cancellation();
        return transport.exchange({ id, bytes, headers: [], cancellation, onInterim: () => {} });
      }),
    );
    assert.deepEqual(
      answers.map((answer) => answer.message.id),
      ids,
    );
    assert.ok(server.openConnections() <= 2 + 8);
  });

  test('and one that is cancelled while it waits is never sent', async () => {
    const finish: (() => void)[] = [];
    const { call, server } = await set((_, response) => {
      finish.push(() => response.writeHead(200, JSON_TYPE).end(RESULT));
    }, 1);
    const cancellation = new Cancellation();
    const first = Array.from({ length: 1 + 8 }, () => call());
    await until(() => server.seen.length === 9);
    const second = call(cancellation);
    cancellation.cancel(new GatewayError('call_cancelled'));
    assert.equal(await codeOf(second), 'call_cancelled');
    for (const end of finish) end();
    await Promise.all(first);
    await idle();
    assert.equal(server.seen.length, 9);
  });
});

describe('the caller can end a call', () => {
  test('before it began', async () => {
    const { call, server } = await set(() => {});
    const cancellation = new Cancellation();
    cancellation.cancel(new GatewayError('draining'));
    assert.equal(await codeOf(call(cancellation)), 'draining');
    assert.equal(server.seen.length, 0);
  });

  test('while the server thinks, which closes the request', async () => {
    let closed = false;
    const { call, server } = await set((_, response) => void response.once('close', () => (closed = true)));
    const cancellation = new Cancellation();
    const answer = call(cancellation);
    await until(() => server.seen.length === 1);
    cancellation.cancel(new GatewayError('call_cancelled'));
    assert.equal(await codeOf(answer), 'call_cancelled');
    await until(() => closed);
  });

  test('in the middle of the body', async () => {
    const { call, server } = await set((_, r) => void r.writeHead(200, JSON_TYPE).write('{"id":'));
    const cancellation = new Cancellation();
    const answer = call(cancellation);
    await until(() => server.seen.length === 1);
    await new Promise((resolve) => setTimeout(resolve, 10));
    cancellation.cancel(new GatewayError('call_cancelled'));
    assert.equal(await codeOf(answer), 'call_cancelled');
    await until(() => server.openConnections() === 0);
  });

  test('after its answer, which changes nothing', async () => {
    const { call, server } = await set((_, r) => r.writeHead(200, JSON_TYPE).end(RESULT));
    const cancellation = new Cancellation();
    await call(cancellation);
    cancellation.cancel(new GatewayError('call_cancelled'));
    await idle();
    await call();
    assert.equal(server.seen[1]?.connection, 1);
  });
});

describe('close', () => {
  test('ends calls, the stream and idle connections, and leaves no socket', async () => {
    const { call, server, transport } = await set((request, response) => {
      if (request.method === 'GET') response.writeHead(200, EVENTS_TYPE).write(': hi\n\n');
      if (request.body.includes('quick')) response.writeHead(200, JSON_TYPE).end(RESULT);
    });
    transport.openStream();
    await transport.post(Buffer.from('{"method":"quick"}'), []);
    const answer = codeOf(call());
    const message = codeOf(transport.post(BYTES, []));
    await until(() => server.seen.length === 4);
    await transport.close();
    assert.equal(await answer, 'upstream_lost');
    assert.equal(await message, 'upstream_lost');
    await until(() => server.openConnections() === 0);
    await transport.close();
  });

  test('ends a connection that is still being made', async () => {
    let gone = false;
    const silent = createServer((socket) => {
      socket.on('error', () => {}).resume();
      socket.once('close', () => {
        gone = true;
      });
    });
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const { port } = silent.address() as { port: number };
    const events = { onStray() {}, onLost() {}, onAbandoned() {}, onLateAnswer() {}, onOddity() {} };
    const away = httpTransport({ url: `https://127.0.0.1:${port}/`, headers: {}, limits: defaultLimits(), events });
    const message = codeOf(away.post(BYTES, []));
    await new Promise<void>((resolve) => silent.once('connection', () => resolve()));
    await away.close();
    assert.equal(await message, 'upstream_down');
    await until(() => gone);
    await new Promise((resolve) => silent.close(resolve));
  });
});
