/*
 * API keys: whose they are, what they can be, and that nobody reads, replaces or deletes somebody else's (T25).
 */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { openTestDesk } from '../../../../test/rig/desk.ts';
import { askOver } from '../../../../test/rig/desk-answer.ts';
import { seederIn } from '../../../../test/rig/desk-people.ts';
import { isWhole, keyIdIn } from '../../../model/key-text.ts';
import { inTable } from '../../../model/table.ts';
import { overlay } from '../../store/queries/objects.ts';

const desk = await openTestDesk({
  file: JSON.stringify({
    servers: {},
    access: { organisations: { gamma: {} }, roles: { 'break-glass': { permissions: ['*'] } } },
    auth: { keys: [{ id: 'filekey1', name: 'of the file', hash: 'a'.repeat(64), grants: 'all' }] },
  }),
});
after(() => desk.close());

interface Key {
  readonly id: string;
  readonly version: number;
  readonly keyId: string;
  readonly username: string;
  readonly roles: readonly string[] | null;
  readonly servers: readonly string[] | null;
  readonly tools: readonly string[] | null;
  readonly api: readonly string[];
  readonly expiresAt: string;
  readonly disabled: boolean;
  readonly lastUsedAt: string | null;
  readonly key: string;
}
interface Page {
  readonly items: readonly Key[];
}
type Who = Parameters<typeof desk.ask>[0];

const make = (who: Who, body: object) => desk.ask<Key>(who, 'POST /api/v1/keys', { body: { name: 'laptop', ...body } });
async function made(who: Who, body: object = {}): Promise<Key> {
  const told = await make(who, body);
  assert.equal(told.status, 201, told.text);
  return told.data;
}
const ids = async (who: Who, query = '') =>
  (await desk.ask<Page>(who, `GET /api/v1/keys${query}`)).data.items.map(({ id }) => id);
const taken = async (key: string) => (await askOver(desk.url, key, 'GET /api/v1/keys')).status;

describe('API keys', () => {
  it('one is shown when it is made, whole, and never again', async () => {
    const key = await made('uma', { tools: ['files.read_*'], api: ['read'] });
    assert.ok(isWhole(key.key));
    assert.equal(keyIdIn(key.key), key.keyId);
    assert.deepEqual([key.username, key.roles, key.tools, key.servers], ['uma', null, ['files.read_*'], null]);
    const again = await desk.ask('uma', `GET /api/v1/keys/${key.id}`);
    const list = await desk.ask('uma', 'GET /api/v1/keys');
    for (const { text } of [again, list]) assert.ok(!text.includes(key.key.slice(-20)) && !/sha256/.test(text));
    assert.equal(await taken(key.key), 200);
  });

  it('it lasts as long as limits say, unless less was asked for', async () => {
    const days = (await made('uma')).expiresAt;
    assert.ok(Math.abs(Date.parse(days) - Date.now() - 90 * 86_400_000) < 600_000);
    const soon = new Date(Date.now() + 60_000).toISOString();
    assert.equal((await made('uma', { expiresAt: soon })).expiresAt, soon);
    assert.equal((await make('uma', { expiresAt: new Date(Date.now() - 1).toISOString() })).status, 400);
    assert.equal((await make('uma', { expiresAt: null })).status, 400);
  });

  it('somebody else’s is not found, whatever is tried with it', async () => {
    const key = await made('uma');
    for (const who of ['eva', 'bob', 'uma-write'] as const) {
      const isOwner = who === 'uma-write';
      const tries = [
        ['GET', {}],
        ['PATCH', { body: { disabled: true }, ifMatch: key.version }],
        ['DELETE', { ifMatch: key.version }],
      ] as const;
      for (const [method, sent] of tries) {
        const told = await desk.ask(who, `${method} /api/v1/keys/${key.id}`, sent);
        assert.equal(told.status, isOwner ? (method === 'GET' ? 200 : 403) : 404, `${who} ${method}`);
      }
      const rotated = await desk.ask(who, `POST /api/v1/keys/${key.id}/rotate`, { ifMatch: key.version });
      assert.equal(rotated.status, isOwner ? 403 : 404, who);
    }
    assert.deepEqual((await ids('eva')).includes(key.id), false);
    assert.deepEqual(await ids('eva', `?userId=${desk.userIds.uma}`), await ids('eva'));
    assert.equal((await desk.ask('uma', `GET /api/v1/keys/${key.id}`)).status, 200);
    assert.equal(await taken(key.key), 403, 'it may do nothing of the API, and is known');
  });

  it('a viewer has no keys of their own; an admin makes one for them', async () => {
    assert.equal((await make('vic', {})).status, 403);
    assert.equal((await made('ada', { username: 'vic' })).username, 'vic');
  });

  it('one that was made, changed or renewed for somebody else has nothing that its user is given later', async () => {
    const body = { username: 'later-admin', roles: ['user'] };
    const user = await desk.ask<{ id: string }>('ada', 'POST /api/v1/users', { body });
    const key = await made('ada', { username: 'later-admin', api: ['read'] });
    assert.deepEqual(key.roles, ['user']);
    const path = `/api/v1/keys/${key.id}`;
    const cleared = await desk.ask<Key>('ada', `PATCH ${path}`, { body: { roles: null }, ifMatch: key.version });
    assert.deepEqual(cleared.data.roles, ['user']);
    const all = await desk.ask<{ items: readonly { id: string; version: number }[] }>(
      'ada',
      `GET /api/v1/memberships?userId=${user.data.id}`,
    );
    const [member] = all.data.items;
    const grown = { body: { roles: ['user', 'admin'] }, ifMatch: member?.version };
    assert.equal((await desk.ask('ada', `PATCH /api/v1/memberships/${member?.id}`, grown)).status, 200);
    assert.equal((await askOver(desk.url, key.key, 'GET /api/v1/users')).status, 403);
  });

  it('a user makes none for somebody else, and an admin none for whom they do not manage', async () => {
    assert.equal((await make('uma', { username: 'eva' })).status, 404);
    assert.equal((await make('ada', { username: 'bob' })).status, 404);
    assert.equal((await make('ada', { username: 'nobody' })).status, 404);
    const key = await made('ada', { username: 'uma' });
    assert.ok((await ids('uma')).includes(key.id));
  });

  const BEYOND: readonly (readonly [string, Who, object, number])[] = [
    ['a role that its user does not have', 'ada', { username: 'uma', roles: ['admin'] }, 400],
    ['a role above one’s own', 'uma', { roles: ['admin'] }, 403],
    ['the highest role', 'ada', { roles: ['system_admin'] }, 403],
    ['a role of the file that one does not hold', 'ada', { roles: ['break-glass'] }, 403],
    ['a role that is not there', 'uma', { roles: ['nobody'] }, 400],
    ['a field that nobody sets', 'uma', { sha256: 'a'.repeat(64) }, 400],
    ['the organisation of others', 'uma', { organisation: 'beta' }, 400],
    ['more than there is of the API', 'uma', { api: ['read', 'write', 'admin'] }, 400],
  ];
  for (const [what, who, body, status] of BEYOND) {
    it(`refused: ${what}`, async () => assert.equal((await make(who, body)).status, status));
  }

  it('one without the role of its user may do less than its user', async () => {
    const key = await made('ada', { roles: [], api: ['read'] });
    assert.equal(await taken(key.key), 403);
    const whole = await made('ada', { api: ['read'] });
    assert.equal(await taken(whole.key), 200);
  });

  it('switched off, rotated, deleted: the next request with it is refused', async () => {
    const ways = [
      (key: Key) => desk.ask('uma', `PATCH /api/v1/keys/${key.id}`, { body: { disabled: true }, ifMatch: 1 }),
      (key: Key) => desk.ask('uma', `POST /api/v1/keys/${key.id}/rotate`, { ifMatch: 1 }),
      (key: Key) => desk.ask('uma', `DELETE /api/v1/keys/${key.id}`, { ifMatch: 1 }),
      (key: Key) => desk.ask('ada', `DELETE /api/v1/keys/${key.id}`, { ifMatch: 1 }),
    ];
    for (const way of ways) {
      const key = await made('uma', { api: ['read'] });
      assert.equal(await taken(key.key), 200);
      const told = await way(key);
      assert.equal(told.status, 200, told.text);
      assert.equal(await taken(key.key), 401);
    }
  });

  it('a rotated key keeps its id and is taken with its new secret', async () => {
    const key = await made('uma', { api: ['read'] });
    const next = await desk.ask<Key>('uma', `POST /api/v1/keys/${key.id}/rotate`, { ifMatch: key.version });
    assert.equal(next.data.keyId, key.keyId);
    assert.notEqual(next.data.key, key.key);
    assert.equal(await taken(next.data.key), 200);
  });

  it('its user switched off: not taken; on again: taken', async () => {
    const user = await desk.ask<{ id: string; version: number }>('ada', 'POST /api/v1/users', {
      body: { username: 'kim' },
    });
    const key = await made('ada', { username: 'kim', api: ['read'] });
    assert.equal(await taken(key.key), 200);
    const set = (disabled: boolean, ifMatch: number) =>
      desk.ask('ada', `PATCH /api/v1/users/${user.data.id}`, { body: { disabled }, ifMatch });
    assert.equal((await set(true, 1)).status, 200);
    assert.equal(await taken(key.key), 401);
    assert.equal((await set(false, 2)).status, 200);
    assert.equal(await taken(key.key), 200);
  });

  it('it is in the snapshot as it was made, before the answer is there', async () => {
    const { keyId } = await made('uma', { tools: ['files.*'], roles: ['user'] });
    const { people } = desk.parts.publisher.snapshot();
    const keys = [...people.keys.base.values(), ...people.keys.over.values()].flatMap((key) => key ?? []);
    const key = keys.find(({ id }) => id === keyId);
    assert.deepEqual(
      [key?.organisation, key?.user, key?.roles, key?.reach?.tools],
      ['acme', 'uma', ['user'], ['files.*']],
    );
    assert.equal(inTable(people.users, 'uma')?.disabled, false);
  });

  it('a change that is given clears, keeps and sets what it names', async () => {
    const key = await made('uma', { tools: ['files.*'], servers: ['files'], api: ['read'] });
    const path = `PATCH /api/v1/keys/${key.id}`;
    const one = await desk.ask<Key>('uma', path, { body: { tools: null, name: 'desk' }, ifMatch: 1 });
    assert.deepEqual([one.data.tools, one.data.servers, one.data.api], [null, ['files'], ['read']]);
    const two = await desk.ask<Key>('uma', path, { body: { servers: null, api: [] }, ifMatch: 2 });
    assert.deepEqual([two.data.servers, two.data.api, two.data.version], [null, [], 3]);
    assert.equal((await desk.ask('uma', path, { body: { api: [] }, ifMatch: 2 })).status, 412);
  });

  it('when it was used last is written, to the minute', async () => {
    const key = await made('uma', { api: ['read'] });
    assert.equal(key.lastUsedAt, null);
    assert.equal(await taken(key.key), 200);
    await desk.parts.logins.lastUse.flush();
    const { data } = await desk.ask<Key>('uma', `GET /api/v1/keys/${key.id}`);
    assert.equal(Date.parse(data.lastUsedAt ?? '') % 60_000, 0);
    assert.equal(data.version, key.version);
  });

  it('those of the file are shown in their organisation, and not changed here', async () => {
    const list = await desk.ask<Page>('root', 'GET /api/v1/keys?origin=file');
    const [key] = list.data.items;
    assert.deepEqual([key?.keyId, key?.id], ['filekey1', 'file.key.filekey1']);
    assert.doesNotMatch(list.text, /a{64}/);
    assert.deepEqual(await ids('ada', '?origin=file'), []);
    const told = await desk.ask('root', 'DELETE /api/v1/keys/file.key.filekey1', { ifMatch: 0 });
    assert.deepEqual([told.status, told.code], [409, 4011]);
  });

  it('what is killed is not known any more: a key, or its user with all of theirs and every login', async () => {
    const [one, other] = [await made('eva', { api: ['read'] }), await made('eva', { api: ['read'] })];
    await kill('key', one.keyId);
    assert.deepEqual([await taken(one.key), await taken(other.key)], [401, 200]);
    assert.equal((await desk.ask('eva', 'GET /api/v1/me')).status, 200);
    await kill('principal', 'user:eva');
    assert.equal(await taken(other.key), 401);
    assert.equal((await desk.ask('eva', 'GET /api/v1/me')).status, 401);
  });

  it('nothing went wrong behind all this', () => assert.deepEqual(desk.failures, []));
});

/** As the kill switch writes it. */
async function kill(kind: 'key' | 'principal', target: string): Promise<void> {
  const seeder = seederIn('acme');
  const row = overlay.fresh(seeder, { kind, target, state: 'killed', reason: '' }, 1);
  const touched = [{ kind: 'overlay', id: row.id, organisation: 'acme' } as const];
  await desk.store.write(seeder, { changes: [overlay.insert(seeder, row)], touched, audit: [] });
  await desk.parts.publisher.settled();
}
