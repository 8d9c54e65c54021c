/*
 * Users and their accounts: who may make, change and delete whom.
 */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { openTestDesk } from '../../../../test/rig/desk.ts';

const desk = await openTestDesk();
after(() => desk.close());

interface User {
  readonly id: string;
  readonly version: number;
  readonly username: string;
  readonly organisation: string;
  readonly roles: readonly string[] | null;
  readonly disabled: boolean;
  readonly managed: boolean;
  readonly mustChangePassword: boolean;
  readonly memberships: readonly { readonly organisation: string }[];
  readonly oneTimePassword?: string;
}
interface Page {
  readonly items: readonly User[];
}

let made = 0;
const freshName = () => `person-${++made}`;

async function person(roles: readonly string[] = ['user'], by: 'root' | 'ada' | 'bob' = 'ada'): Promise<User> {
  const query = by === 'root' ? '?organisation=acme' : '';
  const told = await desk.ask<User>(by, `POST /api/v1/users${query}`, { body: { username: freshName(), roles } });
  assert.equal(told.status, 201, told.text);
  return told.data;
}

const names = async (who: 'root' | 'ada' | 'bob', query = '') =>
  (await desk.ask<Page>(who, `GET /api/v1/users${query}`)).data.items.map(({ username }) => username);

describe('users', () => {
  it('one that is made has a password for one login, which is shown once, and logs in with it', async () => {
    const user = await person();
    assert.match(user.oneTimePassword ?? '', /^[a-z2-9-]{29}$/);
    assert.deepEqual([user.organisation, user.roles, user.mustChangePassword], ['acme', ['user'], true]);
    const again = await desk.ask('ada', `GET /api/v1/users/${user.id}`);
    assert.ok(!again.text.includes(user.oneTimePassword ?? 'x'));
    assert.doesNotMatch(again.text, /argon2|hash/i);
    const body = { username: user.username, password: user.oneTimePassword };
    const login = await desk.ask<{ mustChangePassword: boolean }>('', 'POST /api/auth/login', { body });
    assert.deepEqual([login.status, login.data.mustChangePassword], [200, true]);
  });

  it('one with a name that is taken, anywhere, is refused', async () => {
    const { username } = await person(['user'], 'bob');
    const told = await desk.ask('ada', 'POST /api/v1/users', { body: { username } });
    assert.deepEqual([told.status, told.code], [409, 4006]);
  });

  const WRONG: readonly (readonly [string, object, string])[] = [
    ['a name with capital letters', { username: 'Ann' }, 'body.username'],
    ['a name that is a pattern', { username: 'a*' }, 'body.username'],
    ['a weak password', { username: 'weak-one', password: 'Password12345' }, 'body.password'],
    ['a role that is not there', { username: 'no-role', roles: ['owner'] }, 'body.roles.0'],
    ['a field that nobody sets', { username: 'mass', passwordHash: 'x' }, 'body.passwordHash'],
    ['the organisation of another admin', { username: 'mass', organisation: 'beta' }, 'body.organisation'],
  ];
  for (const [what, body, field] of WRONG) {
    it(`refused, by its field: ${what}`, async () => {
      const told = await desk.ask('ada', 'POST /api/v1/users', { body });
      assert.equal(told.status, 400);
      assert.deepEqual(
        told.errors.map((each) => each.field),
        [field],
      );
    });
  }

  it('an admin gives no role above their own', async () => {
    const told = await desk.ask('ada', 'POST /api/v1/users', {
      body: { username: freshName(), roles: ['system_admin'] },
    });
    assert.deepEqual([told.status, told.code], [403, 4005]);
  });

  it('lists have members and those who belong there, and nobody else', async () => {
    const [mine, theirs] = [await person(), await person(['user'], 'bob')];
    const [ada, bob] = [await names('ada', '?limit=200'), await names('bob', '?limit=200')];
    assert.ok(ada.includes(mine.username) && !ada.includes(theirs.username) && !ada.includes('root'));
    assert.ok(bob.includes(theirs.username) && !bob.includes(mine.username));
    assert.deepEqual(await names('ada', `?search=${mine.username}`), [mine.username]);
    assert.deepEqual(await names('ada', `?username=${theirs.username}`), []);
  });

  it('whoever is of another organisation is not found', async () => {
    const { id, version } = await person(['user'], 'bob');
    const asked = [
      desk.ask('ada', `GET /api/v1/users/${id}`),
      desk.ask('ada', `PATCH /api/v1/users/${id}`, { body: { disabled: true }, ifMatch: version }),
      desk.ask('ada', `DELETE /api/v1/users/${id}`, { ifMatch: version }),
      desk.ask('ada', `POST /api/v1/users/${id}/password`, { body: {} }),
    ];
    assert.deepEqual(
      (await Promise.all(asked)).map(({ status }) => status),
      [404, 404, 404, 404],
    );
  });

  it('the account of a member of two organisations is for the system_admin, the membership for each', async () => {
    const user = await person();
    const joined = await desk.ask('root', 'POST /api/v1/memberships?organisation=beta', {
      body: { username: user.username, roles: ['viewer'] },
    });
    assert.equal(joined.status, 201, joined.text);
    const seen = await desk.ask<User>('ada', `GET /api/v1/users/${user.id}`);
    assert.equal(seen.data.managed, false);
    assert.deepEqual(
      seen.data.memberships.map(({ organisation }) => organisation),
      ['acme'],
    );
    for (const who of ['ada', 'bob'] as const) {
      const ifMatch = user.version;
      const asked = [
        desk.ask(who, `PATCH /api/v1/users/${user.id}`, { body: { disabled: true }, ifMatch }),
        desk.ask(who, `DELETE /api/v1/users/${user.id}`, { ifMatch }),
        desk.ask(who, `POST /api/v1/users/${user.id}/password`, { body: {} }),
      ];
      assert.deepEqual(
        (await Promise.all(asked)).map(({ status }) => status),
        [403, 403, 403],
        who,
      );
    }
    const here = await desk.ask<{ items: readonly { id: string; version: number }[] }>(
      'bob',
      `GET /api/v1/memberships?userId=${user.id}`,
    );
    const [membership] = here.data.items;
    assert.ok(membership);
    const out = await desk.ask('bob', `DELETE /api/v1/memberships/${membership.id}`, { ifMatch: membership.version });
    assert.equal(out.status, 200, out.text);
    const again = await desk.ask<User>('ada', `GET /api/v1/users/${user.id}`);
    assert.equal(again.data.managed, true);
  });

  it('an admin changes nobody who has a role that the admin does not hold', async () => {
    const boss = await person(['system_admin'], 'root');
    assert.equal(boss.organisation, 'acme');
    const ifMatch = boss.version;
    const asked = [
      desk.ask('ada', `POST /api/v1/users/${boss.id}/password`, { body: {} }),
      desk.ask('ada', `PATCH /api/v1/users/${boss.id}`, { body: { disabled: true }, ifMatch }),
      desk.ask('ada', `DELETE /api/v1/users/${boss.id}`, { ifMatch }),
      desk.ask('ada', 'POST /api/v1/keys', { body: { name: 'stolen', username: boss.username } }),
    ];
    assert.deepEqual(
      (await Promise.all(asked)).map(({ status }) => status),
      [403, 403, 403, 403],
    );
  });

  it('a change names the version that was read', async () => {
    const user = await person();
    const path = `PATCH /api/v1/users/${user.id}`;
    assert.equal((await desk.ask('ada', path, { body: { displayName: 'A' } })).status, 428);
    const first = await desk.ask<User>('ada', path, { body: { displayName: 'A' }, ifMatch: user.version });
    assert.deepEqual([first.status, first.data.version], [200, user.version + 1]);
    assert.equal((await desk.ask('ada', path, { body: { displayName: 'B' }, ifMatch: user.version })).status, 412);
  });

  it('the last one who manages the installation is not deleted, disabled or demoted', async () => {
    const alone = await openTestDesk();
    try {
      const me = await alone.ask<User>('root', `GET /api/v1/users/${alone.userIds.root}`);
      const all = await alone.ask<{ items: readonly { id: string; version: number }[] }>(
        'root',
        `GET /api/v1/memberships?userId=${alone.userIds.root}`,
      );
      const [member] = all.data.items;
      assert.ok(member);
      const ifMatch = me.data.version;
      const tries = () => [
        alone.ask('root', `PATCH /api/v1/users/${me.data.id}`, { body: { disabled: true }, ifMatch }),
        alone.ask('root', `DELETE /api/v1/users/${me.data.id}`, { ifMatch }),
        alone.ask('root', `PATCH /api/v1/memberships/${member.id}`, { body: { roles: ['admin'] }, ifMatch: 1 }),
        alone.ask('root', `DELETE /api/v1/memberships/${member.id}`, { ifMatch: 1 }),
      ];
      for (const told of await Promise.all(tries())) {
        assert.equal(told.status, 409, told.text);
        assert.match(told.message, /Nobody would be left/);
      }
      const body = { username: 'second-one', roles: ['system_admin'] };
      assert.equal((await alone.ask('root', 'POST /api/v1/users', { body })).status, 201);
      const off = await alone.ask('root', `PATCH /api/v1/users/${me.data.id}`, { body: { disabled: true }, ifMatch });
      assert.equal(off.status, 200, off.text);
    } finally {
      await alone.close();
    }
  });

  it('two who take the installation from each other at once: one of them stays', async () => {
    const two = await openTestDesk();
    try {
      const body = { username: 'second-one', roles: ['system_admin'], password: 'kettle orbit walnut ferry' };
      const second = await two.ask<User>('root', 'POST /api/v1/users', { body });
      const off = (id: string) =>
        two.ask('root', `PATCH /api/v1/users/${id}`, { body: { disabled: true }, ifMatch: 1 });
      const told = await Promise.all([off(two.userIds.root), off(second.data.id)]);
      assert.equal(told.filter(({ status }) => status === 200).length, 1, told.map(({ text }) => text).join());
    } finally {
      await two.close();
    }
  });

  it('the last one, who manages the installation by two memberships, does not lose both at once', async () => {
    const alone = await openTestDesk();
    try {
      const body = { username: 'root', roles: ['system_admin'] };
      const path = '/api/v1/memberships';
      const there = await alone.ask<User>('root', `POST ${path}?organisation=acme`, { body });
      const here = await alone.ask<Page>('root', `GET ${path}?userId=${alone.userIds.root}`);
      const demote = (id: string, query = '') =>
        alone.ask('root', `PATCH ${path}/${id}${query}`, { body: { roles: ['admin'] }, ifMatch: 1 });
      // Both have looked before either writes.
      const write = alone.store.write.bind(alone.store);
      const [both, come] = [Promise.withResolvers<void>(), { count: 0 }];
      const held: typeof write = async (actor, what) => {
        come.count += 1;
        if (come.count === 2) both.resolve();
        await both.promise;
        return write(actor, what);
      };
      Object.assign(alone.store, { write: held });
      const told = await Promise.all([
        demote(here.data.items[0]?.id ?? ''),
        demote(there.data.id, '?organisation=acme'),
      ]);
      assert.deepEqual(told.map(({ status }) => status).sort(), [200, 409], told.map(({ text }) => text).join());
    } finally {
      await alone.close();
    }
  });

  it('who is deleted takes along all that is theirs, and whoever gets the name later owns nothing of it', async () => {
    const user = await person();
    const key = await desk.ask<{ key: string }>('ada', 'POST /api/v1/keys', {
      body: { name: 'k', username: user.username },
    });
    assert.equal(key.status, 201, key.text);
    const gone = await desk.ask('ada', `DELETE /api/v1/users/${user.id}`, { ifMatch: user.version });
    assert.equal(gone.status, 200, gone.text);
    assert.equal((await desk.ask('ada', `GET /api/v1/users/${user.id}`)).status, 404);
    const again = await desk.ask<User>('ada', 'POST /api/v1/users', { body: { username: user.username } });
    assert.equal(again.status, 201, again.text);
    const keys = await desk.ask<{ items: readonly object[] }>('ada', `GET /api/v1/keys?userId=${again.data.id}`);
    assert.equal(keys.data.items.length, 0);
  });

  it('what was done is in the audit, and no password with it', async () => {
    const user = await person();
    const reset = await desk.ask<{ oneTimePassword: string }>('ada', `POST /api/v1/users/${user.id}/password`, {
      body: {},
    });
    assert.equal(reset.status, 200, reset.text);
    assert.notEqual(reset.data.oneTimePassword, user.oneTimePassword);
    assert.deepEqual(desk.failures, []);
  });
});
