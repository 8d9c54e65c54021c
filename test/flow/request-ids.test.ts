/*
 * Every answer says which request it is to: the id that the client gave, or one of ours, and the same in the log.
 */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { parseObject } from '../rig/json-rpc.ts';
import { RawConnection, type RawRequest, type RawResponse } from '../rig/raw-request.ts';
import { MODERN } from '../rig/scripted-script.ts';
import { type Client, type Headers, openClient, openPlay, withHeaders } from './bad-input.ts';

const play = await openPlay({ gateway: { args: ['--log-level', 'debug'] } });
after(() => play.stage.close());
const { gateway } = play.stage;
const modern = await openClient(play, { revision: MODERN, endpoint: 'new' });
const legacy = await openClient(play, { revision: '2025-11-25', endpoint: 'old' });

async function answered(request: RawRequest): Promise<RawResponse> {
  const connection = await RawConnection.open(gateway.port);
  try {
    return await connection.send(request);
  } finally {
    connection.close();
  }
}

const called = ({ path, headers, message }: Client, more: Headers = []): RawRequest => ({
  ...{ path, headers: [...headers, ...more], body: message },
});
const EVENTS: Headers = [['Accept', 'text/event-stream']];
const own: Headers = [['Origin', gateway.url]];
const PREFLIGHT: Headers = [...own, ['Access-Control-Request-Method', 'POST']];

const ANSWERS: readonly (readonly [title: string, status: number, request: RawRequest])[] = [
  ['a call of a client that describes itself', 200, called(modern)],
  ['a call of a session', 200, called(legacy)],
  ['a call that a page makes', 200, called(modern, own)],
  ['a tool that is not there', 200, { ...called(legacy), body: legacy.message.replace('"echo"', '"none"') }],
  ['a body that is no JSON', 400, { ...called(modern), body: '{' }],
  [
    'a body that is too large',
    413,
    { ...called(modern), headers: [...modern.headers, ['Content-Length', '9999999999']] },
  ],
  ['a notification', 202, { ...called(legacy), body: '{"jsonrpc":"2.0","method":"notifications/initialized"}' }],
  ['a path that is not there', 404, { method: 'GET', path: '/none' }],
  ['an endpoint that is not there', 404, { ...called(modern), path: '/mcp/none' }],
  ['a method that is not served', 405, { method: 'PUT', path: '/mcp' }],
  ['a Host that is not ours', 403, { ...called(modern), headers: withHeaders(modern.headers, { Host: 'evil.test' }) }],
  ['a page that is not ours', 403, { ...called(modern), headers: [...modern.headers, ['Origin', 'http://evil.test']] }],
  ['a page that asks before', 204, { method: 'OPTIONS', path: '/mcp', headers: PREFLIGHT }],
  ['a target in absolute form', 400, { ...called(modern), path: 'http://127.0.0.1/mcp' }],
  ['a probe', 200, { method: 'GET', path: '/live' }],
  ['a scrape', 200, { method: 'GET', path: '/metrics' }],
  [
    'a session that is not there',
    404,
    { method: 'GET', path: '/mcp/old', headers: [...EVENTS, ['Mcp-Session-Id', 'x']] },
  ],
];

describe('an answer names its request', () => {
  for (const [title, status, request] of ANSWERS) {
    it(`${status} for ${title}`, async () => {
      const id = `story-${title.replaceAll(' ', '.')}`;
      const named = await answered({ ...request, headers: [...(request.headers ?? []), ['X-Request-Id', id]] });
      assert.deepEqual([named.status, ids(named)], [status, [id]]);
      const [made, more] = ids(await answered(request));
      assert.match(made ?? '', /^[0-9a-f-]{36}$/);
      assert.equal(more, undefined);
      const rubbish = await answered({ ...request, headers: [...(request.headers ?? []), ['X-Request-Id', 'a b']] });
      assert.match(ids(rubbish)[0] ?? '', /^[0-9a-f-]{36}$/);
    });
  }

  it('200 for a stream of HTTP+SSE and 202 for what is posted to it', async (t) => {
    const stream = await RawConnection.open(gateway.port);
    t.after(() => stream.close());
    stream.write(
      `GET /sse/old HTTP/1.1\r\nHost: 127.0.0.1:${gateway.port}\r\nAccept: text/event-stream\r\nX-Request-Id: the-stream\r\n\r\n`,
    );
    while (!stream.received().includes('endpoint')) await new Promise((resolve) => stream.socket.once('data', resolve));
    assert.match(stream.received(), /^HTTP\/1.1 200 OK\r\n(?:.+\r\n)*x-request-id: the-stream\r\n/i);
    const [, path = ''] = /^data: (.+)$/m.exec(stream.received()) ?? [];
    const body = '{"jsonrpc":"2.0","id":0,"method":"ping"}';
    const headers: Headers = [
      ['Content-Type', 'application/json'],
      ['X-Request-Id', 'the-message'],
    ];
    const posted = await answered({ path, headers, body });
    assert.deepEqual([posted.status, ids(posted)], [202, ['the-message']]);
  });

  it('400 for what the parser refuses', async () => {
    const connection = await RawConnection.open(gateway.port);
    connection.write('GET / HTTP/1.1\r\nX Y: 1\r\n\r\n');
    const response = await connection.response();
    connection.close();
    assert.equal(response.status, 400);
    assert.match(ids(response)[0] ?? '', /^[0-9a-f-]{36}$/);
  });
});

function ids(response: RawResponse): string[] {
  return response.headers.filter(([name]) => name.toLowerCase() === 'x-request-id').map(([, value]) => value);
}

it('a line in the log about a refusal or a failed call has the id', async () => {
  for (const id of [
    'story-a.path.that.is.not.there',
    'story-a.tool.that.is.not.there',
    'story-a.body.that.is.too.large',
  ]) {
    const isSaid = () =>
      gateway
        .stderr()
        .split('\n')
        .some((line) => parseObject(line)?.requestId === id);
    // The log is written behind the answer.
    while (!isSaid()) await setTimeout(20);
  }
});
