/*
 * With tokens configured nothing answers without one but the probes: every path, every spelling of a path, every method.
 * With the right one a path means one thing or nothing.
 */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { RawConnection, type RawResponse } from '../rig/raw-request.ts';
import { MODERN } from '../rig/scripted-script.ts';
import {
  assertRefused,
  assertUsable,
  type Expected,
  GUARDED_PATHS,
  type Headers,
  openClient,
  openPlay,
  PROBE_PATHS,
  WAYS,
} from './bad-input.ts';

const TOKEN = 'a-token-that-is-of-the-right-length';
const OTHER_TOKEN = 'another-token-that-somebody-else-has';
const RIGHT: Headers = [['Authorization', `Bearer ${TOKEN}`]];

const tokens = [
  { name: 'one', token: TOKEN },
  { name: 'two', token: OTHER_TOKEN },
];
const play = await openPlay({ config: { auth: { tokens } } });
after(() => play.stage.close());
const client = await openClient(play, { revision: MODERN, endpoint: 'new' }, RIGHT);
await assertUsable(client);

const UNKNOWN: Expected = [401, -31001];
const NOT_FOUND: Expected = [404, -31005];

const CREDENTIALS: readonly (readonly [title: string, headers: Headers])[] = [
  ['no token', []],
  ['an empty field', [['Authorization', '']]],
  ['a scheme without a token', [['Authorization', 'Bearer']]],
  ['a token that is not known', [['Authorization', 'Bearer garbage-garbage-garbage']]],
  ['the token without its last character', [['Authorization', `Bearer ${TOKEN.slice(0, -1)}`]]],
  ['the token in capitals', [['Authorization', `Bearer ${TOKEN.toUpperCase()}`]]],
  ['the token and more', [['Authorization', `Bearer ${TOKEN} x`]]],
  ['the token after two blanks', [['Authorization', `Bearer  ${TOKEN}`]]],
  ['the token as a password', [['Authorization', `Basic ${Buffer.from(`one:${TOKEN}`).toString('base64')}`]]],
  ['both tokens as a list', [['Authorization', `Bearer ${TOKEN}, Bearer ${OTHER_TOKEN}`]]],
  ['a token of 9 kB', [['Authorization', `Bearer ${'x'.repeat(9_000)}`]]],
  [
    'the token in other fields',
    [
      ['X-Auth-Token', TOKEN],
      ['Cookie', `token=${TOKEN}`],
      ['Proxy-Authorization', `Bearer ${TOKEN}`],
    ],
  ],
];

const ENDPOINT = '/mcp/new';
/** Spellings that some router somewhere takes for the endpoint, or for a probe. */
const VARIANTS = [
  ...['//mcp/new', '/mcp//new', '/mcp/new/', '/MCP/new', '/mcp/NEW', '/mcp/%6eew', '/mcp%2fnew', '/./mcp/new'],
  ...['/live/../mcp/new', '/mcp/new;a=1', '/mcp/new%00', '/mcp/new#', '/mcp/new%20', '/mcp/new.json', '/mcp\\new'],
  ...['/sse/', '//sse', '/SSE', '/sse/new/', '/sse/NEW', '/sse//new', '/sse/../mcp', '/messages/', '/messages/new'],
  ...['/live/', '//live', '/LIVE', '/live;x', '/%6cive', '/live/mcp', '/ready/..', '/mcp/../live', '/metrics/', '/'],
];
const PATHS = [
  ...GUARDED_PATHS,
  `${ENDPOINT}?token=${TOKEN}`,
  '/messages?sessionId=AAAAAAAAAAAAAAAAAAAAAA',
  ...['/mcp/none', '/sse/none', '/none'],
  ...VARIANTS,
];

function send(headers: Headers, path: string, method = 'POST'): Promise<RawResponse> {
  const base = client.headers.filter(([name]) => name !== 'Authorization');
  const body = method === 'GET' || method === 'HEAD' ? {} : { body: client.message };
  return client.connection.send({ method, path, headers: [...base, ...headers], ...body });
}

async function untouched(act: () => Promise<void>): Promise<void> {
  const reached = play.reached();
  await act();
  await assertUsable(client);
  assert.equal(play.reached(), reached, 'a server saw something');
}

describe('without the right token', () => {
  for (const [title, headers] of CREDENTIALS) {
    it(`${title}: 401 on every path, and the connection goes on`, () =>
      untouched(async () => {
        for (const path of PATHS) {
          const response = await send(headers, path);
          assertRefused(response, UNKNOWN);
          const challenge = title === 'no token' || title.includes('other fields') ? '' : ' error="invalid_token"';
          assert.equal(response.header('www-authenticate'), `Bearer${challenge}`);
        }
      }));
  }

  it('every method gets 401, and none can be put on in a header', () =>
    untouched(async () => {
      for (const path of [...GUARDED_PATHS, '/none']) {
        for (const method of ['GET', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND']) {
          assertRefused(await send([['X-HTTP-Method-Override', 'OPTIONS']], path, method), UNKNOWN);
        }
      }
    }));

  it('HEAD gets the status alone', async () => {
    const connection = await RawConnection.open(play.stage.gateway.port);
    connection.write(
      `HEAD ${ENDPOINT} HTTP/1.1\r\nHost: 127.0.0.1:${play.stage.gateway.port}\r\nConnection: close\r\n\r\n`,
    );
    await connection.closed();
    assert.equal(connection.received().split('\r\n')[0], 'HTTP/1.1 401 Unauthorized');
    assert.ok(connection.received().endsWith('\r\n\r\n'));
    connection.close();
  });

  it('two Authorization fields are refused, whichever is right', () =>
    untouched(async () => {
      for (const wrong of ['Bearer wrong-wrong-wrong-wrong', 'Basic eA==']) {
        for (const pair of [
          [...RIGHT, ['Authorization', wrong]],
          [['Authorization', wrong], ...RIGHT],
        ] as Headers[]) {
          assertRefused(await send(pair, ENDPOINT), [400, -32600]);
          await assertUsable(client, true);
        }
      }
    }));

  it('the probes answer, and say one word', async () => {
    for (const path of [...PROBE_PATHS, '/live?verbose=1']) {
      const { status, body } = await send([], path, 'GET');
      assert.equal(status, 200);
      assert.equal(body, `{"status":"${path.slice(1).replace('?verbose=1', '')}"}`);
    }
  });
});

describe('with the right token', () => {
  it('each endpoint and the metrics answer, in any case of the scheme', async () => {
    for (const scheme of ['Bearer', 'bearer', 'BEARER']) {
      const { status } = await send([['Authorization', `${scheme} ${TOKEN}`]], ENDPOINT);
      assert.equal(status, 200);
    }
    assert.equal((await send([['Authorization', `Bearer ${OTHER_TOKEN}`]], ENDPOINT)).status, 200);
    assert.equal((await send(RIGHT, `${ENDPOINT}?a=b`)).status, 200);
    assert.match((await send(RIGHT, '/metrics', 'GET')).body, /^# HELP/);
  });

  it('no other spelling of a path means the same', () =>
    untouched(async () => {
      for (const path of VARIANTS) assertRefused(await send(RIGHT, path), NOT_FOUND);
    }));

  it('the method is the one in the request line', () =>
    untouched(async () => {
      const override: Headers = [...RIGHT, ['X-HTTP-Method-Override', 'POST'], ['X-HTTP-Method', 'POST']];
      for (const method of ['PUT', 'PATCH', 'OPTIONS', 'PROPFIND']) {
        assertRefused(await send(override, ENDPOINT, method), [405, -32600]);
      }
    }));

  it('a method that a path has not is refused, with those it has', () =>
    untouched(async () => {
      for (const [path, method, allow] of [
        ['/sse', 'POST', 'GET, OPTIONS'],
        ['/sse/new', 'DELETE', 'GET, OPTIONS'],
        ['/messages', 'GET', 'POST, OPTIONS'],
        ['/metrics', 'POST', 'GET, OPTIONS'],
        [ENDPOINT, 'PUT', 'GET, POST, DELETE, OPTIONS'],
      ] as const) {
        const response = await send(RIGHT, path, method);
        assertRefused(response, [405, -32600]);
        assert.equal(response.header('allow'), allow);
      }
    }));

  it('the session of one token is not there for the other', async () => {
    const owner = await openClient(play, { revision: '2025-11-25', endpoint: 'old' }, RIGHT);
    await assertUsable(owner);
    const stolen = owner.headers.map(([name, value]): [string, string] =>
      name === 'Authorization' ? [name, `Bearer ${OTHER_TOKEN}`] : [name, value],
    );
    await untouched(async () => {
      for (const method of ['POST', 'GET', 'DELETE']) {
        const body = method === 'POST' ? { body: owner.message } : {};
        const response = await client.connection.send({ method, path: owner.path, headers: stolen, ...body });
        assertRefused(response, [404, -31006]);
      }
    });
    await assertUsable(owner);
  });

  for (const way of WAYS) {
    it(`a ${way.revision} client at /mcp/${way.endpoint} is told 401 before anything about its body`, async () => {
      const stranger = await openClient(play, way);
      const response = await stranger.connection.send({ path: stranger.path, headers: stranger.headers, body: '{' });
      assertRefused(response, UNKNOWN);
    });
  }
});
