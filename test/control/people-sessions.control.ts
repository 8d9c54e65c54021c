/*
 * Being logged in: what of oneself one may change, and every way in which a login ends, with the next request (T29, R14).
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Told } from '../rig/desk-answer.ts';
import {
  as,
  byAda,
  desk,
  type LoggedIn,
  later,
  login,
  type Me,
  me,
  member,
  membershipOf,
  OTHER,
  PASSWORD,
  refresh,
} from './people-stage.ts';

test('oneself: PATCH with a role changes nothing', async () => {
  const { token } = (await login((await member()).username)).data;
  const before = (await me(token)).data;
  const ifMatch = before.version;
  const tried = [{ role: 'admin' }, { roles: ['admin'] }, { displayName: 'X', roles: ['admin'] }];
  for (const body of tried) assert.equal((await as(token, 'PATCH /api/v1/me', { body, ifMatch })).status, 403);
  const more = [
    'rights',
    'organisation',
    'disabled',
    'username',
    'passwordHash',
    'id',
    'mustChangePassword',
    '__proto__',
  ];
  for (const field of more) {
    const told = await as(token, 'PATCH /api/v1/me', { body: JSON.parse(`{"${field}": "admin"}`), ifMatch });
    assert.equal(told.status, 400, field);
  }
  assert.deepEqual((await me(token)).data, before);
  const named = await as<Me>(token, 'PATCH /api/v1/me', { body: { displayName: 'Ann' }, ifMatch });
  assert.deepEqual([named.status, named.data.displayName, named.data.roles], [200, 'Ann', ['user']]);
});

test('oneself: another password takes the old one, ends the other logins, and keeps this one', async () => {
  const { username } = await member();
  const [one, other] = [(await login(username)).data, (await login(username)).data];
  const change = (oldPassword: string, newPassword: string) =>
    as(one.token, 'POST /api/v1/me/password', { body: { oldPassword, newPassword } });
  assert.equal((await change(OTHER, 'some quite other words')).status, 400);
  assert.equal((await change(PASSWORD, 'short')).status, 400);
  assert.equal((await change(PASSWORD, PASSWORD)).status, 400);
  assert.equal((await me(other.token)).status, 200);
  assert.equal((await change(PASSWORD, OTHER)).status, 200);
  assert.deepEqual([(await me(one.token)).status, (await me(other.token)).status], [200, 401]);
  assert.equal((await refresh(other.refreshToken)).status, 401);
  assert.deepEqual([(await login(username)).status, (await login(username, OTHER)).status], [401, 200]);
});

test('oneself: sees its own logins, and ends them; somebody else’s are not found', async () => {
  const [mine, theirs] = [(await login((await member()).username)).data, (await login((await member()).username)).data];
  const open = await as<{ items: { id: string; current: boolean }[] }>(mine.token, 'GET /api/v1/me/sessions');
  assert.deepEqual(
    open.data.items.map(({ current }) => current),
    [true],
  );
  const other = (await me(theirs.token)).data.sessionId;
  assert.equal((await as(mine.token, `DELETE /api/v1/me/sessions/${other}`)).status, 404);
  assert.equal((await me(theirs.token)).status, 200);
  assert.equal((await as(mine.token, `DELETE /api/v1/me/sessions/${open.data.items[0]?.id}`)).status, 200);
  assert.equal((await me(mine.token)).status, 401);
});

test('a login ends: with logout: neither token is taken by the next request', async () => {
  const { token, refreshToken } = (await login((await member()).username)).data;
  assert.equal((await as(token, 'POST /api/auth/logout')).status, 200);
  assert.deepEqual([(await me(token)).status, (await refresh(refreshToken)).status], [401, 401]);
});

test('a login ends: with its user disabled, deleted, given another password, or taken out of the organisation', async () => {
  const ways: readonly (readonly [string, (id: string) => Promise<Told>])[] = [
    ['disabled', (id) => byAda(`PATCH /api/v1/users/${id}`, { body: { disabled: true }, ifMatch: 1 })],
    ['deleted', (id) => byAda(`DELETE /api/v1/users/${id}`, { ifMatch: 1 })],
    ['reset', (id) => byAda(`POST /api/v1/users/${id}/password`, { body: {} })],
    ['out', (id) => membershipOf(id).then((it) => byAda(`DELETE /api/v1/memberships/${it}`, { ifMatch: 1 }))],
  ];
  for (const [what, end] of ways) {
    const { username, id } = await member();
    const { token, refreshToken } = (await login(username)).data;
    assert.equal((await me(token)).status, 200, what);
    const ended = await end(id);
    assert.equal(ended.status, 200, ended.text);
    assert.deepEqual([(await me(token)).status, (await refresh(refreshToken)).status], [401, 401], what);
  }
});

test('a login ends: roles that were taken away are not there in the next request', async () => {
  const { username, id } = await member({ roles: ['admin'] });
  const { token } = (await login(username)).data;
  assert.equal((await as(token, 'GET /api/v1/users')).status, 200);
  const path = `PATCH /api/v1/memberships/${await membershipOf(id)}`;
  assert.equal((await byAda(path, { body: { roles: ['viewer'] }, ifMatch: 1 })).status, 200);
  assert.equal((await as(token, 'GET /api/v1/users')).status, 403);
});

test('a login ends: with the time of its token; a refresh goes on, up to the longest time of a login', async () => {
  const { username } = await member();
  let { token, refreshToken } = (await login(username)).data;
  later(900_000 - 1);
  assert.equal((await me(token)).status, 200);
  later(1);
  assert.equal((await me(token)).status, 401);
  for (let day = 0; day < 6; day++) {
    const next = await refresh(refreshToken);
    assert.equal(next.status, 200, `day ${day}: ${next.text}`);
    ({ token, refreshToken } = next.data);
    assert.equal((await me(token)).status, 200);
    later(86_400_000 - 1);
  }
  assert.equal((await refresh(refreshToken)).status, 200);
  later(86_400_000);
  assert.equal((await refresh(refreshToken)).status, 401);
});

test('a login ends: without a refresh for a day', async () => {
  const { refreshToken } = (await login((await member()).username)).data;
  later(86_400_000);
  assert.equal((await refresh(refreshToken)).status, 401);
});

test('a login ends: when a refresh token comes a second time: for whoever has the newer one as well', async () => {
  const first = (await login((await member()).username)).data;
  const second = (await refresh(first.refreshToken)).data;
  const third = (await refresh(second.refreshToken)).data;
  assert.equal((await me(third.token)).status, 200);
  assert.equal((await refresh(first.refreshToken)).status, 401);
  assert.deepEqual([(await me(third.token)).status, (await refresh(third.refreshToken)).status], [401, 401]);
});

test('a login ends: of fifty refreshes with one token at most one is answered, and then the login is over', async () => {
  const { refreshToken } = (await login((await member()).username)).data;
  const all = await Promise.all(Array.from({ length: 50 }, () => refresh(refreshToken)));
  const good = all.filter(({ status }) => status === 200);
  assert.ok(good.length <= 1, `${good.length}`);
  for (const { data } of good) assert.equal((await me(data.token)).status, 401);
});

test('a login ends: a refresh token that somebody made up ends nothing', async () => {
  const { token, refreshToken } = (await login((await member()).username)).data;
  const [head, claims, signature = ''] = refreshToken.split('.');
  const forged = `${head}.${claims}.${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`;
  assert.equal((await refresh(forged)).status, 401);
  assert.equal((await me(token)).status, 200);
});

test('a login ends: each login is another session, whatever comes with it (fixation)', async () => {
  const { username } = await member();
  const one = (await login(username)).data;
  const sent = { headers: { authorization: `Bearer ${one.token}`, cookie: 'session=ses_chosen' } };
  const body = { username, password: PASSWORD };
  const two = await desk.ask<LoggedIn>('', 'POST /api/auth/login', { body, ...sent });
  assert.notEqual((await me(one.token)).data.sessionId, (await me(two.data.token)).data.sessionId);
  assert.equal(two.headers.get('set-cookie'), null);
});

test('nothing went wrong behind all this', () => assert.deepEqual(desk.failures, []));

test('a login that was on its way while the password was changed, or the account disabled, is none', async () => {
  const [changed, disabled] = [await member(), await member()];
  const { passwords } = desk.parts.logins;
  const verify = passwords.verify.bind(passwords);
  const meanwhile = async (username: string, act: () => Promise<{ readonly status: number }>) => {
    Object.assign(passwords, {
      verify: async (...asked: Parameters<typeof verify>) => {
        const verdict = await verify(...asked);
        Object.assign(passwords, { verify });
        assert.equal((await act()).status, 200);
        return verdict;
      },
    });
    return login(username);
  };
  const reset = () => byAda(`POST /api/v1/users/${changed.id}/password`, { body: { password: OTHER } });
  assert.equal((await meanwhile(changed.username, reset)).status, 401);
  const turn = (off: boolean, ifMatch: number) =>
    byAda(`PATCH /api/v1/users/${disabled.id}`, { body: { disabled: off }, ifMatch });
  assert.equal((await meanwhile(disabled.username, () => turn(true, 1))).status, 401);
  assert.equal((await turn(false, 2)).status, 200);
  assert.equal((await login(disabled.username)).status, 200);
});
