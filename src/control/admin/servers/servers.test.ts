/*
 * Servers in the admin API, over a real store: what is kept and shown, who sees and changes what.
 */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { type AdminRig, actorOf, newOrganisation, openAdminRig } from '../../../../test/rig/admin-rig.ts';
import type { TestDeskOptions } from '../../../../test/rig/desk.ts';
import type { Actor } from '../../actor.ts';
import { overlay } from '../../store/queries/objects.ts';
import { memberships, users } from '../../store/queries/people.ts';
import type { ServerData } from './server-view.ts';
import { serverRoutes } from './servers.ts';

/** Of one server, or of a list. */
type Data = ServerData & { readonly items: readonly ServerData[]; readonly nextCursor?: string };

/** One store and one data plane for all that need none of their own; every test has its own organisation. */
const shared = openAdminRig<Data>(serverRoutes);
after(async () => (await shared).close());

interface Ground {
  readonly desk: AdminRig<Data>;
  readonly admin: Actor;
  readonly bob: Actor;
  readonly viewer: Actor;
  readonly system: Actor;
  readonly key: (name: string) => string;
}

async function ground(): Promise<Ground> {
  const desk = await shared;
  const organisation = await newOrganisation(desk);
  const as = (name: string, role: string) => actorOf(name, [role], organisation);
  return {
    ...{ desk, admin: as('ada', 'admin'), bob: as('bob', 'user'), viewer: as('vic', 'viewer') },
    ...{ system: as('root', 'system_admin'), key: (name) => `${organisation}--${name}` },
  };
}

const admin = actorOf('ada', ['admin']);
const bob = actorOf('bob', ['user']);

async function rig(options: TestDeskOptions): Promise<AdminRig<Data>> {
  const opened = await openAdminRig<Data>(serverRoutes, options);
  after(() => opened.close());
  return opened;
}

const URL_A = 'https://a.example/mcp';

function byName(items: readonly { name: string }[]): string[] {
  return items.map(({ name }) => name);
}

async function made(desk: AdminRig<Data>, actor: Actor, body: object): Promise<{ id: string; version: number }> {
  const { data } = await desk.ask('createServer', actor, { body });
  return data;
}

describe('a server', () => {
  it('is stored with everything, shown, published, and its header fields are seen by nobody', async () => {
    const { desk, admin, key } = await ground();
    const body = {
      ...{ name: 'files', url: URL_A, title: 'Files', description: 'All of them.', tags: ['b', 'a', 'b'], weight: 3 },
      headers: { Authorization: 'Bearer canary-of-files' },
      replicas: [{ url: 'https://b.example/mcp' }],
      ...{ tools: { block: ['drop_*'] }, callTimeoutMs: 1234, type: 'http', repeatCalls: 'idempotent' },
    };
    const { data, version } = await desk.ask('createServer', admin, { body });
    assert.equal(version, 1);
    const { headers, definition, replicas, tags, endpoint, owner, visibility } = data;
    assert.deepEqual([data.key, endpoint, owner, visibility], [key('files'), `/mcp/${key('files')}`, null, 'private']);
    assert.deepEqual(tags, ['a', 'b']);
    assert.deepEqual(replicas, [{ url: 'https://b.example/mcp', weight: 1 }]);
    assert.deepEqual(
      headers.map(({ name, value }: { name: string; value: string }) => [name, value]),
      [['Authorization', '***']],
    );
    assert.deepEqual(definition, {
      ...{ tools: { block: ['drop_*'] }, callTimeoutMs: 1234, type: 'http', repeatCalls: 'idempotent' },
    });
    const published = desk.parts.publisher.servers().get(key('files'));
    assert.deepEqual(published?.definition.transport, {
      ...{
        kind: 'http',
        url: URL_A,
        headers: { Authorization: 'Bearer canary-of-files' },
        trusted: false,
        orSse: false,
      },
    });
    assert.doesNotMatch(JSON.stringify([data, (await desk.ask('listServers', admin)).data]), /canary/);
  });

  it('keeps what is not sent, and null takes a field away', async () => {
    const { desk, admin } = await ground();
    const { id } = await made(desk, admin, { name: 'a', url: URL_A, title: 'A', tags: ['x'], tools: { block: ['y'] } });
    const one = await desk.ask('updateServer', admin, { params: { id }, body: { title: 'B' }, ifMatch: 1 });
    assert.deepEqual([one.data.title, one.data.tags, one.version], ['B', ['x'], 2]);
    const two = await desk.ask('updateServer', admin, {
      params: { id },
      body: { tools: null, tags: null },
      ifMatch: 2,
    });
    assert.deepEqual([two.data.definition, two.data.tags], [{}, []]);
  });

  it('is changed by who has read its last version, and by nobody else', async () => {
    const { desk, admin } = await ground();
    const { id } = await made(desk, admin, { name: 'a', url: URL_A });
    const change = (title: string) => desk.ask('updateServer', admin, { params: { id }, body: { title }, ifMatch: 1 });
    const outcomes = await Promise.allSettled(['b', 'c', 'd'].map(change));
    assert.deepEqual(outcomes.map(({ status }) => status).sort(), ['fulfilled', 'rejected', 'rejected']);
    await assert.rejects(change('e'), { kind: 'changed_meanwhile' });
  });

  it('has header fields that are set one by one, whatever the case of their names', async () => {
    const { desk, admin, key } = await ground();
    const { id } = await made(desk, admin, { name: 'a', url: URL_A, headers: { 'X-One': '1', 'X-Two': '2' } });
    const body = { headers: { 'x-one': 'new', 'X-Two': null, 'X-Three': '3' } };
    const { data } = await desk.ask('updateServer', admin, { params: { id }, body, ifMatch: 1 });
    assert.deepEqual(byName(data.headers), ['X-Three', 'x-one']);
    const { transport } = desk.parts.publisher.servers().get(key('a'))?.definition ?? assert.fail();
    assert.deepEqual(transport.kind === 'http' && transport.headers, { 'X-Three': '3', 'x-one': 'new' });
  });

  it('takes no stored header field to another origin', async () => {
    const { desk, admin } = await ground();
    const { id } = await made(desk, admin, { name: 'a', url: URL_A, headers: { Authorization: 'Bearer secret' } });
    const change = (body: object) => desk.ask('updateServer', admin, { params: { id }, body, ifMatch: 1 });
    await assert.rejects(change({ url: 'https://mine.example/mcp' }), { kind: 'parameter_wrong' });
    await assert.rejects(change({ replicas: [{ url: 'https://mine.example/mcp' }] }), { kind: 'parameter_wrong' });
    await assert.rejects(change({ url: 'https://mine.example/', headers: { Other: 'x' } }), {
      kind: 'parameter_wrong',
    });
    const { data } = await change({ url: 'https://mine.example/mcp', headers: { authorization: 'Bearer other' } });
    assert.equal(data.url, 'https://mine.example/mcp');
    const path = { url: 'https://mine.example/another' };
    assert.equal(
      (await desk.ask('updateServer', admin, { params: { id }, body: path, ifMatch: 2 })).data.url,
      path.url,
    );
  });

  it('goes with all that is its', async () => {
    const { desk, admin, key } = await ground();
    const body = { name: 'a', url: URL_A, headers: { A: 'b' }, replicas: [{ url: 'https://b.example/' }] };
    const { id } = await made(desk, admin, body);
    await desk.ask('disableServer', admin, { params: { id }, body: {} });
    await assert.rejects(desk.ask('deleteServer', admin, { params: { id }, ifMatch: 7 }), {
      kind: 'changed_meanwhile',
    });
    await desk.ask('deleteServer', admin, { params: { id }, ifMatch: 1 });
    await assert.rejects(desk.ask('readServer', admin, { params: { id } }), { kind: 'not_found' });
    assert.equal(desk.parts.publisher.snapshot().overlay.servers.has(key('a')), false);
    assert.equal((await made(desk, admin, body)).version, 1);
  });
});

describe('a name', () => {
  const file = 'servers: {of-file: {url: "https://f.example/mcp"}}\nendpoints: {team: {servers: [of-file]}}';
  const rows: readonly (readonly [say: string, name: string, kind: string])[] = [
    ['of a server of the file', 'of-file', 'conflict'],
    ['of an endpoint of the file', 'team', 'conflict'],
    ['of a stored server', 'there', 'conflict'],
    ['with capitals', 'Files', 'parameter_wrong'],
    ['that would be of another organisation', 'acme--files', 'parameter_wrong'],
    ['that is too long', 'a'.repeat(33), 'parameter_wrong'],
    ['that is a path', '../files', 'parameter_wrong'],
  ];
  it('is refused when it is taken, or is none', async () => {
    const desk = await rig({ file });
    await made(desk, admin, { name: 'there', url: URL_A });
    for (const [say, name, kind] of rows) await assert.rejects(made(desk, admin, { name, url: URL_A }), { kind }, say);
  });

  it('may be the same in two organisations, and is one by the names of both', async () => {
    const [one, other] = [await ground(), await ground()];
    for (const { desk, admin } of [one, other]) await made(desk, admin, { name: 'files', url: URL_A });
    const keys = [...one.desk.parts.publisher.servers().keys()];
    assert.ok(keys.includes(one.key('files')) && keys.includes(other.key('files')));
  });
});

describe('who', () => {
  it('does not manage owns what they register, and gives it to nobody', async () => {
    const { desk, bob } = await ground();
    const create = (body: object) => desk.ask('createServer', bob, { body: { name: 'mine', url: URL_A, ...body } });
    await assert.rejects(create({ owner: 'ada' }), { kind: 'forbidden' });
    await assert.rejects(create({ owner: null }), { kind: 'forbidden' });
    await assert.rejects(create({ visibility: 'shared' }), { kind: 'forbidden' });
    const { data } = await create({ visibility: 'public' });
    assert.deepEqual([data.owner, data.visibility, data.mayChange], ['bob', 'public', true]);
    const give = { params: { id: data.id }, body: { owner: 'ada' }, ifMatch: 1 };
    await assert.rejects(desk.ask('updateServer', bob, give), { kind: 'forbidden' });
  });

  it('manages gives a server to a member, and to nobody else', async () => {
    const desk = await rig({
      file: 'servers: {}\naccess: {users: {fay: {}}}\nauth: {tokens: [{name: a, token: abcdefghijklmnopqrstuvwxyz0123456789, user: fay}]}',
    });
    const row = users.fresh(admin, { ...PERSON, username: 'fred' }, 1);
    const member = memberships.fresh(admin, { userId: row.id, rolesJson: '["user"]' }, 1);
    const changes = [users.insert(admin, row), memberships.insert(admin, member)];
    await desk.store.write(admin, { changes, touched: [], audit: [] });
    const { id } = await made(desk, admin, { name: 'a', url: URL_A });
    const give = (owner: string, ifMatch: number) =>
      desk.ask('updateServer', admin, { params: { id }, body: { owner }, ifMatch });
    await assert.rejects(give('nobody', 1), { kind: 'parameter_wrong' });
    assert.equal((await give('fred', 1)).data.owner, 'fred');
    assert.equal((await give('fay', 2)).data.owner, 'fay');
  });

  it('manages one organisation shows nothing to all of them', async () => {
    const { desk, admin, system } = await ground();
    await assert.rejects(made(desk, admin, { name: 'a', url: URL_A, visibility: 'shared' }), { kind: 'forbidden' });
    assert.ok(await made(desk, system, { name: 'a', url: URL_A, visibility: 'shared' }));
  });

  it('one that is shown to every organisation stays where it is, unless it is shown to them no more', async () => {
    const { desk, admin, bob, system } = await ground();
    const { id } = await made(desk, system, { name: 'all', url: URL_A, visibility: 'shared', owner: null });
    await desk.ask('updateServer', system, { params: { id }, body: { replicas: [] }, ifMatch: 1 });
    const move = (actor: Actor, body: object) => desk.ask('updateServer', actor, { params: { id }, body, ifMatch: 2 });
    const elsewhere = 'https://b.example/mcp';
    await assert.rejects(move(admin, { url: elsewhere }), { kind: 'forbidden' });
    await assert.rejects(move(admin, { replicas: [{ url: elsewhere }] }), { kind: 'forbidden' });
    await assert.rejects(move(bob, { url: elsewhere }), { kind: 'forbidden' });
    const { data } = await move(admin, { url: elsewhere, visibility: 'public' });
    assert.deepEqual([data.url, data.visibility], [elsewhere, 'public']);
  });

  it('one that the kill switch holds is not deleted by its owner, who would make it again', async () => {
    const { desk, admin, bob, key } = await ground();
    const { id } = await made(desk, bob, { name: 'mine', url: URL_A });
    const killed = overlay.fresh(admin, { kind: 'server', target: key('mine'), state: 'killed', reason: 'x' }, 1);
    await desk.store.write(admin, { changes: [overlay.insert(admin, killed)], touched: [], audit: [] });
    const remove = (actor: Actor) => desk.ask('deleteServer', actor, { params: { id }, ifMatch: 1 });
    await assert.rejects(remove(bob), { kind: 'conflict' });
    await remove(admin);
  });

  it('may not change a server sees no address, no header fields, no filter and no reason', async () => {
    const { desk, admin, bob, viewer } = await ground();
    const body = {
      name: 'a',
      url: URL_A,
      headers: { 'X-Inner': 'v' },
      tools: { block: ['hidden'] },
      visibility: 'public',
    };
    const { id } = await made(desk, admin, body);
    for (const actor of [bob, viewer]) {
      const { data } = await desk.ask('readServer', actor, { params: { id } });
      assert.deepEqual([data.url, data.headers, data.definition, data.mayChange], [null, [], null, false]);
      assert.doesNotMatch(JSON.stringify(data), /a\.example|X-Inner|hidden/);
    }
  });

  it('does not manage sees and changes what is theirs, and of the rest what is shown to members', async () => {
    const { desk, admin, bob, viewer } = await ground();
    const hidden = await made(desk, admin, { name: 'hidden', url: URL_A });
    const shown = await made(desk, admin, { name: 'shown', url: URL_A, visibility: 'public' });
    const own = await made(desk, bob, { name: 'own', url: URL_A });
    assert.deepEqual(byName((await desk.ask('listServers', bob)).data.items), ['own', 'shown']);
    assert.deepEqual(byName((await desk.ask('listServers', viewer)).data.items), ['shown']);
    assert.deepEqual(byName((await desk.ask('listServers', admin)).data.items), ['hidden', 'own', 'shown']);
    assert.deepEqual(byName((await desk.ask('listServers', (await ground()).admin)).data.items), []);
    const change = { body: { title: 'x' }, ifMatch: 1 };
    const outcomes: readonly (readonly [id: string, kind: string])[] = [
      [hidden.id, 'not_found'],
      [shown.id, 'forbidden'],
      ['srv_nobody', 'not_found'],
    ];
    for (const [id, kind] of outcomes) {
      await assert.rejects(desk.ask('updateServer', bob, { params: { id }, ...change }), { kind });
      await assert.rejects(desk.ask('deleteServer', bob, { params: { id }, ifMatch: 1 }), { kind });
      for (const route of ['disableServer', 'enableServer', 'testServer', 'restartServer', 'refreshServer'])
        await assert.rejects(desk.ask(route, bob, { params: { id } }), { kind }, route);
    }
    const { admin: elsewhere } = await ground();
    for (const route of ['readServer', 'readServerState', 'listServerTools', 'testServer', 'disableServer'])
      await assert.rejects(desk.ask(route, elsewhere, { params: { id: own.id } }), { kind: 'not_found' }, route);
    assert.equal((await desk.ask('updateServer', bob, { params: { id: own.id }, ...change })).data.title, 'x');
  });
});

const PERSON = {
  username: '',
  displayName: '',
  email: '',
  passwordHash: '',
  mustChangePassword: 0,
  disabled: 0,
  sessionsNotBeforeMs: 0,
};

describe('a server of the file', () => {
  const file = `
servers:
  tool: {command: node, args: [secret-argument], env: {TOKEN: canary}, description: Runs here}
  far: {url: "https://far.example/mcp", headers: {Authorization: canary}, visibility: public, title: Far}
`;
  it('is shown without its command and its secrets, in the order of all', async () => {
    const desk = await rig({ file });
    await made(desk, admin, { name: 'middle', url: URL_A });
    const { data } = await desk.ask('listServers', admin);
    assert.deepEqual(byName(data.items), ['far', 'middle', 'tool']);
    assert.deepEqual(
      data.items.map(({ id, origin, transport }: Record<string, unknown>) => [id, origin, transport]).toSpliced(1, 1),
      [
        ['file.server.far', 'file', 'http'],
        ['file.server.tool', 'file', 'stdio'],
      ],
    );
    assert.equal(data.items[2]?.description, 'Runs here');
    assert.doesNotMatch(JSON.stringify(data), /canary|secret-argument|"node"/);
  });

  it('is read-only, and can be switched', async () => {
    const desk = await rig({ file });
    const params = { id: 'file.server.tool' };
    const readOnly = { kind: 'read_only' };
    await assert.rejects(desk.ask('updateServer', admin, { params, body: { title: 'x' }, ifMatch: 1 }), readOnly);
    await assert.rejects(desk.ask('deleteServer', admin, { params, ifMatch: 1 }), readOnly);
    const { data } = await desk.ask('disableServer', admin, { params, body: { reason: 'Gone fishing.' } });
    assert.deepEqual([data.enabled, data.state, data.switchReason], [false, 'disabled', 'Gone fishing.']);
    assert.deepEqual(desk.parts.publisher.snapshot().overlay.servers.get('tool')?.state, 'disabled');
    await assert.rejects(desk.ask('disableServer', bob, { params: { id: 'file.server.far' } }), { kind: 'forbidden' });
  });
});

describe('a list', () => {
  it('is filtered by everything at once, and goes on where its page ended', async () => {
    const desk = await rig({ file: 'servers: {of-file: {url: "https://f.example/"}}' });
    for (let at = 0; at < 7; at++) {
      const id = (
        await made(desk, admin, { name: `s${at}`, url: URL_A, title: `Server ${at}`, tags: at % 2 ? ['odd'] : [] })
      ).id;
      if (at > 3) await desk.ask('disableServer', admin, { params: { id }, body: {} });
    }
    const ask = async (query: Record<string, string>) => (await desk.ask('listServers', admin, { query })).data;
    assert.deepEqual(byName((await ask({ name: 'SERVER 3' })).items), ['s3']);
    assert.deepEqual(byName((await ask({ tag: 'odd', enabled: 'true' })).items), ['s1', 's3']);
    assert.deepEqual(byName((await ask({ state: 'disabled', sort: '-name' })).items), ['s6', 's5', 's4']);
    assert.deepEqual(byName((await ask({ origin: 'file' })).items), ['of-file']);
    assert.deepEqual(byName((await ask({ visibility: 'public' })).items), []);
    const seen: string[] = [];
    for (let cursor = ''; ; ) {
      const page = await ask({ limit: '2', enabled: 'true', ...(cursor && { cursor }) });
      seen.push(...byName(page.items));
      if (page.nextCursor === undefined) break;
      cursor = page.nextCursor;
    }
    assert.deepEqual(seen, ['of-file', 's0', 's1', 's2', 's3']);
  });
});

describe('a switch', () => {
  it('holds until it is taken back, and maintenance is another one', async () => {
    const { desk, admin } = await ground();
    const { id } = await made(desk, admin, { name: 'a', url: URL_A });
    const say = async (route: string, body?: object) => {
      const { data } = await desk.ask(route, admin, { params: { id }, ...(body && { body }) });
      return [data.enabled, data.maintenance, data.switchReason, data.version];
    };
    assert.deepEqual(await say('maintainServer', { on: true, reason: 'Six.' }), [true, true, 'Six.', 1]);
    assert.deepEqual(await say('enableServer'), [true, true, 'Six.', 1]);
    assert.deepEqual(await say('disableServer', {}), [false, false, '', 1]);
    assert.deepEqual(await say('maintainServer', { on: false }), [false, false, '', 1]);
    assert.deepEqual(await say('enableServer'), [true, false, '', 1]);
  });
});

describe('an address', () => {
  it('that is against the rules is told so by field, when it is new', async () => {
    const asked: string[] = [];
    const addressFault = async (url: string) => {
      asked.push(url);
      return url.includes('inside') ? 'It is inside.' : undefined;
    };
    const desk = await rig({ operator: { addressFault } });
    const refused = (fields: string[]) => (error: { kind: string; faults: { field: string }[] }) => {
      assert.equal(error.kind, 'address_refused');
      assert.deepEqual(
        error.faults.map(({ field }) => field),
        fields,
      );
      return true;
    };
    const inside = 'https://inside.example/';
    await assert.rejects(made(desk, admin, { name: 'a', url: inside }), refused(['body.url']));
    const replicas = [{ url: 'https://b.example/' }, { url: `${inside}2` }];
    const both = { name: 'a', url: inside, replicas };
    await assert.rejects(made(desk, admin, both), refused(['body.url', 'body.replicas.1.url']));
    await assert.rejects(desk.ask('tryServer', admin, { body: { url: inside } }), refused(['body.url']));
    const { id } = await made(desk, admin, { name: 'a', url: URL_A });
    const change = (body: object) => desk.ask('updateServer', admin, { params: { id }, body, ifMatch: 1 });
    await assert.rejects(change({ url: inside }), refused(['body.url']));
    asked.length = 0;
    await change({ title: 'x', url: URL_A });
    assert.deepEqual(asked, []);
  });
});
