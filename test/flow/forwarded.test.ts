/*
 * Proxies before the gateway: whom it believes about the address of a client, and what depends on that. The tests come from
 * 127.0.0.1, which is a trusted proxy of one gateway and none of the other.
 */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { at, type RpcMessage } from '../rig/json-rpc.ts';
import { rawRequest } from '../rig/raw-request.ts';
import { MODERN } from '../rig/scripted-script.ts';
import { startScripted } from '../rig/scripted-upstream.ts';
import { openStage, type Stage } from './stage.ts';

const TOKEN = 'the-token-of-number-one-is-long-enough';
const OFFICE = '203.0.113.9';

function policy(name: string, when: string) {
  return { name, effect: 'deny', who: '*', what: { servers: ['*'], tools: ['echo'] }, when };
}

async function opened(trustedProxies: readonly string[]): Promise<Stage> {
  const servers = {
    old: await startScripted({ revision: '2025-11-25', transport: 'http' }),
    new: await startScripted({ revision: MODERN, transport: 'http' }),
  };
  const stage = await openStage(servers, {
    config: {
      listen: { trustedProxies },
      publicUrl: 'https://gateway.example.com',
      auth: { tokens: [{ name: 'one', token: TOKEN }] },
      access: {
        conditionHeaders: ['X-Team'],
        policies: [
          policy('the office alone', `request.address != "${OFFICE}"`),
          policy('the red team alone', '!("x-team" in request.headers) || request.headers["x-team"] != "red"'),
        ],
      },
      limits: { failedAuthenticationsMax: 1 },
    },
  });
  after(() => stage.close());
  return stage;
}

const behind = await opened(['127.0.0.1', '10.0.0.0/8']);
const direct = await opened(['192.0.2.1']);

type Fields = Readonly<Record<string, string>>;
const RED = { authorization: `Bearer ${TOKEN}`, 'x-team': 'red' };

/** A call of `echo` in each era and by each door: `done`, or what is said about a tool that is not there. */
const DOORS: Readonly<Record<string, (stage: Stage, headers: Fields) => Promise<RpcMessage | undefined>>> = {
  'a client that describes itself': async (stage, headers) =>
    (await stage.modern('new', { headers: { ...RED, ...headers } }).call('tools/call', { name: 'echo', arguments: {} }))
      .answer,
  'a client with a session': async (stage, headers) => {
    const client = await stage.legacy('old', { headers: { ...RED, ...headers } });
    return (await client.call('tools/call', { name: 'echo', arguments: {} })).answer;
  },
  'a client of HTTP+SSE': async (stage, headers) => {
    // The stream is opened from anywhere: what is posted is judged by where it was posted from.
    const client = await stage.sse('old', { headers: RED });
    const id = 4711;
    const message = { jsonrpc: '2.0', id, method: 'tools/call', params: { name: 'echo', arguments: {} } };
    await client.post(message, headers);
    return client.answerTo(id);
  },
};

function outcome(answer: RpcMessage | undefined): string {
  return at(answer, 'result') === undefined ? String(at(answer, 'error', 'message')) : 'done';
}

const ROWS: readonly (readonly [what: string, headers: Fields, isOffice: boolean])[] = [
  ['says the office', { 'x-forwarded-for': OFFICE }, true],
  ['says the office last', { 'x-forwarded-for': `6.6.6.6, ${OFFICE}` }, true],
  ['says the office and then another proxy of ours', { 'x-forwarded-for': `${OFFICE}, 10.1.2.3` }, true],
  ['says the office, and somebody before it', { 'x-forwarded-for': `${OFFICE}, 6.6.6.6` }, false],
  ['says nothing', {}, false],
  ['says rubbish', { 'x-forwarded-for': 'office' }, false],
  ['says it in the words of RFC 7239', { forwarded: `for=6.6.6.6, for="${OFFICE}:4711";proto=https` }, true],
  ['says something else than what was sent on', { 'x-forwarded-for': '6.6.6.6', forwarded: `for=${OFFICE}` }, false],
];

for (const [door, call] of Object.entries(DOORS)) {
  describe(door, () => {
    for (const [what, headers, isOffice] of ROWS) {
      it(`is ${isOffice ? 'the office' : 'somebody else'} when a trusted proxy ${what}`, async () => {
        assert.equal(outcome(await call(behind, headers)), isOffice ? 'done' : 'Unknown tool.');
      });
    }

    it('is never the office by its own word', async () => {
      for (const [, headers] of ROWS) assert.equal(outcome(await call(direct, headers)), 'Unknown tool.');
    });

    it('is judged by the fields of the very request', async () => {
      assert.equal(outcome(await call(behind, { 'x-forwarded-for': OFFICE, 'x-team': 'blue' })), 'Unknown tool.');
    });
  });
}

describe('what a client says of host and scheme', () => {
  it('decides nothing', async () => {
    const lies: Fields = {
      ...{ 'x-forwarded-host': 'evil.test', 'x-forwarded-proto': 'http', 'x-forwarded-prefix': '/evil' },
      ...{ forwarded: `for=${OFFICE};host=evil.test;proto=http`, 'x-forwarded-for': OFFICE, 'x-original-url': '/live' },
    };
    for (const stage of [behind, direct]) {
      const { port } = stage.gateway;
      const headers = Object.entries({ ...RED, ...lies, accept: 'text/event-stream' });
      const refused = await rawRequest({ port, path: '/mcp/new', headers: [...headers, ['Host', 'evil.test']] });
      assert.equal(refused.status, 403);
      const page = await rawRequest({ port, path: '/mcp/new', headers: [...headers, ['Origin', 'http://evil.test']] });
      assert.equal(page.status, 403);
      const missing = await rawRequest({ port, method: 'GET', path: '/none', headers: headers });
      assert.equal(missing.status, 404);
      assert.ok(!JSON.stringify([refused, page, missing]).includes('/evil'));
    }
  });
});

describe('who fails to say who he is', () => {
  const failed = async (stage: Stage, address: string) => {
    const headers = [
      ['Authorization', 'Bearer wrong'],
      ['X-Forwarded-For', address],
    ] as const;
    return (await rawRequest({ port: stage.gateway.port, method: 'GET', path: '/mcp', headers })).status;
  };

  it('waits at the address that a trusted proxy says, and nobody else does', async () => {
    assert.equal(await failed(behind, '198.51.100.1'), 401);
    assert.equal(await failed(behind, '198.51.100.1'), 429);
    assert.equal(await failed(behind, '198.51.100.2'), 401);
    assert.equal(await failed(behind, '198.51.100.1, 198.51.100.3'), 401);
  });

  it('gets no new address by saying one', async () => {
    assert.equal(await failed(direct, '198.51.100.1'), 401);
    for (const address of ['198.51.100.2', '198.51.100.3']) assert.equal(await failed(direct, address), 429);
  });
});
