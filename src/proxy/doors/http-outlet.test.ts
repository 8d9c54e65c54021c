import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { codeRejected, heardMessage } from '../../../test/rig/made.ts';
import { Cancellation } from '../../model/cancellation.ts';
import type { Message } from '../../model/message.ts';
import { TimerWheel } from '../timer-wheel.ts';
import { HttpOutlet } from './http-outlet.ts';

const LIMIT = 1_024;

/** The outlet of one request on a real connection, and the client's end of that, which does not read until it is told. */
async function opened(t: TestContext) {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1').pause();
  socket.on('error', () => {}).write('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
  const [, response] = (await once(server, 'request')) as [unknown, ServerResponse];
  const wheel = new TimerWheel(() => performance.now());
  let overflows = 0;
  const outlet = new HttpOutlet({
    ...{ response, wheel, keepAliveMs: 60_000, bufferBytesMax: LIMIT, extra: [] },
    onOverflow: () => {
      overflows += 1;
    },
    // The door to the client: a question that nobody answers.
    ask: (_, send, cancellation) => {
      const { promise, reject } = Promise.withResolvers<Message>();
      send(Buffer.from('question'));
      cancellation.onCancel(reject);
      return promise;
    },
  });
  t.after(() => {
    outlet.end();
    wheel.close();
    socket.destroy();
    server.close();
  });
  return { outlet, response, socket, overflows: () => overflows };
}

const question = heardMessage({ id: 1, method: 'elicitation/create' });

test('a question ends with the response, and one that comes later fails at once', async (t) => {
  const { outlet, socket, response } = await opened(t);
  const pending = codeRejected(outlet.ask?.(question, new Cancellation()) as Promise<unknown>);
  await readUntil(socket, 1);
  const closed = once(response, 'close');
  socket.destroy();
  assert.equal(await pending, 'call_cancelled');
  await closed;
  assert.equal(await codeRejected(outlet.ask?.(question, new Cancellation()) as Promise<unknown>), 'call_cancelled');
});

async function readUntil(socket: Socket, bytes: number): Promise<void> {
  let read = 0;
  for await (const chunk of socket) {
    read += (chunk as Buffer).length;
    if (read >= bytes) return;
  }
}

test('one message larger than what may wait reaches a client that reads', async (t) => {
  const { outlet, socket, overflows } = await opened(t);
  outlet.notify(Buffer.alloc(100 * LIMIT, 0x61));
  await readUntil(socket, 100 * LIMIT);
  assert.equal(overflows(), 0);
});

test('several answers at the end of a stream do not count as waiting', async (t) => {
  const { outlet, socket, overflows } = await opened(t);
  outlet.open();
  outlet.finishAll([Buffer.alloc(50 * LIMIT, 0x61), Buffer.alloc(50 * LIMIT, 0x61), Buffer.from('{}')]);
  await readUntil(socket, 100 * LIMIT);
  assert.equal(overflows(), 0);
});

test('the stream of a client for whom more waits already is ended, once', async (t) => {
  const { outlet, response, overflows } = await opened(t);
  for (let n = 0; n < 3; n++) outlet.notify(Buffer.alloc(LIMIT, 0x61));
  assert.deepEqual([overflows(), response.destroyed], [1, true]);
});
