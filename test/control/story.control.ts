/*
 * The first day of a gateway, from an empty folder: it starts, its admin logs in, a server is registered, a colleague gets a
 * key for one tool of it, sees that tool and no other, and loses it within a second when the server is switched off.
 */
import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, it } from 'node:test';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { askOver, type Sent } from '../rig/desk-answer.ts';
import { type Fleet, startFleet } from '../rig/fleet.ts';
import { type RunningGateway, startGateway } from '../rig/gateway.ts';
import { modernClient } from '../rig/raw-client.ts';

const GONE_MAX_MS = 1_000;
const PASSWORD = 'what the admin chose for the second day';

let fleet: Fleet;
let gateway: RunningGateway;
let oneTime = '';
let token = '';
let serverId = '';
let key = '';

before(async () => {
  fleet = await startFleet(3);
  const allow = [{ host: '127.0.0.1', ports: [fleet.port], http: true }];
  gateway = await startGateway({ servers: {}, egress: { allow } }, { managed: true });
});
after(async () => {
  await gateway?.stop();
  await fleet?.stop();
});

type Data = Readonly<Record<string, unknown>>;
const ask = (what: string, sent?: Sent) => askOver<Data>(gateway.url, token, what, sent);

it('the first start makes a folder of its own, a key, and an admin whose password is told once', async () => {
  const first = await gateway.until((line) => line.event === 'first_admin');
  oneTime = String(first.oneTimePassword);
  assert.ok(oneTime.length >= 16, JSON.stringify(first));
  assert.equal(first.username, 'admin');
  const data = join(dirname(gateway.file), 'data');
  assert.equal(statSync(data).mode & 0o777, 0o700);
  for (const name of ['gatewright.db', 'encryption.key']) assert.equal(statSync(join(data, name)).mode & 0o777, 0o600);
  assert.doesNotMatch(gateway.stderr(), new RegExp(oneTime));
});

it('clients on this machine need no login, the API does', async () => {
  const { status, code } = await ask('GET /api/v1/servers');
  assert.deepEqual([status, code], [401, 4003]);
  const client = modernClient(`${gateway.url}/mcp`, {});
  assert.deepEqual((await client.call('tools/list')).answer?.error, undefined);
  client.close();
});

it('the admin logs in, may do nothing before another password is chosen, and then everything', async () => {
  const login = (password: string) => ask('POST /api/auth/login', { body: { username: 'admin', password } });
  const first = await login(oneTime);
  assert.equal(first.status, 200, first.text);
  token = String(first.data.token);
  assert.equal((await ask('GET /api/v1/servers')).status, 403);
  const changed = await ask('POST /api/v1/me/password', { body: { oldPassword: oneTime, newPassword: PASSWORD } });
  assert.equal(changed.status, 200, changed.text);
  assert.equal((await login(oneTime)).status, 401, 'good for one login');
  token = String((await login(PASSWORD)).data.token);
  assert.deepEqual((await ask('GET /api/v1/servers')).data, { items: [] });
});

it('an HTTP server is registered and comes up', async () => {
  const body = { name: 'weather', url: fleet.url('weather'), visibility: 'public' };
  const made = await ask('POST /api/v1/servers', { body });
  assert.equal(made.status, 201, made.text);
  serverId = String(made.data.id);
  await until(async () => (await ask(`GET /api/v1/servers/${serverId}/state`)).data.state === 'ready');
});

it('a user gets a key for one tool, shown once', async () => {
  const user = await ask('POST /api/v1/users', { body: { username: 'uma', roles: ['user'] } });
  assert.equal(user.status, 201, user.text);
  const body = { name: 'uma at her desk', username: 'uma', tools: ['weather.tool-1'] };
  const made = await ask('POST /api/v1/keys', { body });
  assert.equal(made.status, 201, made.text);
  key = String(made.data.key);
  assert.match(key, /^gwk_/);
  const again = await ask(`GET /api/v1/keys/${made.data.id}`);
  assert.ok(again.status === 200 && !again.text.includes(key));
});

it('her client sees exactly that tool, calls it, and hears within a second that the server is switched off', async () => {
  const changed = Promise.withResolvers<void>();
  const client = new Client(
    { name: 'uma', version: '1' },
    { listChanged: { tools: { onChanged: () => changed.resolve() } } },
  );
  const requestInit = { headers: { authorization: `Bearer ${key}` } };
  await client.connect(new StreamableHTTPClientTransport(new URL(`${gateway.url}/mcp`), { requestInit }));
  const names = async () => (await client.listTools()).tools.map(({ name }) => name);
  assert.deepEqual(await names(), ['weather__tool-1']);
  const { content } = await client.callTool({ name: 'weather__tool-1', arguments: {} });
  assert.deepEqual(content, [{ type: 'text', text: 'weather tool-1' }]);
  await assert.rejects(client.callTool({ name: 'weather__tool-2', arguments: {} }), /Unknown tool/);

  const began = performance.now();
  assert.equal((await ask(`POST /api/v1/servers/${serverId}/disable`, { body: {} })).status, 200);
  assert.deepEqual(await names(), [], 'whoever asks after the answer does not find it');
  await changed.promise;
  assert.ok(performance.now() - began <= GONE_MAX_MS, `${performance.now() - began} ms`);
  await assert.rejects(client.callTool({ name: 'weather__tool-1', arguments: {} }), /Unknown tool/);

  assert.equal((await ask(`POST /api/v1/servers/${serverId}/enable`, { body: {} })).status, 200);
  await until(async () => (await names()).length === 1);
  await client.close();
});

it('all of it is in the audit, and no secret is', async () => {
  const { text, data } = await ask('GET /api/v1/audit?limit=200');
  const actions = (data.items as readonly { action: string }[]).map(({ action }) => action);
  for (const action of ['server.create', 'user.create', 'key.create', 'server.disable', 'server.enable'])
    assert.ok(actions.includes(action), `${action} is not among ${actions}`);
  for (const secret of [key, oneTime, PASSWORD, token]) assert.ok(!text.includes(secret));
});

async function until(isSo: () => Promise<boolean>): Promise<void> {
  const began = performance.now();
  while (!(await isSo())) assert.ok(performance.now() - began < 10_000, 'not within ten seconds');
}
