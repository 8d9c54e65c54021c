/*
 * The kill switch on a real gateway: what clients have open and what they list is without it within a second, and back when it
 * is taken back; for a server of the file as for one that is stored. Search and live state say the same.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { at, type RpcMessage } from '../rig/json-rpc.ts';
import { legacyClient } from '../rig/raw-client.ts';
import { type ControlStage, openControlStage } from './stage.ts';

const WITHIN_MS = 1_000;
const SERVER = 'acme--shared';
const TOOL = 'test_simple_text';
const REASON = { body: { reason: 'a story' } };

let stage: ControlStage;
before(async () => {
  stage = await openControlStage();
  await stage.until(async () => (await stage.ask('uma', `GET /api/v1/tools?server=${SERVER}`)).text.includes(TOOL));
});
after(() => stage.close());

async function umasClient(endpoint: string) {
  const headers = { authorization: `Bearer ${stage.tokens['uma-write']}` };
  const client = legacyClient(`${stage.url}/mcp${endpoint}`, '2025-11-25', { headers });
  await client.initialize();
  return client;
}
const namesIn = (answer: RpcMessage | undefined) =>
  ((at(answer, 'result', 'tools') ?? []) as readonly { readonly name: string }[]).map(({ name }) => name);

/** What was asked for holds within a second of the answer of the API. */
async function within(what: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + WITHIN_MS;
  while (!(await what())) assert.ok(performance.now() < end, 'not within a second');
}

const found = async () =>
  (await stage.ask<{ items: readonly unknown[] }>('uma', `GET /api/v1/tools?q=${TOOL}&server=${SERVER}`)).data.items
    .length;

describe('the kill switch', () => {
  it('takes a tool out of open lists, calls and search', async () => {
    const client = await umasClient(`/${SERVER}`);
    const stream = await client.listen();
    assert.ok(namesIn((await client.call('tools/list')).answer).includes(TOOL));
    assert.equal((await stage.ask('ada', `PUT /api/v1/kill/tool/${SERVER}.${TOOL}`, REASON)).status, 200);
    await within(async () => !namesIn((await client.call('tools/list')).answer).includes(TOOL));
    await stream.until(({ method }) => method === 'notifications/tools/list_changed');
    const { answer } = await client.call('tools/call', { name: TOOL, arguments: {} });
    assert.notEqual(at(answer, 'error'), undefined);
    assert.equal(await found(), 0);
    assert.equal((await stage.ask('ada', `DELETE /api/v1/kill/tool/${SERVER}.${TOOL}`)).status, 200);
    await within(async () => namesIn((await client.call('tools/list')).answer).includes(TOOL));
    assert.equal(await found(), 1);
    client.close();
  });

  it('ends the sessions of a principal, and their logins, here alone', async () => {
    const client = await umasClient('');
    const stream = await client.listen();
    assert.equal((await stage.ask('uma', 'GET /api/v1/tools')).status, 200);
    assert.equal((await stage.ask('ada', 'PUT /api/v1/kill/principal/user:uma', REASON)).status, 200);
    await stream.ended;
    await within(async () => (await client.call('tools/list')).status === 401);
    await within(async () => (await stage.ask('uma', 'GET /api/v1/tools')).status === 401);
    assert.equal((await stage.ask('eva', 'GET /api/v1/tools')).status, 200);
    await stage.ask('ada', 'DELETE /api/v1/kill/principal/user:uma');
    await within(async () => (await stage.ask('uma', 'GET /api/v1/tools')).status === 200);
    client.close();
  });

  it('takes a server of the file away, and gives it back', async () => {
    const names = async () =>
      (
        await stage.ask<{ items: readonly { server: string; path: string | null }[] }>(
          'admin',
          'GET /api/v1/tools?limit=200',
        )
      ).data.items;
    assert.ok((await names()).some(({ server, path }) => server === 'files' && path !== null));
    assert.equal((await stage.ask('ada', 'PUT /api/v1/kill/server/files', REASON)).status, 404);
    assert.equal((await stage.ask('admin', 'PUT /api/v1/kill/server/files', REASON)).status, 200);
    await within(async () => !(await names()).some(({ server, path }) => server === 'files' && path !== null));
    const { data } = await stage.ask<{ items: readonly { server: string; state: string }[] }>(
      'admin',
      'GET /api/v1/live/upstreams',
    );
    assert.ok(data.items.every(({ server, state }) => server !== 'files' || state === 'disabled'));
    await stage.ask('admin', 'DELETE /api/v1/kill/server/files');
    await stage.until(async () => (await names()).some(({ server, path }) => server === 'files' && path !== null));
  });
});

describe('live state', () => {
  it('has what a client opened, and ends it', async () => {
    const client = await umasClient('');
    const stream = await client.listen();
    const sessions = async () =>
      (await stage.ask<{ items: readonly { id: string; user: string }[] }>('ada', 'GET /api/v1/live/sessions')).data
        .items;
    const mine = (await sessions()).filter(({ user }) => user === 'uma');
    assert.ok(mine.length > 0);
    assert.equal((await stage.ask('bob', `DELETE /api/v1/live/sessions/${mine[0]?.id}`)).status, 404);
    for (const { id } of mine) assert.equal((await stage.ask('ada', `DELETE /api/v1/live/sessions/${id}`)).status, 200);
    await stream.ended;
    assert.equal((await client.call('tools/list')).status, 404);
    client.close();
  });
});

describe('health', () => {
  it('says to anybody whether the store is there, and no name', async () => {
    const response = await fetch(`${stage.url}/health`);
    const told = (await response.json()) as { readonly store: string; readonly snapshotAgeMs: number };
    assert.deepEqual([response.status, told.store, told.snapshotAgeMs >= 0], [200, 'ready', true]);
    assert.deepEqual(Object.keys(told).sort(), ['servers', 'snapshotAgeMs', 'status', 'store']);
  });
});
