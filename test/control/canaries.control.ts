/*
 * T24: secrets of every kind are seeded, everything that a gateway answers is asked for, rightly and wrongly, well and while its
 * store fails; and then none of them is in an answer (but the one that shows it, once), the log, the metrics, the arguments of a
 * process, the audit or the database.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { ROUTES } from '../../tools/generate/admin-document.ts';
import { ADMIN_PASSWORD, startManaged } from '../rig/managed-gateway.ts';
import { startPostgres } from '../rig/postgres.ts';
import { MODERN } from '../rig/scripted-script.ts';
import { startScripted } from '../rig/scripted-upstream.ts';
import { Canaries, CanaryPlay } from './canary-play.ts';

const CANARIES_MIN = 12;

test('T24: with SQLite and a key file', async (t) => {
  const canaries = new Canaries();
  const play = await opened(t, canaries, {});
  const written = readFileSync(join(play.gateway.dataDir, 'encryption.key'), 'utf8').split(' ').at(-1)?.trim() ?? '';
  canaries.add('encryption key', written);
  canaries.add('encryption key in hexadecimal', Buffer.from(written, 'base64').toString('hex'));
  await everything(play);
  const limit = (most: string) =>
    execFileSync('prlimit', ['--pid', String(play.gateway.gateway.pid), `--fsize=${most}`]);
  limit('0:unlimited');
  await eachRoute(play);
  await refused(play);
  limit('unlimited:unlimited');
  await assertSilent(t, play);
  play.lookAtFiles();
  assert.deepEqual(play.canaries.leaks, []);
});

test('T24: with Postgres and a key of the environment', async (t) => {
  const [canaries, postgres] = [new Canaries(), await startPostgres()];
  t.after(() => postgres.close());
  const place = await postgres.database();
  const url = place.replace('postgres@', `postgres:${canaries.make('password of Postgres')}@localhost`);
  const key = canaries.add('encryption key', randomBytes(32).toString('base64'));
  const play = await opened(t, canaries, { env: { DATABASE_URL: url, GATEWRIGHT_ENCRYPTION_KEY: key } });
  await everything(play);
  await postgres.stop();
  await eachRoute(play);
  await refused(play);
  await postgres.start();
  await assertSilent(t, play);
  play.lookAtFiles();
  canaries.look('database', await dump(place));
  assert.deepEqual(canaries.leaks, []);
});

async function opened(t: TestContext, canaries: Canaries, { env = {} }: { env?: Record<string, string> }) {
  const up = await startScripted({ revision: MODERN, transport: 'http' });
  t.after(() => up.close());
  const secrets = { FIELD: canaries.make('header of the file'), TOKEN: canaries.make('token of the file') };
  const issuer = { ISSUER_SECRET: canaries.make('secret of an issuer') };
  canaries.add('password of the first user', ADMIN_PASSWORD);
  const config = {
    servers: { up: { url: up.url, headers: { 'x-secret': `\${FIELD}` } } },
    auth: {
      tokens: [{ name: 'someone', token: `\${TOKEN}` }],
      issuers: [{ issuer: 'https://issuer.example', secrets: [`\${ISSUER_SECRET}`], audiences: ['gatewright'] }],
    },
    egress: { allow: [{ host: '127.0.0.1', ports: [Number(new URL(up.url).port)], http: true }] },
    ...('DATABASE_URL' in env ? { storage: { url: `\${DATABASE_URL}` } } : {}),
  };
  const gateway = await startManaged(config, {
    args: ['--log-level', 'debug'],
    env: { ...env, ...secrets, ...issuer, UP_URL: up.url },
  });
  t.after(() => gateway.stop('SIGKILL'));
  canaries.add('token of a login', gateway.tokens.token);
  canaries.add('refresh token', gateway.tokens.refreshToken);
  return Object.assign(new CanaryPlay(gateway, canaries), { upstream: up.url });
}

type Play = Awaited<ReturnType<typeof opened>>;

async function everything(play: Play): Promise<void> {
  await people(play);
  await servers(play);
  await eachRoute(play);
  await eachRoute(play);
  const { names } = play.canaries;
  assert.ok(names.length >= CANARIES_MIN, `only ${names.join(', ')}`);
}

/** Passwords, tokens and keys: right, wrong, changed, used twice. */
async function people(play: Play): Promise<void> {
  const { canaries } = play;
  const [password, next, wrong] = ['password', 'new password', 'wrong password'].map((name) => canaries.make(name));
  const user = { username: 'uma', password, mustChangePassword: false, roles: ['user'] };
  assert.equal((await play.ask('POST /api/v1/users', { body: user })).status, 201);
  assert.equal((await play.ask('POST /api/v1/users', { body: user })).status, 409);
  await play.ask('POST /api/auth/login', { body: { username: 'uma', password: wrong } }, { as: '' });
  await play.ask('POST /api/auth/login', { body: { username: wrong, password } }, { as: '' });
  const login = await play.gateway.ask<Login>('POST /api/auth/login', { body: { username: 'uma', password } }, '');
  const token = canaries.add('token of a user', login.data.token);
  const refreshToken = canaries.add('refresh token of a user', login.data.refreshToken);
  const passwords = { oldPassword: password, newPassword: next };
  await play.ask('POST /api/v1/me/password', { body: { ...passwords, oldPassword: wrong } }, { as: token });
  await play.ask('POST /api/v1/me/password', { body: passwords }, { as: token });
  for (let twice = 0; twice < 2; twice++) {
    const renewed = await play.gateway.ask<Login>('POST /api/auth/refresh', { body: { refreshToken } }, '');
    if (renewed.status === 200) canaries.add('refreshed token', renewed.data.token);
    else canaries.look('POST /api/auth/refresh', renewed.text);
  }
  await keys(play);
}

interface Login {
  readonly token: string;
  readonly refreshToken: string;
}

async function keys(play: Play): Promise<void> {
  const { gateway, canaries } = play;
  const made = await gateway.ask<{ id: string; key: string }>('POST /api/v1/keys', {
    body: { name: 'laptop', api: ['read'] },
  });
  assert.equal(made.status, 201, made.text);
  const key = canaries.add('API key', made.data.key);
  canaries.add('secret of an API key', key.slice(key.indexOf('_', 'gwk_'.length) + 1));
  await play.ask(`GET /api/v1/keys/${made.data.id}`);
  await play.ask('GET /api/v1/keys', {}, { as: key });
  await play.ask('POST /api/v1/users', { body: {} }, { as: key });
  await play.get('/mcp', { authorization: `Bearer ${key}` });
  await play.ask('GET /api/v1/me', {}, { as: `${key}x` });
}

/** Header fields: given, changed, tried, on a server that answers and on one that does not. */
async function servers(play: Play): Promise<void> {
  const [first, second, tried] = ['header', 'new header', 'header that is tried'].map((name) =>
    play.canaries.make(name),
  );
  const url = play.upstream;
  for (const [name, at] of [
    ['good', url],
    ['bad', url.replace('/mcp', '/nothing')],
  ] as const) {
    const body = { name, url: at, headers: { authorization: `Bearer ${first}`, 'x-api-key': first } };
    const made = await play.ask('POST /api/v1/servers', { body });
    assert.equal(made.status, 201, made.text);
    const id = String(made.data.id);
    const ifMatch = Number(made.headers.get('etag')?.replaceAll('"', ''));
    await play.ask(`PATCH /api/v1/servers/${id}`, {
      ifMatch,
      body: { headers: { 'x-api-key': second, 'bad name': second } },
    });
    await play.ask(`PATCH /api/v1/servers/${id}`, { ifMatch, body: { headers: { 'x-api-key': second } } });
    for (const below of ['', '/state', '/tools']) await play.ask(`GET /api/v1/servers/${id}${below}`);
    await play.ask(`POST /api/v1/servers/${id}/refresh`, { body: {} });
    await forwardToken(play, id);
  }
  const trial = { url, headers: { authorization: tried } };
  await play.ask('POST /api/v1/servers/test', { body: trial });
  await play.ask('POST /api/v1/servers', {
    body: { name: 'x', url: `https://user:${tried}@127.0.0.1/`, headers: { a: tried } },
  });
}

async function forwardToken({ gateway, canaries }: Play, id: string): Promise<void> {
  const made = await gateway.ask<{ token?: string }>(`POST /api/v1/servers/${id}/forward-tokens`, {
    body: { description: 'x' },
  });
  if (made.data?.token !== undefined) canaries.add('forward token', made.data.token);
}

/** Every operation: as its example has it, with secrets where none belong, as no JSON, by a stranger, and by who may not. */
async function eachRoute(play: Play): Promise<void> {
  const stray = play.canaries.make('secret in a wrong place');
  for (const { method, path, example } of ROUTES) {
    const target = `${method} ${path.replaceAll(/\{\w+\}/g, 'id_that_is_not_there')}`;
    const body = method === 'GET' || method === 'DELETE' ? {} : { body: wrongly(example.body, stray) };
    const ifMatch = { ifMatch: 1 };
    if (path !== '/api/auth/logout') await play.ask(target, { ...body, ...ifMatch });
    await play.ask(target, body, { as: `${stray}.x.y` });
    await play.ask(target, body, { as: '' });
    if ('body' in body) await broken(play, target, stray);
  }
  for (const path of ['/metrics', '/health', '/docs', '/docs/json', '/mcp/up', '/nothing', '/ready'])
    await play.get(path, { authorization: `Bearer ${stray}` });
}

/** What would be done if the store were well. */
async function refused(play: Play): Promise<void> {
  const [password, field] = [
    play.canaries.make('password that is not kept'),
    play.canaries.make('header that is not kept'),
  ];
  const user = { username: 'eva', password };
  assert.equal((await play.ask('POST /api/v1/users', { body: user })).status, 503);
  const server = { name: 'lost', url: play.upstream, headers: { authorization: field } };
  assert.equal((await play.ask('POST /api/v1/servers', { body: server })).status, 503);
}

/** With fields that nobody has asked for, and each text another one. */
function wrongly(body: unknown, stray: string): object {
  const fields = typeof body === 'object' && body !== null ? body : {};
  return {
    ...fields,
    password: stray,
    token: stray,
    headers: { authorization: stray },
    [`${stray.slice(0, 6)}`]: stray,
  };
}

async function broken({ gateway, canaries }: Play, target: string, stray: string): Promise<void> {
  const [method = '', path = ''] = target.split(' ');
  const headers = {
    authorization: `Bearer ${gateway.tokens.token}`,
    'content-type': 'application/json',
    'if-match': '"1"',
  };
  const response = await fetch(`${gateway.url}${path}`, { method, headers, body: `{"password": "${stray}", ` });
  canaries.look(target, await response.text());
}

/** Everything that keeps or tells something, after all of it. */
async function assertSilent(t: TestContext, play: Play): Promise<void> {
  for (let waited = 0; (await play.ask('GET /api/v1/me')).status !== 200 && waited < 50; waited++) await sleep(100);
  let rows = 0;
  for (let path = '/api/v1/audit?limit=200'; ; ) {
    const { data, status, text } = await play.ask(`GET ${path}`);
    assert.equal(status, 200, text);
    const page = data as unknown as { items: unknown[]; nextCursor?: string };
    rows += page.items.length;
    if (page.nextCursor === undefined) break;
    path = `/api/v1/audit?limit=200&cursor=${encodeURIComponent(page.nextCursor)}`;
  }
  await play.get('/metrics', { authorization: `Bearer ${play.gateway.tokens.token}` });
  play.lookAround();
  const statuses = [...play.answers.keys()].map((answer) => answer.split(' → ')[1]);
  t.diagnostic(
    `${play.canaries.names.length} canaries; ${play.answers.size} kinds of answer, of ${new Set(statuses).size} statuses; ${rows} rows of audit`,
  );
  assert.ok(rows > 0);
  for (const status of ['200', '201', '400', '401', '404', '503']) assert.ok(statuses.includes(status), `no ${status}`);
}

async function dump(url: string): Promise<string> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ name: string }>(
      "select table_name as name from information_schema.tables where table_schema = 'public'",
    );
    const tables = [];
    for (const { name } of rows) tables.push((await client.query(`select * from "${name}"`)).rows);
    return JSON.stringify(tables);
  } finally {
    await client.end();
  }
}
