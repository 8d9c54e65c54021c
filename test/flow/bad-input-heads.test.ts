/*
 * Requests that are bad before anybody looks at their body: heads that could be read in two ways, sent by hand over a
 * socket, and callers that a web page sent, on every path there is.
 */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { RawConnection, type RawResponse } from '../rig/raw-request.ts';
import { headerOf } from '../rig/received.ts';
import { MODERN } from '../rig/scripted-script.ts';
import { startScripted } from '../rig/scripted-upstream.ts';
import {
  assertRefused,
  assertUsable,
  type Expected,
  HOST_PATHS,
  openClient,
  openPlay,
  PROBE_PATHS,
  withHeaders,
} from './bad-input.ts';
import { openStage } from './stage.ts';

const play = await openPlay();
after(() => play.stage.close());
const { port } = play.stage.gateway;
const host = `127.0.0.1:${port}`;
const client = await openClient(play, { revision: MODERN, endpoint: 'new' });

/** Sends bytes on a connection of their own. */
async function sent(bytes: string): Promise<{ response: RawResponse; connection: RawConnection }> {
  const connection = await RawConnection.open(port);
  connection.write(Buffer.from(bytes, 'latin1'));
  return { response: await connection.response(), connection };
}

interface Head {
  readonly line?: string;
  readonly host?: string;
  /** Whole lines beside those of a good request. */
  readonly more?: readonly string[];
  readonly framing?: readonly string[];
  readonly body?: string;
}

/** The good call of a modern client, with a head to be spoilt. */
function raw({ line = 'POST /mcp/new HTTP/1.1', host: value = host, more = [], framing, body }: Head): string {
  const length = `Content-Length: ${Buffer.byteLength(client.message)}`;
  const fields = client.headers.map(([name, text]) => `${name}: ${text}`);
  const lines = [line, `Host: ${value}`, ...fields, ...more, ...(framing ?? [length])];
  return `${lines.join('\r\n')}\r\n\r\n${body ?? client.message}`;
}

const LENGTH = `Content-Length: ${Buffer.byteLength(client.message)}`;
const CHUNKED = 'Transfer-Encoding: chunked';
const inChunks = (end: string): string =>
  `${client.message.length.toString(16)}\r\n${client.message}\r\n0\r\n${end}\r\n`;
const BAD: Expected = [400, -32600];
const TOO_LARGE: Expected = [431, -32600];

const AMBIGUOUS: readonly (readonly [title: string, bytes: string, expected: Expected])[] = [
  ['a length and chunks', raw({ framing: [LENGTH, CHUNKED], body: inChunks('') }), BAD],
  ['two lengths', raw({ framing: [LENGTH, 'Content-Length: 5'] }), BAD],
  ['two equal lengths', raw({ framing: [LENGTH, LENGTH] }), BAD],
  ['a list of lengths', raw({ framing: [`${LENGTH}, 5`] }), BAD],
  ['a length with a sign', raw({ framing: [LENGTH.replace(': ', ': +')] }), BAD],
  ['an unknown coding', raw({ framing: ['Transfer-Encoding: xchunked'], body: inChunks('') }), BAD],
  ['chunks and another coding', raw({ framing: [`${CHUNKED}, identity`], body: inChunks('') }), BAD],
  ['chunks twice', raw({ framing: [CHUNKED, CHUNKED], body: inChunks('') }), BAD],
  ['a blank before the colon', raw({ more: ['X-Blank : 1'] }), BAD],
  ['a folded line', raw({ more: ['X-Folded: 1', ' 2'] }), BAD],
  ['a bare line feed', raw({ more: ['X-One: 1\nX-Two: 2'] }), BAD],
  ['a bare carriage return', raw({ more: ['X-One: 1\rX-Two: 2'] }), BAD],
  ['a NUL in a field', raw({ more: ['X-Nul: a\0b'] }), BAD],
  ['a method in lower case', raw({ line: 'post /mcp/new HTTP/1.1' }), BAD],
  ['an unknown method', raw({ line: 'CALL /mcp/new HTTP/1.1' }), BAD],
  ['the absolute form', raw({ line: `POST http://${host}/mcp/new HTTP/1.1` }), BAD],
  ['the asterisk form', raw({ line: 'OPTIONS * HTTP/1.1' }), BAD],
  ['two Host fields', raw({ more: [`Host: ${host}`] }), BAD],
  ['no Host', raw({}).replace(/Host: .*\r\n/, ''), BAD],
  ['two Authorization fields', raw({ more: ['Authorization: Bearer a', 'Authorization: Bearer b'] }), BAD],
  ['two Origin fields', raw({ more: [`Origin: http://${host}`, 'Origin: http://evil.test'] }), BAD],
  ['101 fields', raw({ more: Array.from({ length: 101 }, (_, at) => `X-${at}: 1`) }), TOO_LARGE],
  ['a field of 17 KiB', raw({ more: [`X-Long: ${'x'.repeat(17 * 1024)}`] }), TOO_LARGE],
  ['a target of 9 KiB', raw({ line: `POST /mcp/new?${'x'.repeat(9 * 1024)} HTTP/1.1` }), [414, -32600]],
  ['a chunk size beyond all numbers', raw({ framing: [CHUNKED], body: `fffffffffffffffff\r\n${client.message}` }), BAD],
  ['a chunk size that is none', raw({ framing: [CHUNKED], body: `-1\r\n${client.message}` }), BAD],
  ['a chunk longer than said', raw({ framing: [CHUNKED], body: `2\r\n${client.message}\r\n0\r\n\r\n` }), BAD],
  ['a credential as a trailer', raw({ framing: [CHUNKED], body: inChunks('Authorization: Bearer x\r\n') }), BAD],
  [
    'an upgrade to h2c',
    raw({ more: ['Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMA'] }),
    BAD,
  ],
  ['an upgrade to a web socket', raw({ more: ['Connection: Upgrade', 'Upgrade: websocket'] }), BAD],
  ['HTTP/2 by prior knowledge', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', BAD],
  ['a TLS greeting', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', BAD],
];

describe('a head that could be read in two ways ends its connection', () => {
  for (const [title, bytes, expected] of AMBIGUOUS) {
    it(`${expected.join(' ')} for ${title}`, async () => {
      const reached = play.reached();
      const { response, connection } = await sent(bytes);
      assertRefused(response, expected);
      assert.equal(response.header('connection'), 'close');
      await connection.closed();
      connection.close();
      await assertUsable(client);
      assert.equal(play.reached(), reached, 'a server saw something');
    });
  }

  it('what comes behind a whole request is not mixed with its answer', async () => {
    const rest = await sent(raw({ framing: ['Content-Length: 5'] }));
    assertRefused(rest.response, [400, -32700]);
    const rubbish = await sent(`${raw({})}rubbish\r\n\r\n`);
    assert.equal(rubbish.response.status, 200, rubbish.response.body);
    for (const { response, connection } of [rest, rubbish]) {
      assert.equal(response.header('connection'), 'close');
      await connection.closed();
      connection.close();
    }
  });

  it('a body in chunks is as good as any other', async () => {
    const { response, connection } = await sent(raw({ framing: [CHUNKED], body: inChunks('') }));
    assert.equal(response.status, 200, response.body);
    connection.close();
  });
});

/** Fields by which some proxies and servers tell each other who somebody is; a client could send each of them. */
const IDENTITY_FIELDS = [
  ...['X-User', 'X-Forwarded-User', 'X-Forwarded-Email', 'X-Forwarded-Groups', 'X-Remote-User', 'X-Authenticated-User'],
  ...['X-Auth-Request-User', 'X-Forwarded-Access-Token', 'X-Forwarded-Client-Cert', 'X-Api-Key', 'Cookie', 'Via'],
  ...[
    'Forwarded',
    'X-Forwarded-For',
    'X-Forwarded-Host',
    'X-Forwarded-Proto',
    'X-Real-IP',
    'X-Request-Id',
    'X-Internal',
  ],
  ...['Proxy-Authorization', 'Baggage', 'Te', 'X-HTTP-Method-Override', 'X-Original-URL'],
];

describe('what a client says about its connection is not about the next one', () => {
  it('the server still gets its own credential and the fields of the protocol', async (t) => {
    const up = await startScripted({ revision: MODERN, transport: 'http' });
    const headers = { Authorization: 'Bearer of-the-gateway' };
    const stage = await openStage({ new: up }, { entries: { new: { headers } } });
    t.after(() => stage.close());
    const connection = await RawConnection.open(stage.gateway.port);
    const lies = IDENTITY_FIELDS.map((name) => `${name}: of-the-client`);
    for (const name of ['Authorization', 'Mcp-Method', 'Mcp-Name, MCP-Protocol-Version', 'close']) {
      const more = [`Connection: ${name}`, 'Authorization: Bearer of-the-client', ...lies];
      connection.write(raw({ host: `127.0.0.1:${stage.gateway.port}`, more }));
      assert.equal((await connection.response()).status, 200);
    }
    connection.close();
    const calls = up.received.of('tools/call');
    assert.equal(calls.length, 4);
    for (const call of calls) {
      assert.equal(headerOf(call, 'authorization'), 'Bearer of-the-gateway');
      assert.equal(headerOf(call, 'mcp-method'), 'tools/call');
      assert.equal(headerOf(call, 'mcp-name'), 'echo');
      for (const name of IDENTITY_FIELDS) assert.equal(headerOf(call, name), undefined, name);
      assert.ok(!call.rawHeaders.join().includes('of-the-client'));
      assert.ok(!call.body.includes('of-the-client'));
    }
  });
});

const PATHS = [...HOST_PATHS, '/mcp/old', '/mcp/none', '/', '/none', '/api/v1/x'];
const FORBIDDEN: Expected = [403, -31003];

const FOREIGN: readonly (readonly [title: string, changes: Readonly<Record<string, string>>])[] = [
  ['the Host of another site', { Host: 'evil.test' }],
  ['a Host that begins like ours', { Host: '127.0.0.1.evil.test' }],
  ['a Host with another port', { Host: 'localhost:1' }],
  ['a Host without the port', { Host: 'localhost' }],
  ['an empty Host', { Host: '' }],
  ['a Host with a user', { Host: `localhost@127.0.0.1:${port}` }],
  ['the Origin of another site', { Origin: 'http://evil.test' }],
  ['the Origin of a page without one', { Origin: 'null' }],
  ['an Origin that begins like ours', { Origin: 'http://localhost.evil.test' }],
  ['an Origin with another port', { Origin: 'http://localhost:1' }],
  ['our Origin with another scheme', { Origin: `https://${host}` }],
  ['an empty Origin', { Origin: '' }],
];

/** Gives the answer once it was found to let no page read it. */
async function unseen(method: string, path: string, changes: Readonly<Record<string, string>>): Promise<RawResponse> {
  const body = method === 'POST' ? { body: client.message } : {};
  const response = await client.connection.send({
    method,
    path,
    headers: withHeaders(client.headers, changes),
    ...body,
  });
  assert.deepEqual(
    response.headers.filter(([name]) => name.toLowerCase().startsWith('access-control-')),
    [],
  );
  return response;
}

const PREFLIGHT = { 'Access-Control-Request-Method': 'POST', 'Access-Control-Request-Headers': 'mcp-method' };

describe('what a web page sends is refused on every path', () => {
  for (const [title, changes] of FOREIGN) {
    it(`403 -31003 for ${title}`, async () => {
      const reached = play.reached();
      for (const path of PATHS) {
        for (const method of ['POST', 'GET', 'DELETE', 'PUT'])
          assertRefused(await unseen(method, path, changes), FORBIDDEN);
        assertRefused(await unseen('OPTIONS', path, { ...PREFLIGHT, ...changes }), FORBIDDEN);
      }
      await assertUsable(client);
      assert.equal(play.reached(), reached, 'a server saw something');
    });

    it(`the probes ${'Host' in changes ? 'answer' : 'refuse'} ${title}`, async () => {
      for (const path of PROBE_PATHS) {
        const response = await unseen('GET', path, changes);
        if ('Origin' in changes) assertRefused(response, FORBIDDEN);
        else assert.deepEqual([response.status, response.body], [200, `{"status":"${path.slice(1)}"}`]);
      }
    });
  }

  it('a page of our own may ask and read, on every path', async () => {
    for (const own of [`http://${host}`, `http://localhost:${port}`]) {
      const preflight = await client.connection.send({
        method: 'OPTIONS',
        path: '/mcp/new',
        headers: [['Origin', own], ...Object.entries(PREFLIGHT)],
      });
      assert.equal(preflight.status, 204);
      assert.equal(preflight.header('access-control-allow-origin'), own);
      const headers = withHeaders(client.headers, { Origin: own });
      const answer = await client.connection.send({ path: client.path, headers, body: client.message });
      assert.equal(answer.status, 200);
      assert.equal(answer.header('access-control-allow-origin'), own);
    }
  });

  it('a simple request, which a page may send unasked, is refused for its type', async () => {
    for (const path of ['/mcp', '/mcp/new', '/mcp/old']) {
      assertRefused(await unseen('POST', path, { 'Content-Type': 'text/plain' }), [415, -32600]);
    }
    await assertUsable(client);
  });

  it('the probes answer GET and HEAD alone', async () => {
    for (const path of PROBE_PATHS) {
      for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
        const response = await unseen(method, path, {});
        assertRefused(response, [405, -32600]);
        assert.equal(response.header('allow'), 'GET, HEAD');
      }
    }
    await assertUsable(client);
  });
});
