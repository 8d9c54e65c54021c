/*
 * Roles, memberships, mappings and organisations: nobody gives what they do not hold, and nothing reaches beyond the organisation.
 */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { openTestDesk } from '../../../../test/rig/desk.ts';

const ISSUER = 'https://id.example.com';
const desk = await openTestDesk({
  file: JSON.stringify({
    servers: {},
    access: { organisations: { gamma: {} }, roles: { 'break-glass': { permissions: ['*'] } } },
    auth: { issuers: [{ issuer: ISSUER, mappings: { 'groups:ops': { roles: ['admin'] } } }] },
  }),
});
after(() => desk.close());

type Who = Parameters<typeof desk.ask>[0];
interface One {
  readonly id: string;
  readonly version: number;
  readonly name: string;
  readonly origin: string;
  readonly roles: readonly string[];
}
interface Page {
  readonly items: readonly One[];
}

let made = 0;
const fresh = (start: string) => `${start}-${++made}`;
const post = (who: Who, what: string, body: object) => desk.ask<One>(who, `POST /api/v1/${what}`, { body });
const PERMISSIONS = [{ servers: ['*'], tools: ['get_*'] }];

async function role(who: Who = 'ada'): Promise<One> {
  const told = await post(who, 'roles', { name: fresh('role'), permissions: PERMISSIONS });
  assert.equal(told.status, 201, told.text);
  return told.data;
}

async function user(roles: readonly string[] = ['user']): Promise<string> {
  const told = await post('ada', 'users', { username: fresh('member'), roles });
  assert.equal(told.status, 201, told.text);
  const all = await desk.ask<Page>('ada', `GET /api/v1/memberships?userId=${told.data.id}`);
  return all.data.items[0]?.id ?? '';
}

const give = (who: Who, id: string, roles: readonly string[], ifMatch = 1) =>
  desk.ask(who, `PATCH /api/v1/memberships/${id}`, { body: { roles }, ifMatch });

describe('roles', () => {
  it('built-in ones, those of the file and those of the organisation are one list', async () => {
    const own = await role();
    const { data } = await desk.ask<Page>('vic', 'GET /api/v1/roles?limit=200');
    const origins = new Map(data.items.map(({ name, origin }) => [name, origin]));
    assert.deepEqual(
      ['admin', 'break-glass', own.name].map((name) => origins.get(name)),
      ['builtin', 'file', 'store'],
    );
  });

  it('of another organisation: not found, not changed, not given', async () => {
    const theirs = await role('bob');
    assert.equal((await desk.ask('ada', `GET /api/v1/roles/${theirs.id}`)).status, 404);
    const sent = { body: { title: 'Mine' }, ifMatch: 1 };
    assert.equal((await desk.ask('ada', `PATCH /api/v1/roles/${theirs.id}`, sent)).status, 404);
    assert.equal((await desk.ask('ada', `DELETE /api/v1/roles/${theirs.id}`, { ifMatch: 1 })).status, 404);
    assert.equal((await give('ada', await user(), [theirs.name])).status, 400);
  });

  const REFUSED: readonly (readonly [string, Who, object, number])[] = [
    ['a built-in name', 'ada', { name: 'admin', permissions: [] }, 409],
    ['a name of the file', 'ada', { name: 'break-glass', permissions: [] }, 409],
    ['a name that is a pattern', 'ada', { name: 'a*', permissions: [] }, 400],
    ['a permission that says nothing of servers', 'ada', { name: 'r1', permissions: [{ tools: ['*'] }] }, 400],
    ['a permission about nothing', 'ada', { name: 'r2', permissions: [{ servers: ['*'] }] }, 400],
    ['a field of nobody', 'ada', { name: 'r3', permissions: [{ servers: ['*'], tools: ['*'], colours: [] }] }, 400],
    ['by a user', 'uma', { name: 'r4', permissions: [] }, 403],
    ['by a viewer', 'vic', { name: 'r5', permissions: [] }, 403],
  ];
  for (const [what, who, body, status] of REFUSED) {
    it(`refused: ${what}`, async () => assert.equal((await post(who, 'roles', body)).status, status));
  }

  it('built-in ones and those of the file are not changed here', async () => {
    for (const id of ['builtin.role.viewer', 'file.role.break-glass']) {
      const sent = { body: { permissions: ['*'] }, ifMatch: 0 };
      assert.equal((await desk.ask('ada', `PATCH /api/v1/roles/${id}`, sent)).code, 4011);
      assert.equal((await desk.ask('ada', `DELETE /api/v1/roles/${id}`, { ifMatch: 0 })).code, 4011);
    }
  });

  it('one that somebody has is not deleted; then it is', async () => {
    const own = await role();
    const member = await user([own.name]);
    const remove = () => desk.ask('ada', `DELETE /api/v1/roles/${own.id}`, { ifMatch: 1 });
    assert.equal((await remove()).status, 409);
    assert.equal((await give('ada', member, ['user'])).status, 200);
    assert.equal((await remove()).status, 200);
  });

  it('is in the snapshot for its own organisation alone', async () => {
    const own = await role();
    const roles = [...desk.parts.publisher.snapshot().access.roles.values()].filter(({ name }) => name === own.name);
    assert.deepEqual(
      roles.map(({ organisation }) => organisation),
      ['acme'],
    );
  });
});

describe('memberships', () => {
  const GIVEN: readonly (readonly [string, readonly string[], number])[] = [
    ['what one has oneself', ['admin'], 200],
    ['what is below it', ['user', 'service', 'viewer'], 200],
    ['nothing', [], 200],
    ['what manages the installation', ['system_admin'], 403],
    ['that among others', ['viewer', 'system_admin'], 403],
    ['a role of the file that one does not hold', ['break-glass'], 403],
    ['what is not there', ['owner'], 400],
    ['a name of every object', ['constructor'], 400],
  ];
  for (const [what, roles, status] of GIVEN) {
    it(`an admin gives ${what}: ${status}`, async () => {
      const told = await give('ada', await user(), roles);
      assert.equal(told.status, status, told.text);
    });
  }

  it('an admin does not raise themselves', async () => {
    const all = await desk.ask<Page>('ada', `GET /api/v1/memberships?userId=${desk.userIds.ada}`);
    const [own] = all.data.items;
    assert.equal((await give('ada', own?.id ?? '', ['admin', 'system_admin'], own?.version)).status, 403);
    assert.equal((await give('ada', own?.id ?? '', ['admin', 'break-glass'], own?.version)).status, 403);
  });

  it('of another organisation: not found', async () => {
    const all = await desk.ask<Page>('bob', `GET /api/v1/memberships?userId=${desk.userIds.bob}`);
    const id = all.data.items[0]?.id ?? '';
    assert.notEqual(id, '');
    assert.equal((await desk.ask('ada', `GET /api/v1/memberships/${id}`)).status, 404);
    assert.equal((await give('ada', id, ['viewer'])).status, 404);
    assert.equal((await desk.ask('ada', `DELETE /api/v1/memberships/${id}`, { ifMatch: 1 })).status, 404);
  });

  it('whoever belongs elsewhere is made a member by a system_admin alone, and once', async () => {
    const body = { username: 'bob', roles: ['viewer'] };
    assert.equal((await post('ada', 'memberships', body)).status, 404);
    assert.equal((await post('root', 'memberships?organisation=acme', body)).status, 201);
    assert.equal((await post('root', 'memberships?organisation=acme', body)).status, 409);
    assert.equal((await post('ada', 'memberships?organisation=beta', body)).status, 403);
  });
});

describe('claim mappings', () => {
  const map = (who: Who, more: object) =>
    post(who, 'mappings', { issuer: ISSUER, claim: 'groups', value: fresh('v'), ...more });

  const ROWS: readonly (readonly [string, Who, object, number])[] = [
    ['roles that one holds', 'ada', { roles: ['user'] }, 201],
    ['groups and scopes', 'ada', { groups: ['staff'], scopes: ['repo:read'] }, 201],
    ['what manages the installation', 'ada', { roles: ['system_admin'] }, 403],
    ['the same by who does', 'root', { roles: ['system_admin'] }, 201],
    ['a role of the file that one does not hold', 'ada', { roles: ['break-glass'] }, 403],
    ['nothing', 'ada', {}, 400],
    ['an issuer that the file does not name', 'ada', { issuer: 'https://evil.example', roles: ['user'] }, 400],
    ['an issuer with a slash more', 'ada', { issuer: `${ISSUER}/`, roles: ['user'] }, 400],
    ['as a user', 'uma', { roles: ['user'] }, 403],
    ['with a key', 'ada-write', { roles: ['user'] }, 403],
  ];
  for (const [what, who, body, status] of ROWS) {
    it(`to ${what}: ${status}`, async () => {
      const told = await map(who, body);
      assert.equal(told.status, status, told.text);
    });
  }

  it('give no group and no scope that a policy of the file names, unless a system_admin says so', async () => {
    const exceptWho = { groups: ['cleared-*'], scopes: ['vault:open'] };
    const ceiling = { name: 'ceiling', organisation: 'acme', effect: 'deny', who: '*', what: '*', exceptWho };
    const access = { organisations: { acme: {} }, policies: [ceiling] };
    const file = JSON.stringify({ servers: {}, access, auth: { issuers: [{ issuer: ISSUER }] } });
    const held = await openTestDesk({ file });
    try {
      const status = async (who: Who, more: object, query = '') => {
        const body = { issuer: ISSUER, claim: 'groups', value: fresh('v'), ...more };
        return (await held.ask(who, `POST /api/v1/mappings${query}`, { body })).status;
      };
      assert.equal(await status('ada', { groups: ['cleared-acme'] }), 403);
      assert.equal(await status('ada', { scopes: ['vault:open'] }), 403);
      assert.equal(await status('ada', { groups: ['staff'], scopes: ['vault:list'] }), 201);
      assert.equal(await status('root', { groups: ['cleared-acme'] }, '?organisation=acme'), 201);
    } finally {
      await held.close();
    }
  });

  it('hold in the organisation of who wrote them, and in no other', async () => {
    const told = await map('ada', { value: 'only-acme', roles: ['admin'] });
    assert.equal(told.status, 201);
    const found = desk.parts.publisher.snapshot().people.mappings.filter(({ value }) => value === 'only-acme');
    assert.deepEqual(
      found.map(({ organisation }) => organisation),
      ['acme'],
    );
    assert.equal((await desk.ask('bob', `GET /api/v1/mappings/${told.data.id}`)).status, 404);
    assert.equal((await desk.ask('bob', `DELETE /api/v1/mappings/${told.data.id}`, { ifMatch: 1 })).status, 404);
    const grown = { body: { roles: ['system_admin'] }, ifMatch: 1 };
    assert.equal((await desk.ask('ada', `PATCH /api/v1/mappings/${told.data.id}`, grown)).status, 403);
    const changed = await desk.ask<One>('ada', `PATCH /api/v1/mappings/${told.data.id}`, {
      body: { roles: ['viewer'] },
      ifMatch: 1,
    });
    assert.deepEqual([changed.status, changed.data.roles, changed.data.version], [200, ['viewer'], 2]);
    assert.equal((await desk.ask('ada', `DELETE /api/v1/mappings/${told.data.id}`, { ifMatch: 2 })).status, 200);
  });

  it('one that gives more than an admin holds is not changed or deleted by them', async () => {
    const told = await post('root', 'mappings?organisation=acme', {
      issuer: ISSUER,
      claim: 'c',
      value: 'root',
      roles: ['system_admin'],
    });
    assert.equal(told.status, 201, told.text);
    const path = `/api/v1/mappings/${told.data.id}`;
    assert.equal((await desk.ask('ada', `PATCH ${path}`, { body: { roles: ['user'] }, ifMatch: 1 })).status, 403);
    assert.equal((await desk.ask('ada', `DELETE ${path}`, { ifMatch: 1 })).status, 403);
  });

  it('those of the file are shown, and not changed here', async () => {
    const { data } = await desk.ask<Page>('root', 'GET /api/v1/mappings?origin=file');
    assert.deepEqual(
      data.items.map(({ roles }) => roles),
      [['admin']],
    );
    const told = await desk.ask('root', `DELETE /api/v1/mappings/${data.items[0]?.id}`, { ifMatch: 0 });
    assert.equal(told.code, 4011);
  });
});

describe('organisations', () => {
  it('are made, titled and deleted by a system_admin, and seen by nobody else', async () => {
    const name = fresh('org');
    for (const who of ['ada', 'uma', 'vic', 'ada-write'] as const) {
      assert.equal((await post(who, 'organisations', { name })).status, 403, who);
      assert.equal((await desk.ask(who, 'GET /api/v1/organisations')).status, 403, who);
    }
    const told = await post('root', 'organisations', { name, title: 'New' });
    assert.equal(told.status, 201, told.text);
    assert.equal((await post('root', 'organisations', { name })).status, 409);
    const path = `/api/v1/organisations/${told.data.id}`;
    assert.equal((await desk.ask('root', `PATCH ${path}`, { body: { title: 'Newer' }, ifMatch: 1 })).status, 200);
    assert.equal((await desk.ask('root', `DELETE ${path}`, { ifMatch: 2 })).status, 200);
    assert.equal((await desk.ask('root', `GET ${path}`)).status, 404);
  });

  it('one to which something belongs stays, and so do `default` and those of the file', async () => {
    const { data } = await desk.ask<Page>('root', 'GET /api/v1/organisations?limit=200');
    const by = new Map(data.items.map((each) => [each.name, each]));
    assert.deepEqual([by.get('gamma')?.origin, by.get('acme')?.origin], ['file', 'store']);
    for (const name of ['acme', 'default']) {
      const one = by.get(name);
      const told = await desk.ask('root', `DELETE /api/v1/organisations/${one?.id}`, { ifMatch: one?.version ?? 0 });
      assert.equal(told.status, 409, name);
    }
    const ofFile = await desk.ask('root', `DELETE /api/v1/organisations/${by.get('gamma')?.id}`, { ifMatch: 0 });
    assert.equal(ofFile.status, 409);
  });

  it('nothing went wrong behind all this', () => assert.deepEqual(desk.failures, []));
});
