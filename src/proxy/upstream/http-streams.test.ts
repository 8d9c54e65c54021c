/*
 * Event streams of a server: what comes before, beside and after the answer, and what happens when they break off.
 */
import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { afterEach, describe, test } from 'node:test';
import { type ScriptedHttp, type SeenRequest, scriptedHttp } from '../../../test/rig/scripted-http.ts';
import { Cancellation } from '../../model/cancellation.ts';
import { GatewayError } from '../../model/errors.ts';
import { defaultLimits } from '../../model/limits.ts';
import { type HttpTransport, httpTransport } from './http.ts';
import type { Answer } from './transport.ts';

const RESULT = '{"jsonrpc":"2.0","id":7,"result":{}}';
const NOTE = '{"jsonrpc":"2.0","method":"notifications/progress"}';
const QUESTION = '{"jsonrpc":"2.0","id":1,"method":"elicitation/create"}';
const LIMIT = 2_048;

interface Heard {
  readonly interim: string[];
  readonly stray: string[];
  readonly oddities: string[];
}

let server: ScriptedHttp | undefined;
let transport: HttpTransport | undefined;

afterEach(async () => {
  await transport?.close();
  await server?.close();
});

/** A server that follows `script`, a transport to it, and all that the transport tells. */
async function set(script: (request: SeenRequest, response: ServerResponse) => void) {
  const heard: Heard = { interim: [], stray: [], oddities: [] };
  const running = await scriptedHttp(script);
  const made = httpTransport({
    url: running.url,
    headers: { 'x-key': 'k' },
    limits: { ...defaultLimits(), answerBytesMax: LIMIT, reconnectMaxMs: 100 },
    events: {
      onStray: (message) => heard.stray.push(message.bytes.toString()),
      onLost: () => {},
      onAbandoned: () => {},
      onLateAnswer: () => {},
      onOddity: (what) => heard.oddities.push(what),
    },
  });
  server = running;
  transport = made;
  const cancellation = new Cancellation();
  const call = (): Promise<Answer> =>
    made.exchange({
      id: 7,
      bytes: Buffer.from('{"jsonrpc":"2.0","id":7,"method":"tools/call"}'),
      headers: ['mcp-method', 'tools/call'],
      cancellation,
      onInterim: (message) => heard.interim.push(message.bytes.toString()),
    });
  return { heard, call, cancellation, server: running, transport: made };
}

const event = (data: string, id?: string): string => `${id === undefined ? '' : `id: ${id}\n`}data: ${data}\n\n`;

function stream(response: ServerResponse, text = ''): ServerResponse {
  response.writeHead(200, { 'content-type': 'text/event-stream' }).write(text);
  response.flushHeaders();
  return response;
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

describe('on the stream of an exchange', () => {
  test('notifications and questions go to the caller in order, before the answer', async () => {
    const { call, heard } = await set((_, r) => stream(r, event(NOTE) + event(QUESTION) + event(RESULT)).end());
    assert.equal((await call()).message.kind, 'result');
    assert.deepEqual(heard.interim, [NOTE, QUESTION]);
    assert.deepEqual(heard.oddities, []);
  });

  test('a notification goes to the caller while the answer is still to come', async () => {
    let finish = (): void => {};
    const { call, heard } = await set((_, r) => {
      stream(r, event(NOTE));
      finish = () => r.end(event(RESULT));
    });
    const answer = call();
    await until(() => heard.interim.length === 1);
    finish();
    assert.equal((await answer).message.bytes.toString(), RESULT);
  });

  test('a second answer and whatever follows the first are counted and dropped', async () => {
    const { call, heard } = await set((_, r) =>
      stream(r, event(RESULT) + event(RESULT) + event(NOTE) + event('x')).end(),
    );
    await call();
    assert.deepEqual(heard.oddities, ['a second answer', 'a message after the answer', 'no message after the answer']);
    assert.deepEqual(heard.interim, []);
  });

  test('answers with other ids are counted and dropped', async () => {
    const other = RESULT.replace('7', '8');
    const nobody = '{"jsonrpc":"2.0","id":null,"error":{"code":1,"message":"x"}}';
    const { call, heard } = await set((_, r) => stream(r, event(other) + event(nobody) + event(RESULT)).end());
    assert.equal((await call()).message.id, 7);
    assert.deepEqual(heard.oddities, ['an answer with an unknown id', 'an answer with an unknown id']);
  });

  test('comments, empty events and events of other types say nothing', async () => {
    const noise = `: hello\n\nid: 1\ndata:\n\nevent: ping\ndata: {}\n\nevent: message\n`;
    const { call, heard } = await set((_, r) => stream(r, noise + event(RESULT)).end());
    await call();
    assert.deepEqual([heard.interim, heard.oddities], [[], []]);
  });

  test('one that never ends is ended by the caller, with the caller’s reason', async () => {
    let closed = false;
    const { call, cancellation, server } = await set((_, r) => {
      stream(r);
      const beat = setInterval(() => r.write(': still here\n\n'), 5);
      r.once('close', () => {
        clearInterval(beat);
        closed = true;
      });
    });
    const answer = call();
    await until(() => server.seen.length === 1);
    cancellation.cancel(new GatewayError('upstream_timeout'));
    assert.equal(await codeOf(answer), 'upstream_timeout');
    await until(() => closed);
  });

  test('one that goes on after the answer is cut off', async () => {
    let closed = false;
    const { call } = await set((_, r) => {
      stream(r, event(RESULT)).once('close', () => {
        closed = true;
      });
    });
    await call();
    await until(() => closed);
  });

  test('one that floods after the answer is cut off', async () => {
    let closed = false;
    const { call } = await set((_, r) => {
      stream(r, `${event(RESULT)}: ${'x'.repeat(100_000)}\n`).once('close', () => {
        closed = true;
      });
    });
    await call();
    await until(() => closed);
  });
});

describe('a stream that ends without the answer', () => {
  test('is carried on from its last event, after the time the server asked for', async () => {
    const { call, heard, server, transport } = await set((request, response) => {
      if (request.method === 'POST')
        stream(response, `retry: 60\n${event('', 'a')}${event(NOTE, 'bé')}data: half`).end();
      else stream(response, event(RESULT, 'c')).end();
    });
    transport.sessionHeaders = ['mcp-session-id', 's-1'];
    assert.equal((await call()).message.bytes.toString(), RESULT);
    const [post, get] = server.seen;
    assert.equal(get?.method, 'GET');
    assert.equal(Buffer.from(String(get?.headers['last-event-id']), 'latin1').toString(), 'bé');
    assert.equal(get?.headers['mcp-session-id'], 's-1');
    assert.equal(get?.headers['x-key'], 'k');
    assert.equal(get?.headers.accept, 'text/event-stream');
    assert.ok((get?.atMs ?? 0) - (post?.atMs ?? 0) >= 59);
    assert.deepEqual(heard.interim, [NOTE]);
  });

  test('is carried on as often as the server lets go of it, each time from where it stood', async () => {
    let round = 0;
    const { call, heard, server } = await set((_, response) => {
      round += 1;
      stream(response, `retry: 1\n${event(round < 4 ? NOTE : RESULT, String(round))}`).end();
    });
    await call();
    assert.deepEqual(
      server.seen.map((request) => request.headers['last-event-id']),
      [undefined, '1', '2', '3'],
    );
    assert.equal(heard.interim.length, 3);
  });

  test('is carried on when the connection broke', async () => {
    const { call } = await set((request, response) => {
      if (request.method === 'GET') stream(response, event(RESULT)).end();
      else stream(response).write(`retry: 1\n${event('', '1')}`, () => response.socket?.destroy());
    });
    assert.equal((await call()).message.kind, 'result');
  });

  test('is carried on after some attempts that reach nobody', async () => {
    let attempts = 0;
    const { call } = await set((request, response) => {
      if (request.method === 'POST') stream(response, `retry: 1\n${event('', '1')}`).end();
      else if (++attempts < 3) response.socket?.destroy();
      else stream(response, event(RESULT)).end();
    });
    assert.equal((await call()).message.kind, 'result');
  });

  const lost: [string, (request: SeenRequest, response: ServerResponse) => void][] = [
    ['when no event had an id', (_, r) => stream(r, event(NOTE)).end()],
    ['when the id would not fit a header', (_, r) => stream(r, event(NOTE, '\u0001')).end()],
    [
      'when the server does not know how to resume',
      (request, r) => {
        if (request.method === 'POST') stream(r, `retry: 1\n${event('', '1')}`).end();
        else r.writeHead(404, { 'content-type': 'application/json' }).end(RESULT);
      },
    ],
    [
      'when the server is gone for good',
      (request, r) => {
        if (request.method === 'POST') stream(r, `retry: 1\n${event('', '1')}`).end();
        else r.socket?.destroy();
      },
    ],
  ];
  for (const [sentence, script] of lost) {
    test(`is lost, never repeated, ${sentence}`, async () => {
      const { call, server, transport } = await set(script);
      transport.sessionHeaders = ['mcp-session-id', 's-1'];
      assert.equal(await codeOf(call()), 'upstream_lost');
      assert.equal(server.seen.filter((request) => request.method === 'POST').length, 1);
    });
  }

  test('is not carried on after an event over the limit', async () => {
    const { call, server } = await set((_, r) => stream(r, event(NOTE, '1') + event('x'.repeat(LIMIT))).end());
    assert.equal(await codeOf(call()), 'upstream_too_large');
    assert.equal(server.seen.length, 1);
  });

  test('is let go when the caller ends the call while it waits', async () => {
    const { call, cancellation, server } = await set((_, r) => stream(r, event(NOTE, '1')).end());
    const answer = call();
    await until(() => server.seen.length === 1);
    await new Promise((resolve) => setTimeout(resolve, 20));
    cancellation.cancel(new GatewayError('call_cancelled'));
    assert.equal(await codeOf(answer), 'call_cancelled');
    assert.equal(server.seen.length, 1);
  });

  test('is let go when the caller ends the call while it is carried on', async () => {
    let closed = false;
    const { call, cancellation, server } = await set((request, r) => {
      if (request.method === 'POST') stream(r, `retry: 1\n${event('', '1')}`).end();
      else stream(r).once('close', () => (closed = true));
    });
    const answer = call();
    await until(() => server.seen.length === 2);
    cancellation.cancel(new GatewayError('call_cancelled'));
    assert.equal(await codeOf(answer), 'call_cancelled');
    await until(() => closed);
  });

  test('is lost when the transport closes meanwhile', async () => {
    const { call, server, transport } = await set((_, r) => stream(r, event(NOTE, '1')).end());
    const answer = codeOf(call());
    await until(() => server.seen.length === 1);
    await new Promise((resolve) => setTimeout(resolve, 20));
    await transport.close();
    assert.equal(await answer, 'upstream_lost');
  });
});

describe('the stream of the server', () => {
  test('brings what belongs to no call, and is asked for again from where it stood when it drops', async () => {
    let round = 0;
    const { heard, server, transport } = await set((_, response) => {
      round += 1;
      stream(response, `retry: 1\n${event(round === 1 ? NOTE : QUESTION, String(round))}`);
      if (round < 3) response.end();
    });
    transport.sessionHeaders = ['mcp-session-id', 's-1'];
    transport.openStream();
    await until(() => heard.stray.length === 3);
    assert.deepEqual(heard.stray, [NOTE, QUESTION, QUESTION]);
    assert.deepEqual(
      server.seen.map(({ method, headers }) => [method, headers['last-event-id'], headers['mcp-session-id']]),
      [
        ['GET', undefined, 's-1'],
        ['GET', '1', 's-1'],
        ['GET', '2', 's-1'],
      ],
    );
  });

  test('is asked for again when the server is busy or away', async () => {
    let round = 0;
    const { heard, transport } = await set((_, response) => {
      round += 1;
      if (round === 1) response.writeHead(503).end();
      else if (round === 2) response.socket?.destroy();
      else stream(response, event(NOTE));
    });
    transport.openStream();
    await until(() => heard.stray.length === 1);
    assert.deepEqual(heard.oddities, []);
  });

  const refusals: [number, string[]][] = [
    [405, []],
    [404, ['the server stream is given up']],
    [401, ['the server stream is given up']],
    [302, ['the server stream is given up']],
    [200, ['the server stream is given up']],
  ];
  for (const [status, oddities] of refusals) {
    test(`is left alone after ${status} ${status === 200 ? 'that is no stream' : ''}`, async () => {
      const { heard, server, transport } = await set((_, response) => void response.writeHead(status).end());
      transport.openStream();
      await until(() => server.seen.length === 1);
      await new Promise((resolve) => setTimeout(resolve, 150));
      assert.equal(server.seen.length, 1);
      assert.deepEqual(heard.oddities, oddities);
    });
  }

  test('passes over what is no message and no answer of its own', async () => {
    const { heard, transport } = await set((_, r) => void stream(r, event('x') + event(RESULT) + event(NOTE)));
    transport.openStream();
    await until(() => heard.stray.length === 1);
    assert.deepEqual(heard.oddities, ['no message on the server stream', 'an answer on the server stream']);
  });

  test('is given up after an event over the limit', async () => {
    const { heard, server, transport } = await set((_, r) => void stream(r, `retry: 1\n${event('x'.repeat(LIMIT))}`));
    transport.openStream();
    await until(() => heard.oddities.length === 1);
    await new Promise((resolve) => setTimeout(resolve, 60));
    assert.equal(server.seen.length, 1);
  });

  test('is opened anew for a new session, and the old one is closed', async () => {
    const closed: unknown[] = [];
    const { server, transport } = await set((request, response) => {
      stream(response).once('close', () => closed.push(request.headers['mcp-session-id']));
    });
    transport.sessionHeaders = ['mcp-session-id', 'old'];
    transport.openStream();
    await until(() => server.seen.length === 1);
    transport.sessionHeaders = ['mcp-session-id', 'new'];
    transport.openStream();
    await until(() => server.seen.length === 2 && closed.length === 1);
    assert.deepEqual(closed, ['old']);
    assert.equal(server.seen[1]?.headers['mcp-session-id'], 'new');
  });
});

describe('the end of a session', () => {
  for (const [status, oddities] of [
    [200, 0],
    [204, 0],
    [405, 0],
    [404, 0],
    [500, 1],
  ] as const) {
    test(`is told by DELETE, and ${status} is ${oddities ? 'counted' : 'fine'}`, async () => {
      const { heard, server, transport } = await set((_, response) => void response.writeHead(status).end());
      transport.sessionHeaders = ['mcp-session-id', 's-1'];
      await transport.endSession();
      assert.equal(server.seen[0]?.method, 'DELETE');
      assert.equal(server.seen[0]?.headers['mcp-session-id'], 's-1');
      assert.equal(heard.oddities.length, oddities);
    });
  }

  test('is told to nobody when there is no session', async () => {
    const { server, transport } = await set((_, response) => void response.end());
    await transport.endSession();
    assert.equal(server.seen.length, 0);
  });
});
