/*
 * Servers as they are managed on a real gateway: two who change the same one, what the file defines, secrets on their way, and
 * that what is switched off is gone from an open list within a second.
 */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { at } from '../rig/json-rpc.ts';
import { legacyClient } from '../rig/raw-client.ts';
import { startScripted } from '../rig/scripted-upstream.ts';
import { openControlStage } from './stage.ts';

const upstream = await startScripted({ revision: '2025-11-25', transport: 'http' });
const stage = await openControlStage({ ports: [Number(new URL(upstream.url).port)] });
after(async () => {
  await stage.close();
  await upstream.close();
});

interface Server {
  readonly id: string;
  readonly version: number;
  readonly state: string;
  readonly enabled: boolean;
  readonly title: string;
}

test('of many who change the same version one is heard, and each change is a whole one', async () => {
  const one = `/api/v1/servers/${stage.server}`;
  const { data: before } = await stage.ask<Server>('ada', `GET ${one}`);
  const change = (title: string) =>
    stage.ask<Server>('ada', `PATCH ${one}`, { body: { title, tags: [title] }, ifMatch: before.version });
  const told = await Promise.all(Array.from({ length: 20 }, (_, number) => change(`t${number}`)));
  assert.deepEqual(told.map(({ status }) => status).sort(), [200, ...Array.from({ length: 19 }, () => 412)]);
  const { data } = await stage.ask<Server & { tags: string[] }>('ada', `GET ${one}`);
  assert.deepEqual([data.version, data.tags], [before.version + 1, [data.title]]);
});

test('a server is registered, sends its header fields, and shows them to nobody', async () => {
  const headers = { Authorization: 'Bearer canary-of-the-upstream', 'X-Team': 'maps' };
  const body = { name: 'weather', url: upstream.url, headers, visibility: 'public' };
  const made = await stage.ask<Server>('ada', 'POST /api/v1/servers', { body });
  assert.equal(made.status, 201, made.text);
  await stage.until(async () => {
    const { data } = await stage.ask<Server>('ada', `GET /api/v1/servers/${made.data.id}/state`);
    return data.state === 'ready';
  });
  assert.ok(upstream.received.all.some(({ rawHeaders }) => rawHeaders.includes(headers.Authorization)));
  const tested = await stage.ask<{ ok: boolean }>('ada', `POST /api/v1/servers/${made.data.id}/test`);
  assert.equal(tested.data.ok, true, tested.text);
  const seen = [made.text, tested.text, ...(await everything())].join('\n') + stage.gateway.stderr();
  assert.doesNotMatch(seen, /canary-of-the-upstream/);
});

async function everything(): Promise<string[]> {
  const lists = ['servers?limit=200', 'audit?limit=200', 'events', 'live/upstreams'];
  return Promise.all(lists.map(async (list) => (await stage.ask('ada', `GET /api/v1/${list}`)).text));
}

test('a server of the file is read-only, and can be switched', async () => {
  const one = '/api/v1/servers/file.server.files';
  const refused = await stage.ask('admin', `PATCH ${one}`, { body: { title: 'x' }, ifMatch: 0 });
  assert.deepEqual([refused.status, refused.error], [409, 'read_only']);
  assert.equal((await stage.ask('admin', `DELETE ${one}`, { ifMatch: 0 })).error, 'read_only');
  const off = await stage.ask<Server>('admin', `POST ${one}/disable`, { body: { reason: 'Gone fishing.' } });
  assert.deepEqual([off.data.state, off.data.enabled], ['disabled', false]);
  const on = await stage.ask<Server>('admin', `POST ${one}/enable`);
  assert.equal(on.data.enabled, true);
});

test('what is disabled is gone from an open list within a second', async () => {
  const client = legacyClient(`${stage.url}/mcp`, '2025-11-25', {
    headers: { authorization: `Bearer ${stage.tokens['uma-write']}` },
  });
  after(() => client.close());
  await client.initialize();
  const tools = async () => {
    const { answer } = await client.call('tools/list');
    const listed = at(answer, 'result', 'tools') as readonly { readonly name: string }[];
    return listed.map(({ name }) => name).filter((name) => name.includes('weather'));
  };
  await stage.until(async () => (await tools()).length > 0);
  const { data } = await stage.ask<{ items: readonly Server[] }>('ada', 'GET /api/v1/servers?name=weather');
  const startedMs = performance.now();
  await stage.ask('ada', `POST /api/v1/servers/${data.items[0]?.id}/disable`, { body: {} });
  while ((await tools()).length > 0) assert.ok(performance.now() - startedMs < 1_000, 'it is still listed');
});

test('a forward token of another is not there to read, to replace or to delete (T25)', async () => {
  const { data: server } = await stage.ask<Server>('uma', 'POST /api/v1/servers', {
    body: { name: 'of-uma', url: upstream.url, visibility: 'public' },
  });
  const tokens = `/api/v1/servers/${server.id}/tokens`;
  const made = await stage.ask<Server & { token: string }>('uma', `POST ${tokens}`, { body: { description: 'x' } });
  assert.equal(made.status, 201, made.text);
  const one = `/api/v1/forward-tokens/${made.data.id}`;
  for (const who of ['eva', 'bob'] as const) {
    assert.equal((await stage.ask(who, `GET ${one}`)).status, 404);
    assert.equal((await stage.ask(who, `POST ${one}/replace`, { ifMatch: 1 })).status, 404);
    assert.equal((await stage.ask(who, `DELETE ${one}`, { ifMatch: 1 })).status, 404);
  }
  assert.equal((await stage.ask('uma', `GET ${one}`)).status, 200);
});
