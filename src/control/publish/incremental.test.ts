/*
 * The promise of the incremental step: whatever happened before, the snapshot is the one that a whole rebuild gives, and
 * what a change does not concern is the same object as before it.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Config } from '../../config/config.ts';
import { parseConfig } from '../../config/load.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import { entriesOf } from '../../model/table.ts';
import { Publication } from './publication.ts';
import type { RowChange } from './rows.ts';

const parts = {
  vault: {
    open: (_: unknown, { sealed }: { readonly sealed: string }) => {
      if (sealed === 'lost') throw new Error('no such key');
      return sealed;
    },
  },
  conditionFault: (condition: string) => (condition === 'wrong' ? 'This is no condition.' : undefined),
};

const CONFIGS: readonly Config[] = [
  'servers: {}',
  'servers: {a: {url: "https://a.example"}}',
  'servers: {a: {url: "https://a.example"}}\ndefaults: {callTimeoutMs: 999}\naccess: {users: {ann: {}}, roles: {r1: {}}}',
  'servers: {b: {url: "https://a.example", enabled: false}}\nendpoints: {c: {}}\naccess: {organisations: {acme: {}}}',
].map((text) => {
  const loaded = parseConfig(text, '/some/gatewright.yaml', {});
  assert.ok(loaded.ok);
  return loaded.config;
});

const name = fc.constantFrom('a', 'b', 'c', 'd', 'no--name');
const organisation = fc.constantFrom('default', 'default', 'acme', 'beta');
const roles = fc.constantFrom('["r1"]', '[]', 'broken');
const flag = fc.constantFrom(0, 1);

/** Of rows that the database takes: what is unique there follows from the id here. */
const change = fc
  .nat({ max: 4 })
  .chain((at) => {
    const id = `i${at}`;
    const createdAtMs = (at * 7) % 3;
    const of = (table: string, fields: object) =>
      fc.record({ table: fc.constant(table), id: fc.constant(id), row: fc.record({ id: fc.constant(id), ...fields }) });
    const aged = { createdAtMs: fc.constant(createdAtMs), organisation };
    return fc.oneof(
      of('organisations', { name: fc.constant(['acme', 'beta', 'Wrong', 'gamma', 'default'][at]) }),
      of('users', { username: fc.constant(['ann', 'bob', 'cyd', 'dan', 'eve'][at]), disabled: flag }),
      of('memberships', { organisation, userId: fc.constantFrom('i0', 'i1', 'i2'), rolesJson: roles }),
      of('roles', {
        ...aged,
        name: fc.constant(['r1', 'r2', 'admin', 'r3', 'r4'][at]),
        permissionsJson: fc.constantFrom('["*"]', '[{"servers":["a"],"tools":["*"]}]', 'broken'),
      }),
      of('apiKeys', {
        organisation,
        ...{ keyId: fc.constant(`key${at}`), name, sha256: fc.constant(`s${at}`), userId: fc.constantFrom('i0', 'i1') },
        ...{ rolesJson: fc.option(roles), reachJson: fc.constantFrom(null, '{"servers":["a"]}', '{"x":1}') },
        ...{ apiJson: fc.constantFrom('[]', '["read"]'), expiresAtMs: fc.option(fc.nat()), disabled: flag },
      }),
      of('servers', {
        ...{ ...aged, name, title: fc.constantFrom('', 'T'), description: fc.constant(''), owner: fc.constant(null) },
        ...{ definitionJson: fc.constantFrom('{}', '{"isolation":"shared"}', '{"command":"sh"}', 'broken') },
        url: fc.constantFrom('https://x.example/mcp', 'https://y.example/mcp', 'nowhere'),
        visibility: fc.constantFrom('private', 'public', 'shared', 'odd'),
      }),
      of('endpoints', {
        ...{ ...aged, name, title: fc.constantFrom('', 'T') },
        definitionJson: fc.constantFrom('{}', '{"servers":["a","b"]}', '{"naming":"plain"}', 'broken'),
      }),
      of('policies', {
        ...{ ...aged, name, priority: fc.constantFrom(1, 100, -1), enabled: flag },
        definitionJson: fc.constantFrom(
          '{"effect":"deny","who":"*","what":"*"}',
          '{"effect":"allow","who":"*","what":"*","when":"wrong"}',
          '{"effect":"deny","who":3,"what":"*","when":"wrong"}',
          'broken',
        ),
      }),
      of('claimMappings', {
        ...{ ...aged, issuer: fc.constant('https://id.example'), claim: name, value: name },
        mappedJson: fc.constantFrom('{"roles":["r1"]}', 'broken'),
      }),
      of('secrets', {
        ...{ kind: fc.constantFrom('server_header', 'session_key'), ownerId: fc.constantFrom('i0', 'i1', 'i2') },
        ...{
          name: fc.constantFrom('x-one', 'x-two'),
          keyId: fc.constant('k'),
          sealed: fc.constantFrom('1', '2', 'lost'),
        },
      }),
      of('overlay', {
        kind: fc.constantFrom('server', 'tool', 'principal', 'key', 'odd'),
        ...{ target: name, state: fc.constantFrom('disabled', 'maintenance', 'killed'), reason: name },
      }),
    );
  })
  .chain((put) => fc.constantFrom(put, put, put, { ...put, row: undefined }))
  .map((made) => made as unknown as RowChange);

const step = fc.record({ changes: fc.array(change, { maxLength: 4 }), config: fc.option(fc.nat({ max: 3 })) });

/** Without its number, and with tables as the maps that they stand for. */
function plain({ version: _, people, ...others }: Snapshot) {
  const { users, keys, mappings } = people;
  return { ...others, people: { users: sorted(entriesOf(users)), keys: sorted(entriesOf(keys)), mappings } };
}

function sorted(entries: Iterable<[string, unknown]>): readonly [string, unknown][] {
  return [...entries].sort(([a], [b]) => (a < b ? -1 : 1));
}

function* everyPart({ servers, endpoints, access, people }: Snapshot): Generator<[string, unknown]> {
  for (const [key, value] of servers) yield [`server ${key}`, value];
  for (const [key, value] of endpoints) yield [`endpoint ${key}`, value];
  for (const [key, value] of access.roles) yield [`role ${key}`, value];
  for (const [key, value] of entriesOf(people.users)) yield [`user ${key}`, value];
  for (const [key, value] of entriesOf(people.keys)) yield [`key ${key}`, value];
}

test('after any sequence of changes the snapshot is that of a whole rebuild', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
      const stepwise = new Publication(parts, EMPTY);
      const rows = new Map<string, RowChange>();
      let config = EMPTY;
      for (const { changes, config: other } of steps) {
        const before = stepwise.snapshot;
        config = other === null ? config : (CONFIGS[other] ?? EMPTY);
        for (const each of changes) rows.set(`${each.table} ${each.id}`, each);
        const after = stepwise.follow(changes, config);
        const whole = new Publication(parts, config);
        assert.deepStrictEqual(plain(after), plain(whole.follow([...rows.values()])));
        assert.deepStrictEqual(told(stepwise), told(whole));
        assert.equal(after.version, after === before ? before.version : before.version + 1);
      }
    }),
    { numRuns: 200 },
  );
});

const [EMPTY = assert.fail()] = CONFIGS;

function told(all: Publication) {
  const left = all.unpublished().map((each) => JSON.stringify(each));
  return { left: left.sort(), known: [...all.servers().keys(), ...all.endpoints().keys()] };
}

test('what is equal before and after a change is the same object', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 2, maxLength: 8 }), (steps) => {
      const all = new Publication(parts, EMPTY);
      for (const { changes, config } of steps) {
        const before = new Map(everyPart(all.snapshot));
        const touchedPeople = changes.some(({ table }) => ['users', 'memberships', 'apiKeys'].includes(table));
        const after = all.follow(changes, config === null ? undefined : CONFIGS[config]);
        for (const [part, value] of everyPart(after)) {
          const known = before.get(part);
          if (known === value || known === undefined || (touchedPeople && /^(?:user|key|role)/.test(part))) continue;
          assert.notDeepStrictEqual(value, known, part);
        }
      }
    }),
    { numRuns: 200 },
  );
});
