/*
 * Whom the door of HTTP+SSE lets in: the name of a stream is no credential (A-T17), and what a caller may cost is bounded.
 */
import assert from 'node:assert/strict';
import { createConnection } from 'node:net';
import { after, describe, it } from 'node:test';
import { at } from '../rig/json-rpc.ts';
import type { MessageStream } from '../rig/message-stream.ts';
import { textOf } from '../rig/raw-client.ts';
import { RawConnection } from '../rig/raw-request.ts';
import { startScripted } from '../rig/scripted-upstream.ts';
import { type SseClient, sseClient } from '../rig/sse-client.ts';
import { hitsOf } from './limit-hits.ts';
import { openStage } from './stage.ts';

const TOKENS = { ada: 'the-token-of-ada-0001-is-long-enough', bob: 'the-token-of-bob-0002-is-long-enough' };
const auth = { tokens: Object.entries(TOKENS).map(([name, token]) => ({ name, token })) };
const headersOf = (who: keyof typeof TOKENS) => ({ authorization: `Bearer ${TOKENS[who]}` });
const as = (who: keyof typeof TOKENS) => ({ headers: headersOf(who) });

const old = await startScripted({ revision: '2025-11-25', transport: 'http' });
const limits = {
  ...{ bodyBytesMax: 65_536, jsonDepthMax: 8, streamsPerPrincipalMax: 3, sessionsPerPrincipalMax: 2 },
  ...{ streamBufferBytesMax: 2_048, keepAliveMs: 100, sessionIdleMs: 600 },
};
const stage = await openStage({ old }, { config: { auth, limits }, gateway: { args: ['--log-level', 'debug'] } });
after(() => stage.close());

const ECHO = { name: 'echo', arguments: { n: 1 } };
const hits = () => hitsOf(stage, headersOf('ada'));
const sessions = () => stage.metric('gatewright_sessions', headersOf('ada'));
const idOf = ({ endpoint }: SseClient) => new URL(endpoint).searchParams.get('sessionId') ?? '';

async function left(client: SseClient): Promise<void> {
  client.close();
  while ((await client.notify('notifications/initialized')).status !== 404) await new Promise(setImmediate);
}

/** The stream of one client in the hands of another. */
function thiefOf(owner: SseClient, headers: Record<string, string>): SseClient {
  const thief = sseClient(owner.url, { headers });
  thief.endpoint = owner.endpoint;
  return thief;
}

describe('A-T17: the name of a stream', () => {
  const ACTS: readonly [string, (client: SseClient) => Promise<MessageStream>][] = [
    ['use', (client) => client.post({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: ECHO })],
    ['ask', (client) => client.post({ jsonrpc: '2.0', id: 1, method: 'ping' })],
    ['cancel', (client) => client.notify('notifications/cancelled', { requestId: 'mine' })],
    ['answer', (client) => client.answer(1, { action: 'accept' })],
    ['spoil', (client) => client.post('{')],
  ];

  it('of another principal does not exist, for whatever it is used, and the stream goes on', async () => {
    const owner = await stage.sse('old', as('ada'));
    await owner.post({ jsonrpc: '2.0', id: 'mine', method: 'tools/call', params: { name: 'slow', arguments: {} } });
    const [thief, stranger] = [thiefOf(owner, headersOf('bob')), thiefOf(owner, headersOf('bob'))];
    stranger.endpoint = owner.endpoint.replace(idOf(owner), 'A'.repeat(22));
    for (const [what, act] of ACTS) {
      const [stolen, unknown] = [await act(thief), await act(stranger)];
      assert.equal(stolen.status, 404, what);
      assert.equal(stolen.rawBody, unknown.rawBody, 'whose it is can be told from the answer');
    }
    assert.equal(textOf(await owner.answerTo('mine')), 'slept');
    const ids = owner.stream?.messages.map(({ id }) => id);
    assert.deepEqual(ids, [1, 'mine'], 'something was said to the owner that it did not ask for');
    await left(owner);
  });

  it('opens no door by itself: every POST shows the credential', async () => {
    const owner = await stage.sse('old', as('ada'));
    for (const headers of [{}, { authorization: 'Bearer garbage-garbage-garbage' }] as Record<string, string>[]) {
      for (const [what, act] of ACTS) assert.equal((await act(thiefOf(owner, headers))).status, 401, what);
    }
    assert.equal(textOf(await owner.call('tools/call', ECHO)), '{"n":1}');
    await left(owner);
  });

  it('says nothing at /mcp, and the name of a session at /mcp says nothing here', async () => {
    const owner = await stage.sse('old', as('ada'));
    const legacy = await stage.legacy('old', as('ada'));
    const stolen = { 'mcp-session-id': idOf(owner), ...headersOf('ada') };
    for (const method of ['GET', 'DELETE']) {
      assert.equal((await fetch(stage.url('old'), { method, headers: stolen })).status, 404);
    }
    const thief = thiefOf(owner, headersOf('ada'));
    thief.endpoint = owner.endpoint.replace(idOf(owner), legacy.sessionId);
    assert.equal((await thief.post({ jsonrpc: '2.0', id: 1, method: 'ping' })).status, 404);
    await legacy.delete();
    await left(owner);
  });

  it('must be there, once', async () => {
    const owner = await stage.sse('old', as('ada'));
    const { origin } = new URL(owner.endpoint);
    const id = idOf(owner);
    for (const [query, status] of [
      ['', 400],
      ['?sessionid=x', 400],
      [`?sessionId=${id}&sessionId=${id}`, 400],
      [`?sessionId=`, 404],
      [`?sessionId=${id}x`, 404],
      [`?sessionId=${id.toLowerCase()}x`, 404],
      [`?sessionId=${id}&more=1`, 202],
    ] as const) {
      owner.endpoint = `${origin}/messages${query}`;
      assert.equal((await owner.notify('notifications/initialized')).status, status, query);
    }
    owner.close();
  });

  it('cannot be guessed from others, and is in no log', async () => {
    const ids: string[] = [];
    for (let n = 0; n < 12; n++) {
      const client = await stage.sse('old', as('ada'));
      ids.push(idOf(client));
      await client.post('{');
      const connection = await RawConnection.open(stage.gateway.port);
      const { status } = await connection.send({ method: 'POST', path: client.endpoint, body: '{}' });
      assert.equal(status, 400, 'an address that is not in the usual form');
      connection.close();
      await left(client);
    }
    assert.equal(new Set(ids).size, ids.length);
    for (const id of ids) assert.ok(Buffer.from(id, 'base64url').length >= 16, id);
    for (let place = 0; place < 21; place++) assert.ok(new Set(ids.map((id) => id[place])).size > 1);
    assert.match(stage.gateway.stderr(), /"path":"\/messages"/);
    for (const id of ids) assert.ok(!stage.gateway.stderr().includes(id));
  });
});

describe('a page that a browser shows', () => {
  it('opens no stream that it could not read, also where it sends no Origin', async () => {
    for (const headers of [
      { origin: 'http://evil.test' },
      { origin: 'null' },
      { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' },
      { 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'no-cors' },
    ] as Record<string, string>[]) {
      const connection = await RawConnection.open(stage.gateway.port);
      const fields = Object.entries({ ...headersOf('ada'), accept: '*/*', ...headers });
      const { status } = await connection.send({ method: 'GET', path: '/sse', headers: fields });
      assert.equal(status, 403);
      connection.close();
    }
  });

  it('of our own may open one, post, and read', async () => {
    const origin = stage.gateway.url;
    const client = sseClient(`${origin}/sse`, {
      headers: { ...headersOf('ada'), origin, 'sec-fetch-site': 'same-origin' },
    });
    const stream = await client.open();
    assert.equal(stream.headers['access-control-allow-origin'], origin);
    const posted = await client.post({ jsonrpc: '2.0', id: 1, method: 'ping' });
    assert.deepEqual([posted.status, posted.headers['access-control-allow-origin']], [202, origin]);
    await left(client);
  });

  it('posts nothing unasked: what is not JSON is refused', async () => {
    const client = await stage.sse('old', as('ada'));
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data', '']) {
      const posted = await client.post({ jsonrpc: '2.0', id: 1, method: 'ping' }, { 'content-type': type });
      assert.equal(posted.status, 415, type);
    }
    await left(client);
  });
});

describe('the limits of a stream', () => {
  it('streamsPerPrincipalMax: three of one caller; the other is not concerned; one that ends makes room', async () => {
    const counts = await hits();
    const open = async (who: keyof typeof TOKENS) => {
      const client = sseClient(`${stage.gateway.url}/sse`, as(who));
      return { client, stream: await client.open() };
    };
    const opened = [await open('ada'), await open('ada'), await open('ada')];
    const refused = await open('ada');
    assert.equal(refused.stream.status, 429);
    assert.match(String(refused.stream.headers['retry-after']), /^[1-9]/);
    await counts.assertRose({ streamsPerPrincipalMax: 1 });
    const other = await open('bob');
    assert.equal(other.stream.status, 200);
    await left(opened[0]?.client as SseClient);
    const again = await open('ada');
    assert.equal(again.stream.status, 200);
    for (const { client } of [...opened.slice(1), other, again]) await left(client);
  });

  it('sessionsPerPrincipalMax: the third session is refused on its stream', async () => {
    const counts = await hits();
    const two = [await stage.sse('old', as('ada')), await stage.sse('old', as('ada'))];
    const third = sseClient(`${stage.gateway.url}/sse/old`, as('ada'));
    assert.equal(at(await third.initialize(), 'error', 'code'), -31029);
    await counts.assertRose({ sessionsPerPrincipalMax: 1 });
    for (const client of [...two, third]) await left(client);
  });

  it('bodyBytesMax and jsonDepthMax: one byte or one level more is refused in the answer to the POST', async () => {
    const client = await stage.sse('old', as('ada'));
    const ping = (text: string) => `{"jsonrpc":"2.0","id":"p","method":"ping","params":{"x":${text}}}`;
    const filled = (bytes: number) => ping(`"${'x'.repeat(bytes - ping('""').length)}"`);
    const nested = (levels: number) => ping('['.repeat(levels - 2) + ']'.repeat(levels - 2));
    const counts = await hits();
    assert.equal((await client.post(filled(limits.bodyBytesMax))).status, 202);
    assert.equal((await client.post(nested(limits.jsonDepthMax))).status, 202);
    await counts.assertRose({});
    assert.equal((await client.post(filled(limits.bodyBytesMax + 1))).status, 413);
    assert.equal((await client.post(nested(limits.jsonDepthMax + 1))).status, 400);
    await counts.assertRose({ bodyBytesMax: 1, jsonDepthMax: 1 });
    await left(client);
  });

  it('sessionIdleMs: a stream on which nobody says hello ends; one with a session stays', async () => {
    const held = await stage.sse('old', as('ada'));
    const counts = await hits();
    const silent = sseClient(`${stage.gateway.url}/sse`, as('ada'));
    const stream = await silent.open();
    await stream.ended;
    await counts.assertRose({ sessionIdleMs: 1 });
    assert.equal((await silent.post({ jsonrpc: '2.0', id: 1, method: 'ping' })).status, 404);
    assert.deepEqual((await held.call('ping')).result, {});
    await left(held);
  });

  it('keepAliveMs: a stream that is silent gets comments', async () => {
    const client = await stage.sse('old', as('ada'));
    while ((client.stream?.comments.length ?? 0) < 2) await new Promise((resolve) => setTimeout(resolve, 20));
    await left(client);
  });
});

describe('a client that does not read', () => {
  /** Opens a stream by hand and reads of it no more than the first event. */
  async function deaf(): Promise<{ client: SseClient; cut: Promise<void> }> {
    const socket = createConnection(stage.gateway.port, '127.0.0.1');
    const cut = new Promise<void>((resolve) => {
      socket.once('close', () => resolve());
      socket.on('error', () => undefined);
    });
    socket.write(`GET /sse/old HTTP/1.1\r\nHost: 127.0.0.1:${stage.gateway.port}\r\n`);
    socket.write(`Accept: text/event-stream\r\nAuthorization: Bearer ${TOKENS.ada}\r\n\r\n`);
    const path = await new Promise<string>((resolve) => {
      let text = '';
      socket.on('data', (chunk: Buffer) => {
        text += chunk.toString('latin1');
        const found = /data: (\S+)/.exec(text)?.[1];
        if (found !== undefined) resolve(found);
      });
    });
    socket.removeAllListeners('data').pause();
    const client = sseClient(`${stage.gateway.url}/sse/old`, as('ada'));
    client.endpoint = `${stage.gateway.url}${path}`;
    const params = { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'deaf', version: '1' } };
    await client.start('initialize', params);
    stage.onClose(() => socket.destroy());
    return { client, cut };
  }

  it('streamBufferBytesMax: is cut off when what it is told unasked is too much, and its calls end', async () => {
    const { client } = await deaf();
    const counts = await hits();
    // More than the system keeps for a socket that nobody reads.
    const flood = { name: 'log', arguments: { data: 'x'.repeat(50_000), count: 400 } };
    await client.start('tools/call', flood);
    while ((await client.notify('notifications/initialized')).status !== 404)
      await new Promise((resolve) => setTimeout(resolve, 20));
    await counts.assertRose({ streamBufferBytesMax: 1 });
    while ((await sessions()) > 0) await new Promise((resolve) => setTimeout(resolve, 20));
  });

  it('is not answered more before it reads, and is cut off when it never does', async () => {
    const { client } = await deaf();
    const counts = await hits();
    await client.start('tools/call', { name: 'big', arguments: { bytes: 12_000_000 } });
    let status = 202;
    // Each waits until there is room, and the last until it is clear that there will be none.
    while (status === 202) status = (await client.post({ jsonrpc: '2.0', id: 'p', method: 'ping' })).status;
    assert.equal(status, 404);
    await counts.assertRose({ streamBufferBytesMax: 1 });
    while ((await sessions()) > 0) await new Promise((resolve) => setTimeout(resolve, 20));
  });
});

it('every answer to a stranger names nothing of the inside', async () => {
  const client = sseClient(`${stage.gateway.url}/sse/none`, as('ada'));
  const stream = await client.open();
  await stream.ended;
  assert.equal(stream.status, 404);
  assert.deepEqual(JSON.parse(stream.rawBody), {
    jsonrpc: '2.0',
    error: { code: -31004, message: 'Unknown endpoint.' },
  });
  assert.equal(at(stream.headers, 'x-powered-by'), undefined);
});
