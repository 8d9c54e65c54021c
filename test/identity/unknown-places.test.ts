/*
 * A place that a caller may not see and a place that is not there are one and the same (invariant I1, threat T14): whatever
 * is guessed, the answer is the same bytes, and no server hears of it.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, describe, it } from 'node:test';
import { openStage } from '../flow/stage.ts';
import { at } from '../rig/json-rpc.ts';
import { MODERN } from '../rig/scripted-script.ts';
import { startScripted } from '../rig/scripted-upstream.ts';

const TOKEN = 'token-of-somebody-0123456789abcdef';
const up = {
  seen: await startScripted({ revision: MODERN, transport: 'http' }),
  secret: await startScripted({ revision: MODERN, transport: 'http' }),
  foreign: await startScripted({ revision: MODERN, transport: 'http' }),
};
const stage = await openStage(up, {
  entries: { secret: { owner: 'ann', visibility: 'private' }, foreign: { organisation: 'acme' } },
  config: {
    auth: { tokens: [{ name: 'bob', token: TOKEN, grants: 'none', roles: ['user'] }] },
    access: { organisations: { acme: {} }, users: { ann: {} } },
    endpoints: { set: { servers: ['secret'] } },
  },
});
after(() => stage.close());
// What the gateway asks on its own it has asked by now.
for (const { received } of Object.values(up)) await received.until(({ method }) => method === 'subscriptions/listen');

const HIDDEN = ['secret', 'acme--foreign', 'set'];
/** As those that guess would try. */
const NEAR = ['secre', 'secrets', 'secret-', 'foreign', 'acme-foreign', 'default--secret', 'sett', 'se'];
const random = () => randomBytes(8).toString('hex');
const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' };
const message = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list', params: {} });

/** Status and body; what of the head could tell one from another, too. */
async function said(path: string, init: RequestInit): Promise<string> {
  const response = await fetch(`${stage.gateway.url}${path}`, init);
  const head = [...response.headers].filter(([name]) => !['date', 'x-request-id'].includes(name));
  return JSON.stringify([response.status, head, await response.text()]);
}

describe('a place that is not the caller’s', () => {
  const accept = 'application/json, text/event-stream';
  const rows: [string, string, RequestInit][] = [
    ['/mcp', 'POST', { method: 'POST', headers: { ...headers, accept }, body: message }],
    ['/mcp', 'GET', { method: 'GET', headers: { ...headers, accept, 'mcp-session-id': 'x' } }],
    ['/mcp', 'DELETE', { method: 'DELETE', headers: { ...headers, 'mcp-session-id': 'x' } }],
    ['/sse', 'GET', { method: 'GET', headers: { ...headers, accept } }],
  ];
  for (const [under, method, init] of rows) {
    it(`is not there, byte for byte (${method} ${under}/…)`, async () => {
      const heardBefore = Object.values(up).map(({ received }) => received.all.length);
      const expected = await said(`${under}/${random()}`, init);
      assert.match(expected, /^\[404,/);
      for (const name of [...HIDDEN, ...NEAR]) assert.equal(await said(`${under}/${name}`, init), expected, name);
      assert.notEqual(await said(`${under}/seen`, { ...init, headers: { ...init.headers, accept: 'x/y' } }), expected);
      assert.deepEqual(
        Object.values(up).map(({ received }) => received.all.length),
        heardBefore,
      );
    });
  }

  it('is one of a thousand that are not there', async () => {
    const [, , init] = rows[0] as [string, string, RequestInit];
    const expected = await said('/mcp/secret', init);
    for (let n = 0; n < 1_000; n += 50) {
      const bodies = Array.from({ length: 50 }, () => said(`/mcp/${random()}`, init));
      assert.deepEqual(new Set(await Promise.all(bodies)), new Set([expected]));
    }
  });
});

it('a name of such a server is nobody’s, and no server is asked for its lists', async () => {
  const client = stage.modern('', { headers: { authorization: `Bearer ${TOKEN}` } });
  const heardBefore = [up.secret, up.foreign].map(({ received }) => received.all.length);
  const errorOf = async (name: string) => at((await client.call('tools/call', { name })).answer, 'error');
  const expected = await errorOf(`nobody__${random()}`);
  for (const server of ['secret', 'foreign', 'acme--foreign', 'secre', 'Secret', '__proto__']) {
    for (const tool of ['echo', random(), '']) assert.deepEqual(await errorOf(`${server}__${tool}`), expected, server);
  }
  assert.deepEqual(
    [up.secret, up.foreign].map(({ received }) => received.all.length),
    heardBefore,
  );
  const { answer } = await client.call('tools/list');
  assert.equal(/secret|foreign/.test(JSON.stringify(answer)), false);
});

it('an empty /mcp is there for whoever is somebody', async () => {
  const other = await openStage(
    { secret: await startScripted({ revision: MODERN, transport: 'http' }) },
    {
      config: { auth: { tokens: [{ name: 'bob', token: TOKEN, grants: 'none' }] } },
    },
  );
  after(() => other.close());
  const client = other.modern('', { headers: { authorization: `Bearer ${TOKEN}` } });
  const { answer } = await client.call('tools/list');
  assert.deepEqual(at(answer, 'result', 'tools'), []);
  assert.equal(at(answer, 'result', '_meta', 'io.gatewright/missing'), undefined);
});
