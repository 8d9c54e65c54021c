import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Config } from '../../config/config.ts';
import { parseConfig } from '../../config/load.ts';
import { isKilled } from '../../model/overlay.ts';
import { inTable } from '../../model/table.ts';
import type { PublishedRows, PublishedTable } from '../store/queries/published.ts';
import { Publication } from './publication.ts';
import type { RowChange } from './rows.ts';

const VAULT = {
  open: (_: unknown, { sealed }: { readonly sealed: string }) => {
    if (sealed === 'lost') throw new Error('no such key');
    return sealed;
  },
};
const conditionFault = (condition: string) => (condition === 'wrong' ? 'This is no condition.' : undefined);

function configOf(text: string): Config {
  const loaded = parseConfig(text, '/some/gatewright.yaml', {});
  assert.ok(loaded.ok, JSON.stringify(loaded));
  return loaded.config;
}

const EMPTY = configOf('servers: {}');

function publication(config: Config = EMPTY): Publication {
  return new Publication({ vault: VAULT, conditionFault }, config);
}

const BLANK: PublishedRows = {
  organisations: { id: '', name: 'acme' },
  users: { id: '', username: 'ann', disabled: 0 },
  memberships: { id: '', organisation: 'default', userId: 'u1', rolesJson: '["user"]' },
  roles: { id: '', organisation: 'default', createdAtMs: 1, name: 'dev', permissionsJson: '["*"]' },
  apiKeys: {
    ...{ id: '', organisation: 'default', keyId: 'key1', name: 'laptop', sha256: 'aa', userId: 'u1', rolesJson: null },
    ...{ reachJson: null, apiJson: '[]', expiresAtMs: null, disabled: 0 },
  },
  servers: {
    ...{ id: '', organisation: 'default', createdAtMs: 1, name: 'files', title: '', description: '' },
    ...{ definitionJson: '{}', url: 'https://files.example/mcp', owner: null, visibility: 'private' },
  },
  endpoints: { id: '', organisation: 'default', createdAtMs: 1, name: 'work', title: '', definitionJson: '{}' },
  policies: {
    ...{ id: '', organisation: 'default', createdAtMs: 1, name: 'p', priority: 100, enabled: 1 },
    definitionJson: '{"effect":"deny","who":"*","what":"*"}',
  },
  claimMappings: {
    ...{ id: '', organisation: 'default', createdAtMs: 1, issuer: 'https://id.example', claim: 'team', value: 'a' },
    mappedJson: '{"groups":["a"]}',
  },
  secrets: { id: '', kind: 'server_header', ownerId: 's1', name: 'x-token', keyId: 'k', sealed: 'secret' },
  overlay: { id: '', organisation: 'default', kind: 'server', target: 'files', state: 'disabled', reason: '' },
};

function row<Table extends PublishedTable>(
  table: Table,
  id: string,
  fields: Partial<PublishedRows[Table]> = {},
): RowChange {
  return { table, id, row: { ...BLANK[table], ...fields, id } } as unknown as RowChange;
}

const gone = (table: PublishedTable, id: string): RowChange => ({ table, id, row: undefined });

const FILE = configOf(`
servers: {files: {url: "https://file.example/mcp"}}
endpoints: {team: {servers: [files]}}
access:
  users: {bob: {}}
  roles: {editor: {permissions: ["*"]}}
  policies: [{name: calm, effect: deny, who: "*", what: {servers: [files], tools: [x]}}]
`);

test('a stored server is one of the snapshot, with its own endpoint and behind /mcp', () => {
  const { servers, endpoints } = publication().follow([row('servers', 's1', { title: 'Files' })]);
  assert.deepEqual(servers.get('files')?.title, 'Files');
  assert.deepEqual(endpoints.get('files')?.naming, 'transparent');
  assert.deepEqual(endpoints.get('')?.servers, ['files']);
});

test('in another organisation it is called by both names, and so is its endpoint', () => {
  const { servers, endpoints } = publication().follow([
    row('organisations', 'o1'),
    row('servers', 's1', { organisation: 'acme' }),
  ]);
  assert.deepEqual([[...servers.keys()], [...endpoints.keys()]], [['acme--files'], ['', 'acme--files']]);
  assert.equal(servers.get('acme--files')?.organisation, 'acme');
});

test('its header fields are opened, and it inherits what the file says for all servers', () => {
  const config = configOf('servers: {}\ndefaults: {tools: {block: [drop]}, callTimeoutMs: 1234}');
  const { servers } = publication(config).follow([row('servers', 's1'), row('secrets', 'h1')]);
  const { transport, tools, limits } = servers.get('files') ?? assert.fail();
  assert.deepEqual(transport.kind === 'http' && transport.headers, { 'x-token': 'secret' });
  assert.equal(transport.kind === 'http' && transport.trusted, false);
  assert.deepEqual([tools.block, limits.callTimeoutMs], [['drop'], 1234]);
});

const UNPUBLISHABLE: readonly (readonly [string, readonly RowChange[], string])[] = [
  ['has the name of one of the file', [row('servers', 'x')], 'name_conflict'],
  ['has the name of an endpoint of the file', [row('servers', 'x', { name: 'team' })], 'name_conflict'],
  ['would pass for that of an organisation', [row('servers', 'x', { name: 'acme--files' })], 'Its name is none'],
  ['is of an organisation that is gone', [row('servers', 'x', { organisation: 'acme', name: 'a' })], 'organisation'],
  [
    'has a header field that does not open',
    [row('servers', 'x', { name: 'a' }), row('secrets', 'h', { ownerId: 'x', sealed: 'lost' })],
    'does not open',
  ],
  ['names a command', [row('servers', 'x', { name: 'a', definitionJson: '{"command":"sh"}' })], 'Unknown field'],
  ['has no URL', [row('servers', 'x', { name: 'a', url: 'nowhere' })], 'server.url'],
  ['is no JSON', [row('servers', 'x', { name: 'a', definitionJson: '{' })], 'no JSON'],
  ['is an endpoint with the name of one of the file', [row('endpoints', 'x', { name: 'files' })], 'name_conflict'],
  ['is an endpoint that would be /mcp', [row('endpoints', 'x', { name: 'default' })], 'name_conflict'],
  ['is a role of the file', [row('roles', 'x', { name: 'editor' })], 'name_conflict'],
  ['is a built-in role', [row('roles', 'x', { name: 'admin' })], 'name_conflict'],
  ['is a user of the file', [row('users', 'x', { username: 'bob' })], 'name_conflict'],
  ['is a key of nobody', [row('apiKeys', 'x', { userId: 'who' })], 'Its user is not there'],
];

for (const [what, changes, why] of UNPUBLISHABLE) {
  test(`what ${what} is left out and told, and takes no other with it`, () => {
    const all = publication(FILE);
    const { servers } = all.follow([...changes, row('servers', 's1', { name: 'good' })]);
    assert.deepEqual([...servers.keys()], ['files', 'good']);
    const [told] = all.unpublished();
    assert.deepEqual([told?.id, all.unpublished().length], ['x', 1]);
    assert.match(told?.why ?? '', new RegExp(why));
  });
}

test('a name that the file takes is given back when the file lets it go', () => {
  const all = publication();
  const before = all.follow([row('servers', 's1')]).servers.get('files');
  all.follow([], FILE);
  assert.equal(all.servers().get('files')?.origin, 'file');
  assert.equal(all.follow([], EMPTY).servers.get('files'), before);
});

test('of two that want one address the older has it, whatever it is', () => {
  const all = publication();
  const { endpoints } = all.follow([
    row('servers', 'a', { name: 'pay', createdAtMs: 2 }),
    row('endpoints', 'b', { name: 'pay', createdAtMs: 1 }),
  ]);
  assert.equal(endpoints.get('pay')?.naming, 'prefixed');
  assert.deepEqual(
    all.unpublished().map(({ id }) => id),
    ['a'],
  );
});

test('the address of an endpoint that cannot be read goes to nobody else', () => {
  const all = publication();
  const { endpoints } = all.follow([
    row('servers', 'a', { name: 'pay', createdAtMs: 2 }),
    row('endpoints', 'b', { name: 'pay', createdAtMs: 1, definitionJson: '{"naming":5}' }),
  ]);
  assert.equal(endpoints.has('pay'), false);
});

const policy = (definition: unknown, fields: Partial<PublishedRows['policies']> = {}) =>
  row('policies', 'p1', { definitionJson: JSON.stringify(definition), ...fields });

const DENIALS: readonly (readonly [string, RowChange, object])[] = [
  ['nothing of it is', row('policies', 'p1', { definitionJson: '¬' }), { who: '*', what: '*' }],
  [
    'who it is about is not',
    policy({ effect: 'deny', who: 7, what: { servers: ['a'], tools: ['*'] } }),
    {
      who: '*',
      what: { servers: ['a'], tools: ['*'], endpoints: undefined, prompts: undefined, resources: undefined },
    },
  ],
  [
    'its exceptions are not',
    policy({ effect: 'deny', who: '*', what: '*', exceptWho: 1, exceptWhat: 2 }),
    { exceptWho: undefined, exceptWhat: undefined },
  ],
  ['its condition is not', policy({ effect: 'deny', who: '*', what: '*', when: 'wrong' }), { when: undefined }],
  ['its effect is not', policy({ effect: 'dney', who: '*', what: '*' }), { effect: 'deny' }],
  ['its priority is none', policy({ effect: 'deny', who: '*', what: 5 }, { priority: -3 }), { priority: 1000 }],
];

for (const [what, change, expected] of DENIALS) {
  test(`a policy that denies denies what it could mean when ${what} readable`, () => {
    const all = publication();
    const [found] = all.follow([change]).access.policies;
    assert.deepEqual({ ...found, ...expected }, found);
    assert.deepEqual(
      all.unpublished().map(({ kind, id }) => [kind, id]),
      [['policy', 'p1']],
    );
  });
}

test('a policy that allows and cannot be read allows nothing', () => {
  const { access } = publication().follow([policy({ effect: 'allow', who: '*', what: '*', when: 'wrong' })]);
  assert.deepEqual(access.policies, []);
});

test('of a name that the file has for a policy, a denial stays and an allowance goes', () => {
  const calm = (effect: string) => policy({ effect, who: '*', what: '*' }, { name: 'calm' });
  assert.equal(publication(FILE).follow([calm('deny')]).access.policies.length, 2);
  assert.equal(publication(FILE).follow([calm('allow')]).access.policies.length, 1);
});

test('a mapping that cannot be read denies everything to whom its issuer vouches for', () => {
  const { access, people } = publication().follow([row('claimMappings', 'm1', { mappedJson: '{"groups":"a"}' })]);
  assert.deepEqual(people.mappings, []);
  const [denial] = access.policies;
  assert.deepEqual([denial?.effect, denial?.what, denial?.priority], ['deny', '*', 1000]);
  assert.deepEqual(denial?.who !== '*' && denial?.who.principals, ['https://id.example|*']);
});

test('a switch of an unknown kind is one of every kind, and an unknown state switches off', () => {
  const { overlay } = publication().follow([row('overlay', 'o1', { kind: 'thing', target: 'x', state: 'odd' })]);
  assert.equal(overlay.servers.get('x')?.state, 'disabled');
  assert.ok(overlay.tools.has('x') && isKilled(overlay, 'default', ['x']) && overlay.keys.has('x'));
});

test('a principal is killed in the organisation of the row, and in no other', () => {
  const { overlay } = publication().follow([
    row('overlay', 'o1', { organisation: 'acme', kind: 'principal', target: 'user:ann', state: 'killed' }),
  ]);
  const organisations = ['acme', 'default'];
  assert.deepEqual(
    organisations.map((organisation) => isKilled(overlay, organisation, ['user:ann'])),
    [true, false],
  );
});

test('maintenance does not soften what is disabled', () => {
  const { overlay } = publication().follow([
    row('overlay', 'o1', { state: 'disabled' }),
    row('overlay', 'o2', { state: 'maintenance' }),
  ]);
  assert.equal(overlay.servers.get('files')?.state, 'disabled');
});

test('a membership that cannot be read is none', () => {
  const { people } = publication().follow([
    row('users', 'u1'),
    row('memberships', 'm1'),
    row('memberships', 'm2', { organisation: 'acme', rolesJson: 'x' }),
  ]);
  assert.deepEqual(inTable(people.users, 'ann')?.memberships, new Map([['default', ['user']]]));
});

test('keys follow the name of their user, and go with the user', () => {
  const all = publication();
  const ofKey = () => inTable(all.snapshot.people.keys, 'aa')?.user;
  all.follow([row('users', 'u1'), row('apiKeys', 'k1')]);
  assert.equal(ofKey(), 'ann');
  all.follow([row('users', 'u1', { username: 'anna' })]);
  assert.equal(ofKey(), 'anna');
  all.follow([gone('users', 'u1')]);
  assert.equal(ofKey(), undefined);
});

test('two users may change names with one another in one step', () => {
  const all = publication();
  all.follow([row('users', 'a', { username: 'ann' }), row('users', 'b', { username: 'bob', disabled: 1 })]);
  const { users } = all.follow([
    row('users', 'a', { username: 'bob' }),
    row('users', 'b', { username: 'ann', disabled: 1 }),
  ]).people;
  assert.deepEqual([inTable(users, 'ann')?.disabled, inTable(users, 'bob')?.disabled], [true, false]);
});

test('a change that says nothing new leaves the snapshot as it is', () => {
  const all = publication(FILE);
  const before = all.follow([row('servers', 's1', { name: 'a' }), row('users', 'u1'), row('policies', 'p1')]);
  assert.equal(all.follow([row('servers', 's1', { name: 'a' })]), before);
  assert.equal(all.follow([], structuredClone(FILE)), before);
});

test('a key that changes leaves all but the keys as they are', () => {
  const all = publication(FILE);
  const before = all.follow([row('servers', 's1', { name: 'a' }), row('users', 'u1'), row('apiKeys', 'k1')]);
  const after = all.follow([row('apiKeys', 'k1', { disabled: 1 })]);
  const { people, version, ...others } = after;
  assert.deepEqual([version, people.users], [before.version + 1, before.people.users]);
  for (const [part, value] of Object.entries(others)) assert.equal(before[part as keyof typeof others], value, part);
});

test('where an object came from is known by its name in the snapshot', () => {
  const all = publication(FILE);
  all.follow([row('organisations', 'o1'), row('servers', 's1', { organisation: 'acme' }), row('endpoints', 'e1')]);
  const told = [...all.servers(), ...all.endpoints()].map(([key, { id, origin, name }]) => [key, id, origin, name]);
  assert.deepEqual(told, [
    ['files', 'file.server.files', 'file', 'files'],
    ['acme--files', 's1', 'store', 'files'],
    ['team', 'file.endpoint.team', 'file', 'team'],
    ['work', 'e1', 'store', 'work'],
  ]);
});
