/*
 * Logging in, and ways in which somebody else would: guessing, pages of other origins, keys in place of passwords (T29).
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { as, byAda, desk, later, login, me, member, OTHER, PASSWORD, refresh } from './people-stage.ts';

test('logging in: gives a token that says who it is, and a refresh token, each good for itself alone', async () => {
  const { username } = await member();
  const { status, data } = await login(username);
  assert.equal(status, 200);
  assert.deepEqual(
    [data.organisation, data.roles, data.mustChangePassword, data.expiresIn],
    ['acme', ['user'], false, 900],
  );
  assert.equal((await me(data.token)).status, 200);
  assert.equal((await me(data.refreshToken)).status, 401);
  assert.equal((await refresh(data.token)).status, 401);
});

test('logging in: takes the name however its letters are written', async () => {
  const { username } = await member();
  assert.equal((await login(` ${username.toUpperCase()} `)).status, 200);
});

test('logging in: answers one thing to whoever is not there, is disabled, or has another password', async () => {
  const [here, off] = [await member(), await member()];
  const disabled = await byAda(`PATCH /api/v1/users/${off.id}`, { body: { disabled: true }, ifMatch: 1 });
  assert.equal(disabled.status, 200, disabled.text);
  const told = await Promise.all([login(here.username, OTHER), login('nobody-there', OTHER), login(off.username)]);
  const words = told.map(({ status, code, message, data, errors }) =>
    JSON.stringify([status, code, message, data, errors]),
  );
  assert.equal(new Set(words).size, 1, words.join('\n'));
  assert.deepEqual([told[0]?.status, told[0]?.code], [401, 4003]);
});

test('logging in: in an organisation of which one is no member: refused, and only after the password was right', async () => {
  const { username } = await member();
  assert.equal((await login(username, PASSWORD, { organisation: 'beta' })).status, 403);
  assert.equal((await login(username, OTHER, { organisation: 'beta' })).status, 401);
});

test('logging in: a body that is no JSON, or a page of another origin, does not come to it', async () => {
  const { username } = await member();
  const body = JSON.stringify({ username, password: PASSWORD });
  const sent = (headers: Record<string, string>) =>
    fetch(`${desk.url}/api/auth/login`, { method: 'POST', body, headers }).then(({ status }) => status);
  assert.equal(await sent({ 'content-type': 'text/plain' }), 415);
  assert.equal(await sent({ 'content-type': 'application/x-www-form-urlencoded' }), 415);
  assert.equal(await sent({ 'content-type': 'application/json', origin: 'https://evil.example' }), 403);
  assert.equal(await sent({ 'content-type': 'application/json', origin: 'null' }), 403);
  assert.equal(await sent({ 'content-type': 'application/json' }), 200);
});

test('logging in: with a password for one login, nothing else is answered until there is another one', async () => {
  const { username } = await member({ mustChangePassword: 1 });
  const { token } = (await login(username)).data;
  assert.deepEqual([(await me(token)).status, (await as(token, 'GET /api/v1/keys')).status], [200, 403]);
  const body = { oldPassword: PASSWORD, newPassword: OTHER };
  assert.equal((await as(token, 'POST /api/v1/me/password', { body })).status, 200);
  assert.equal((await as(token, 'GET /api/v1/keys')).status, 200);
  assert.equal((await login(username, OTHER)).data.mustChangePassword, false);
});

test('logging in: a key of a user logs nobody in, and makes no credential', async () => {
  const asked = [
    desk.ask('uma-write', 'POST /api/v1/keys', { body: { name: 'another' } }),
    desk.ask('ada-write', 'POST /api/v1/keys', { body: { name: 'another' } }),
    desk.ask('ada-write', 'POST /api/v1/users', { body: { username: 'by-key' } }),
    desk.ask('ada-write', `POST /api/v1/users/${desk.userIds.uma}/password`, { body: {} }),
    desk.ask('ada-write', `PATCH /api/v1/users/${desk.userIds.uma}`, { body: { disabled: true }, ifMatch: 1 }),
    desk.ask('ada-write', 'POST /api/v1/memberships', { body: { username: 'uma', roles: ['admin'] } }),
    desk.ask('ada-write', 'POST /api/v1/me/password', { body: { oldPassword: 'a', newPassword: 'b' } }),
    desk.ask('ada-write', 'GET /api/v1/me'),
    desk.ask('ada-write', 'POST /api/auth/logout'),
  ];
  const told = await Promise.all(asked);
  assert.deepEqual(
    told.map(({ status }) => status),
    Array(9).fill(403),
  );
  assert.equal((await desk.ask('ada-read', 'GET /api/v1/users')).status, 200);
  assert.equal((await desk.ask('ada-none', 'GET /api/v1/users')).status, 403);
});

test('guessing: two hundred wrong passwords: the guesser waits, and others log in as ever', async () => {
  later();
  const [victim, other] = [await member(), await member()];
  assert.equal((await login(victim.username)).status, 200);
  assert.equal((await login(other.username)).status, 200);
  const statuses = [];
  for (let at = 0; at < 200; at++) statuses.push((await login(`stranger-${at % 5}`, OTHER)).status);
  assert.deepEqual([...new Set(statuses)], [401, 429]);
  assert.ok(statuses.filter((status) => status === 401).length <= 20);
  const refused = await login('stranger-0', OTHER);
  assert.deepEqual([refused.status, refused.code], [429, 4009]);
  assert.match(refused.headers.get('retry-after') ?? '', /^[1-9]\d*$/);
  assert.ok(desk.hits.includes('failedLoginsPerAddressMax'));
  assert.equal((await login(victim.username)).status, 200);
  assert.equal((await login(other.username)).status, 200);
  later();
});

test('guessing: about one user from where they have logged in: their own count, and then they wait there too', async () => {
  const { username } = await member();
  assert.equal((await login(username)).status, 200);
  const statuses = [];
  for (let at = 0; at < 12; at++) statuses.push((await login(username, OTHER)).status);
  assert.deepEqual(statuses, [...Array(10).fill(401), 429, 429]);
  assert.ok(desk.hits.includes('failedLoginsMax'));
  assert.equal((await login(username)).status, 429);
  later(1_000);
  assert.equal((await login(username)).status, 200);
});

test('guessing: the old password is guessed no faster with a token that was found', async () => {
  later();
  const { username } = await member();
  const { token } = (await login(username)).data;
  const body = { oldPassword: OTHER, newPassword: 'some quite other words' };
  const statuses = [];
  for (let at = 0; at < 12; at++) statuses.push((await as(token, 'POST /api/v1/me/password', { body })).status);
  assert.deepEqual(statuses, [...Array(10).fill(400), 429, 429]);
});

test('nothing went wrong behind all this', () => assert.deepEqual(desk.failures, []));
