/*
 * What the transport makes of everything a server can answer, against a real server.
 */
import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { createServer } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { type ScriptedHttp, scriptedHttp } from '../../../test/rig/scripted-http.ts';
import { Cancellation } from '../../model/cancellation.ts';
import { type ErrorCode, GatewayError } from '../../model/errors.ts';
import { defaultLimits } from '../../model/limits.ts';
import type { Message } from '../../model/message.ts';
import { type HttpTransport, httpTransport } from './http.ts';
import type { Exchange, TransportEvents } from './transport.ts';

const LIMIT = 2_048;
const limits = { ...defaultLimits(), answerBytesMax: LIMIT };
const quiet: TransportEvents = {
  onStray: () => {},
  onLost: () => {},
  onAbandoned: () => {},
  onLateAnswer: () => {},
  onOddity: () => {},
};
const JSON_TYPE = { 'content-type': 'application/json' };
const EVENTS_TYPE = { 'content-type': 'text/event-stream' };
const RESULT = '{"jsonrpc":"2.0","id":7,"result":{}}';
const ERROR = '{"jsonrpc":"2.0","id":7,"error":{"code":-32020,"message":"x"}}';
const HTML = `<html>\u001b[31m${'x'.repeat(600)}</html>`;

function exchange(over: Partial<Exchange> = {}): Exchange {
  return {
    id: 7,
    bytes: Buffer.from('{"jsonrpc":"2.0","id":7,"method":"tools/list"}'),
    headers: [],
    cancellation: new Cancellation(),
    onInterim: () => {},
    ...over,
  };
}

/** A result of exactly `length` bytes. */
function resultOf(length: number): string {
  const empty = '{"jsonrpc":"2.0","id":7,"result":{"t":""}}';
  return empty.replace('""', `"${'a'.repeat(length - empty.length)}"`);
}

type Reply = (response: ServerResponse) => void;

const reply =
  (status: number, headers: Record<string, string>, body = ''): Reply =>
  (response) => {
    response.writeHead(status, headers).end(body);
  };

const json = (body: string, status = 200): Reply => reply(status, JSON_TYPE, body);

const event = (data: string): string => `data: ${data}\n\n`;

const events = (...data: string[]): Reply => reply(200, EVENTS_TYPE, data.map(event).join(''));

const inPieces =
  (headers: Record<string, string>, body: string): Reply =>
  async (response) => {
    response.writeHead(200, headers);
    for (const byte of body) {
      response.write(byte);
      await new Promise((resolve) => setImmediate(resolve));
    }
    response.end();
  };

let script: Reply = json(RESULT);
let server: ScriptedHttp;
let transport: HttpTransport;

before(async () => {
  server = await scriptedHttp((_request, response) => script(response));
  transport = httpTransport({ url: server.url, headers: { Authorization: 'Bearer t' }, limits, events: quiet });
});

after(async () => {
  await transport.close();
  await server.close();
});

async function failureOf(promise: Promise<unknown>): Promise<GatewayError> {
  const thrown = await promise.then(
    () => assert.fail('it was accepted'),
    (error: unknown) => error,
  );
  assert.ok(thrown instanceof GatewayError, String(thrown));
  return thrown;
}

describe('an answer is taken', () => {
  const rows: [string, Reply, { status?: number; kind?: Message['kind']; text?: string }][] = [
    ['from a JSON body', json(RESULT), { text: RESULT }],
    [
      'when the content type has parameters and capitals',
      reply(200, { 'content-type': 'Application/JSON; charset=utf-8' }, RESULT),
      {},
    ],
    ['when it is a JSON-RPC error under 200', json(ERROR), { kind: 'error' }],
    ['byte for byte, with blanks and unknown members', json(` {"x" : 1.50, "id":7,"result":{}} \n`), {}],
    ['at the byte limit', json(resultOf(LIMIT)), {}],
    ['at the byte limit without a declared length', inPieces(JSON_TYPE, resultOf(LIMIT)), {}],
    ['when it comes byte by byte', inPieces(JSON_TYPE, RESULT), { text: RESULT }],
    ['from an event stream', events(RESULT), { text: RESULT }],
    [
      'from an event stream that comes byte by byte',
      inPieces(EVENTS_TYPE, `: hi\r\n\r\nid: 1\r\n${event(RESULT)}`),
      { text: RESULT },
    ],
    ['from an event at the byte limit', events(resultOf(LIMIT - 'data: '.length)), {}],
    ['when it is an error under 400', json(ERROR, 400), { status: 400, kind: 'error' }],
    ['when it is an error under 404 and no session was named', json(ERROR, 404), { status: 404, kind: 'error' }],
    ['when it is an error under 405', json(ERROR, 405), { status: 405, kind: 'error' }],
    [
      'when it is an error without an id under 400',
      json('{"jsonrpc":"2.0","error":{"code":1,"message":"x"}}', 400),
      { status: 400, kind: 'error' },
    ],
    [
      'when it is an error with the id null under 400',
      json('{"jsonrpc":"2.0","id":null,"error":{"code":1,"message":"x"}}', 400),
      { status: 400, kind: 'error' },
    ],
    ['when the encoding is called identity', reply(200, { ...JSON_TYPE, 'content-encoding': 'identity' }, RESULT), {}],
  ];
  for (const [sentence, answer, expected] of rows) {
    test(sentence, async () => {
      script = answer;
      const got = await transport.exchange(exchange());
      assert.equal(got.status, expected.status ?? 200);
      assert.equal(got.message.kind, expected.kind ?? 'result');
      if (expected.text) assert.equal(got.message.bytes.toString(), expected.text);
    });
  }

  test('together with the session id that the server minted', async () => {
    script = reply(200, { ...JSON_TYPE, 'mcp-session-id': 's-1' }, RESULT);
    assert.equal((await transport.exchange(exchange())).sessionId, 's-1');
  });

  test('without a session id that could not be sent back', async () => {
    script = reply(200, { ...JSON_TYPE, 'mcp-session-id': 'two words' }, RESULT);
    assert.equal((await transport.exchange(exchange())).sessionId, undefined);
  });
});

describe('an answer is refused', () => {
  const invalid: ErrorCode = 'upstream_invalid';
  const rows: [string, Reply, ErrorCode][] = [
    ['when it has another id', json('{"jsonrpc":"2.0","id":8,"result":{}}'), invalid],
    ['when its id is the text of ours', json('{"jsonrpc":"2.0","id":"7","result":{}}'), invalid],
    [
      'when it is an error without an id under 200',
      json('{"jsonrpc":"2.0","error":{"code":1,"message":"x"}}'),
      invalid,
    ],
    ['when it is a batch', json(`[${RESULT}]`), invalid],
    ['when it is two documents', json(`${RESULT}${RESULT}`), invalid],
    ['when it is a request', json('{"jsonrpc":"2.0","id":7,"method":"ping"}'), invalid],
    ['when it is a notification', json('{"jsonrpc":"2.0","method":"x"}'), invalid],
    ['when it is empty', json(''), invalid],
    ['when it is no UTF-8', (r) => r.writeHead(200, JSON_TYPE).end(Buffer.from([0x7b, 0xff, 0x7d])), invalid],
    ['when it is nested too deeply', json(`{"id":7,"result":{"a":${'['.repeat(99)}${']'.repeat(99)}}}`), invalid],
    ['when it is HTML', reply(200, { 'content-type': 'text/html' }, HTML), invalid],
    ['when it has no content type', reply(200, {}, RESULT), invalid],
    ['when it is compressed', reply(200, { ...JSON_TYPE, 'content-encoding': 'gzip' }, RESULT), invalid],
    [
      'when it is a compressed event stream',
      reply(200, { ...EVENTS_TYPE, 'content-encoding': 'br' }, event(RESULT)),
      invalid,
    ],
    ['when the status is 202', reply(202, {}), invalid],
    ['when the status is 204', reply(204, {}), invalid],
    ['when an event is no message', events('hello'), invalid],
    ['when it is one byte over the limit', json(resultOf(LIMIT + 1)), 'upstream_too_large'],
    [
      'when it is one byte over the limit without a declared length',
      inPieces(JSON_TYPE, resultOf(LIMIT + 1)),
      'upstream_too_large',
    ],
    ['when an event is one byte over the limit', events(resultOf(LIMIT - 'data: '.length + 1)), 'upstream_too_large'],
    ['when the body is cut short', (r) => cut(r, { ...JSON_TYPE, 'content-length': '999' }, RESULT), 'upstream_lost'],
    [
      'when a chunked body on a closing connection is cut short',
      (r) => cut(r, { ...JSON_TYPE, connection: 'close' }, RESULT),
      'upstream_lost',
    ],
    ['when a chunked body is cut short', (r) => cut(r, JSON_TYPE, RESULT), 'upstream_lost'],
    ['when the connection ends before any answer', (r) => void r.socket?.destroy(), 'upstream_lost'],
    ['when the stream ends without it', events('{"jsonrpc":"2.0","method":"x"}'), 'upstream_lost'],
    ['when what comes is not HTTP', (r) => void r.socket?.end('SSH-2.0-OpenSSH_9\r\n'), invalid],
    ['when its head is too large', reply(200, { ...JSON_TYPE, x: 'x'.repeat(20_000) }, RESULT), 'upstream_too_large'],
    ['when the status is 401', json(ERROR, 401), 'upstream_auth'],
    ['when the status is 403', json(ERROR, 403), 'upstream_auth'],
    ['when it is a redirect', reply(307, { location: 'http://127.0.0.1:1/' }), 'upstream_refused'],
    ['when the status is 404 and the body no JSON-RPC', reply(404, {}, 'Not Found'), 'upstream_refused'],
    ['when the status is 500 and the body no JSON-RPC', json('{"error":"oops"}', 500), 'upstream_refused'],
    ['when it is a result under 400', json(RESULT, 400), 'upstream_refused'],
    ['when it is an error with another id under 400', json(ERROR.replace('7', '8'), 400), 'upstream_refused'],
  ];
  for (const [sentence, answer, code] of rows) {
    test(sentence, async () => {
      script = answer;
      const failure = await failureOf(transport.exchange(exchange()));
      assert.equal(failure.code, code, JSON.stringify(failure.internal));
      script = json(RESULT);
      await transport.exchange(exchange());
    });
  }

  test('and a sample of it stays inside, short and printable', async () => {
    script = reply(200, { 'content-type': 'text/html' }, HTML);
    const failure = await failureOf(transport.exchange(exchange()));
    const sample = String(failure.internal.sample);
    assert.match(sample, /^<html>\\x1b\[31mx+$/);
    assert.ok(sample.length <= 256);
    assert.ok(!failure.message.includes('html'));
  });

  test('and the status of a refusal stays inside', async () => {
    script = reply(503, {}, 'busy');
    assert.equal((await failureOf(transport.exchange(exchange()))).internal.status, 503);
  });
});

function cut(response: ServerResponse, headers: Record<string, string>, body: string): void {
  response.writeHead(200, headers);
  response.write(body, () => response.socket?.destroy());
}

describe('a server that cannot be reached is down', () => {
  const rows: [string, () => Promise<string> | string][] = [
    ['when nobody listens', unusedUrl],
    ['when the name does not resolve', () => 'http://no-such-host.invalid/mcp'],
    ['when it speaks no TLS', () => server.url.replace('http:', 'https:')],
  ];
  for (const [sentence, url] of rows) {
    test(sentence, async () => {
      const away = httpTransport({ url: await url(), headers: {}, limits, events: quiet });
      assert.equal((await failureOf(away.exchange(exchange()))).code, 'upstream_down');
      assert.equal((await failureOf(away.post(Buffer.from('{}'), []))).code, 'upstream_down');
      await away.close();
    });
  }

  test('when it does not shake hands within connectTimeoutMs', async () => {
    const silent = createServer((socket) => void socket.on('error', () => {}).resume());
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const { port } = silent.address() as { port: number };
    const url = `https://127.0.0.1:${port}/`;
    const away = httpTransport({ url, headers: {}, limits: { ...limits, connectTimeoutMs: 50 }, events: quiet });
    const failure = await failureOf(away.exchange(exchange()));
    assert.equal(failure.code, 'upstream_down');
    assert.equal(failure.internal.error, 'UND_ERR_CONNECT_TIMEOUT');
    await away.close();
    await new Promise((resolve) => silent.close(resolve));
  });

  test('after it was closed by us', async () => {
    const closed = httpTransport({ url: server.url, headers: {}, limits, events: quiet });
    await closed.close();
    assert.equal((await failureOf(closed.exchange(exchange()))).code, 'upstream_down');
  });
});

async function unusedUrl(): Promise<string> {
  const probe = await scriptedHttp(() => {});
  await probe.close();
  return probe.url;
}

describe('a request carries', () => {
  test('what the transport, the operator, the session and the call say, each name once', async () => {
    script = json(RESULT);
    transport.sessionHeaders = ['mcp-session-id', 's-1', 'authorization', 'no'];
    const headers = [
      'mcp-method',
      'tools/list',
      'authorization',
      'evil',
      'accept',
      'evil',
      'host',
      'evil',
      'mcp-session-id',
      'evil',
    ];
    await transport.exchange(exchange({ headers }));
    transport.sessionHeaders = [];
    const request = server.seen.at(-1);
    assert.equal(request?.body, '{"jsonrpc":"2.0","id":7,"method":"tools/list"}');
    assert.ok(!request?.rawHeaders.includes('evil'));
    assert.deepEqual(request?.headers, {
      host: new URL(server.url).host,
      connection: 'keep-alive',
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'user-agent': 'gatewright',
      authorization: 'Bearer t',
      'mcp-session-id': 's-1',
      'mcp-method': 'tools/list',
      'content-length': '46',
    });
  });

  test('no field that could end a header, and says so as our own fault', async () => {
    const failure = await failureOf(transport.exchange(exchange({ headers: ['x', 'a\r\nb: c'] })));
    assert.equal(failure.code, 'internal');
  });
});

describe('on a session', () => {
  const gone = [reply(404, {}, 'no'), json(ERROR, 404)];
  for (const [at, answer] of gone.entries()) {
    test(`404 ${at ? 'with' : 'without'} a JSON-RPC error means that the server forgot it`, async () => {
      script = answer;
      transport.sessionHeaders = ['mcp-session-id', 's-1'];
      assert.equal((await failureOf(transport.exchange(exchange()))).code, 'upstream_session');
      assert.equal((await failureOf(transport.post(Buffer.from('{}'), []))).code, 'upstream_session');
      transport.sessionHeaders = [];
    });
  }
});

describe('a one-way message', () => {
  const rows: [string, Reply, ErrorCode | undefined][] = [
    ['is taken with 202', reply(202, {}), undefined],
    ['is taken with 200 and a body that nobody wants', reply(200, JSON_TYPE, '{}'), undefined],
    ['is refused with 400', json(ERROR, 400), 'upstream_refused'],
    ['is refused with a redirect', reply(302, { location: '/' }), 'upstream_refused'],
    ['is refused with 401', reply(401, { 'www-authenticate': 'Bearer' }), 'upstream_auth'],
    ['is lost with the connection', (r) => void r.socket?.destroy(), 'upstream_lost'],
  ];
  for (const [sentence, answer, code] of rows) {
    test(sentence, async () => {
      script = answer;
      const sent = transport.post(Buffer.from('{"jsonrpc":"2.0","method":"n"}'), ['mcp-method', 'n']);
      if (code === undefined) await sent;
      else assert.equal((await failureOf(sent)).code, code);
      assert.equal(server.seen.at(-1)?.headers['mcp-method'], 'n');
    });
  }

  test('is given up after callTimeoutMs', async () => {
    script = () => {};
    const hasty = httpTransport({
      url: server.url,
      headers: {},
      limits: { ...limits, callTimeoutMs: 30 },
      events: quiet,
    });
    assert.equal((await failureOf(hasty.post(Buffer.from('{}'), []))).code, 'upstream_timeout');
    await hasty.close();
  });
});
