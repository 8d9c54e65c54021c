/*
 * Users and keys of the store at the doors of MCP, on the real gateway: a key sees what it is for, and what is taken back is
 * taken back within a second, also from who was let in a moment ago (R14). What logs in to the admin API opens no door of MCP.
 */
import assert from 'node:assert/strict';
import { performance } from 'node:perf_hooks';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { hashPassword } from '../../src/control/admin/people/passwords.ts';
import { askOver } from '../rig/desk-answer.ts';
import { at } from '../rig/json-rpc.ts';
import { modernClient } from '../rig/raw-client.ts';
import { openControlStage } from './stage.ts';

const PASSWORD = 'seven lanterns under rain';

const stage = await openControlStage({ config: { auth: { required: true } } });
after(() => stage.close());

interface Made {
  readonly id: string;
  readonly version: number;
  readonly key: string;
  readonly keyId: string;
}

async function made(what: string, body: object): Promise<Made> {
  const told = await stage.ask<Made>('admin', `POST /api/v1/${what}`, { body });
  assert.equal(told.status, 201, told.text);
  return told.data;
}

async function seenBy(key: string): Promise<{ readonly status: number; readonly tools: readonly string[] }> {
  const client = modernClient(`${stage.url}/mcp/files`, { headers: { authorization: `Bearer ${key}` } });
  try {
    const { status, answer } = await client.call('tools/list');
    const tools = (at(answer, 'result', 'tools') ?? []) as readonly { readonly name: string }[];
    return { status, tools: tools.map(({ name }) => name) };
  } finally {
    await client.close();
  }
}

async function refusedWithinASecond(key: string, since: number): Promise<void> {
  while ((await seenBy(key)).status !== 401) {
    assert.ok(performance.now() - since < 1_000, 'still let in after a second');
    await sleep(10);
  }
}

let people = 0;
async function memberWithKey(more: object = {}) {
  const username = `grace-${++people}`;
  const user = await made('users', { username, password: PASSWORD, mustChangePassword: false });
  const key = await made('keys', { name: 'laptop', username, ...more });
  return { username, user, key };
}

test('a key with one tool sees exactly that tool, as soon as it is made', async () => {
  const { key } = await memberWithKey({ tools: ['files.test_simple_text'] });
  assert.deepEqual(await seenBy(key.key), { status: 200, tools: ['test_simple_text'] });
});

test('who shows nothing, or a key with one letter changed, is nobody', async () => {
  const { key } = await memberWithKey();
  assert.equal((await seenBy(key.key)).status, 200);
  assert.equal((await seenBy(`${key.key.slice(0, -1)}${key.key.endsWith('A') ? 'B' : 'A'}`)).status, 401);
  assert.equal((await seenBy('')).status, 401);
});

const TAKEN_BACK: readonly (readonly [string, (it: Awaited<ReturnType<typeof memberWithKey>>) => Promise<number>])[] = [
  [
    'its user is disabled',
    ({ user }) => status(`PATCH /api/v1/users/${user.id}`, { body: { disabled: true }, ifMatch: 1 }),
  ],
  ['its user is deleted', ({ user }) => status(`DELETE /api/v1/users/${user.id}`, { ifMatch: 1 })],
  [
    'the key is disabled',
    ({ key }) => status(`PATCH /api/v1/keys/${key.id}`, { body: { disabled: true }, ifMatch: key.version }),
  ],
  ['the key is deleted', ({ key }) => status(`DELETE /api/v1/keys/${key.id}`, { ifMatch: key.version })],
  ['the key is rotated', ({ key }) => status(`POST /api/v1/keys/${key.id}/rotate`, { ifMatch: key.version })],
];
for (const [what, takeBack] of TAKEN_BACK) {
  test(`${what}: refused within a second, although it was let in a moment ago`, async () => {
    const it = await memberWithKey();
    assert.equal((await seenBy(it.key.key)).status, 200);
    assert.equal(await takeBack(it), 200);
    await refusedWithinASecond(it.key.key, performance.now());
  });
}

test('the token of a login opens no door of MCP, and a refresh token none at all', async () => {
  const { username } = await memberWithKey();
  const body = { username, password: PASSWORD };
  const { data } = await stage.ask<{ token: string; refreshToken: string }>('', 'POST /api/auth/login', { body });
  assert.equal((await askOver(stage.url, data.token, 'GET /api/v1/me')).status, 200);
  assert.equal((await seenBy(data.token)).status, 401);
  assert.equal((await seenBy(data.refreshToken)).status, 401);
  assert.equal((await askOver(stage.url, data.refreshToken, 'GET /api/v1/me')).status, 401);
});

test('when a key was used last at a door of MCP is written', async () => {
  const { key } = await memberWithKey();
  assert.equal((await seenBy(key.key)).status, 200);
  await stage.until(async () => {
    const { data } = await stage.ask<{ lastUsedAt: string | null }>('admin', `GET /api/v1/keys/${key.id}`);
    return data.lastUsedAt !== null;
  });
});

test('fifty passwords leave the thread to others: it is busy for a small part of the time they take', async () => {
  await hashPassword(PASSWORD);
  const before = performance.eventLoopUtilization();
  for (let round = 0; round < 25; round++) await Promise.all([hashPassword(PASSWORD), hashPassword(PASSWORD)]);
  const { utilization } = performance.eventLoopUtilization(before);
  assert.ok(utilization < 0.2, `the thread was busy for ${Math.round(utilization * 100)} % of the time`);
});

async function status(what: string, sent: object): Promise<number> {
  return (await stage.ask('admin', what, sent)).status;
}
