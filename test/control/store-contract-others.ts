/*
 * The part of the store's contract about others: several gateways with one database, databases of other versions, and a
 * store that has too much to do.
 */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { keepingOne } from '../../src/control/admin/people/account-rules.ts';
import { openStore } from '../../src/control/store/open-store.ts';
import { servers } from '../../src/control/store/queries/objects.ts';
import { memberships, users } from '../../src/control/store/queries/people.ts';
import { registeredQueries } from '../../src/control/store/queries/query.ts';
import { changesSince, insertChanges, pruneChanges } from '../../src/control/store/queries/records.ts';
import type { Statement, Store, Touched } from '../../src/control/store/store.ts';
import { ADA, addServers, type StoreStage, serverNamed, touchedOne, userNamed } from './store-stage.ts';

function heardBy(store: Store): Touched[] {
  const heard: Touched[] = [];
  store.onWritten((touched) => heard.push(...touched));
  return heard;
}

/** Until it is so; the test's own time ends it otherwise. */
async function until(so: () => boolean): Promise<void> {
  while (!so()) await wait(5);
}

const told = (store: Store, name: string) => {
  const row = serverNamed(name);
  const write = { changes: [servers.insert(ADA, row)], touched: [touchedOne(row)], audit: [] };
  return store.write(ADA, write).then(() => row.id);
};

/** Somebody who manages the installation, and what takes that from them. */
async function systemAdmin(store: Store, username: string) {
  const user = userNamed(username);
  const member = memberships.fresh(ADA, { userId: user.id, rolesJson: '["system_admin"]' }, 1);
  const changes = [users.insert(ADA, user), memberships.insert(ADA, member)];
  await store.write(ADA, { changes, touched: [], audit: [] });
  const roles = (rolesJson: string) => memberships.update(ADA, { id: member.id, set: { rolesJson }, atMs: 2 });
  return { demoted: keepingOne([roles('["admin"]')]), again: roles('["system_admin"]') };
}

export const OTHERS_CONTRACT: readonly (readonly [string, (stage: StoreStage) => Promise<void>])[] = [
  [
    'of two who take the installation from each other at the same moment, through two gateways, one keeps it',
    async ({ store, open }) => {
      const other = await open();
      const [ann, ben] = [await systemAdmin(store, 'ann'), await systemAdmin(store, 'ben')];
      const silent = { touched: [], audit: [] };
      for (let round = 0; round < 20; round += 1) {
        const both = await Promise.allSettled([
          store.write(ADA, { changes: ann.demoted, ...silent }),
          other.write(ADA, { changes: ben.demoted, ...silent }),
        ]);
        assert.equal(both.filter(({ status }) => status === 'fulfilled').length, 1, `round ${round}`);
        await store.write(ADA, { changes: [ann.again, ben.again], ...silent });
      }
    },
  ],
  [
    'each change is heard once by everybody: by who wrote it, and by another gateway with the same database',
    async ({ store, open }) => {
      await told(store, 'before');
      const other = await open();
      const [here, there] = [heardBy(store), heardBy(other)];
      const writes = Array.from({ length: 30 }, (_, at) => told(at % 2 === 0 ? store : other, `s${at}`));
      const ids = (await Promise.all(writes)).sort();
      await until(() => here.length >= ids.length && there.length >= ids.length);
      const last = await told(store, 'last');
      await until(() => there.some(({ id }) => id === last));
      for (const heard of [here, there]) assert.deepEqual(heard.map(({ id }) => id).sort(), [...ids, last].sort());
    },
  ],
  [
    'more changes than fit in one look are all heard, in their order',
    async ({ store, open }) => {
      const other = await open();
      const there = heardBy(other);
      const row = { organisation: 'default', kind: 'servers', atMs: 1 };
      const ids = Array.from({ length: 1203 }, (_, at) => `srv_${at}`);
      await store.note([{ statement: insertChanges(ids.map((targetId) => ({ ...row, targetId }))) }]);
      await until(() => there.length >= ids.length);
      assert.deepEqual(
        there.map(({ id }) => id),
        ids,
      );
    },
  ],
  [
    'a gateway that missed changes which are not kept any more hears that everything may have changed',
    async ({ store, open }) => {
      const other = await open();
      const heard: (readonly Touched[])[] = [];
      other.onWritten((touched) => heard.push(touched));
      const row = { organisation: 'default', kind: 'servers', atMs: 1, targetId: 'srv_1' };
      const five = insertChanges(Array.from({ length: 5 }, () => row));
      await store.note([{ statement: five }, { statement: pruneChanges(1) }]);
      await until(() => heard.length > 0);
      const id = await told(store, 'next');
      await until(() => heard.length > 1);
      const ids = heard.map((touched) => touched.map((one) => one.id));
      assert.deepEqual(ids, [[], [id]]);
    },
  ],
  [
    'of the notes of changes as many are kept as the limit says, whoever keeps writing',
    async ({ store, open }) => {
      const few = await open({ limits: { storeChangesMax: 1000, storeFollowMs: 4000 } });
      const row = { organisation: 'default', kind: 'servers', atMs: 1, targetId: 'srv_1' };
      await store.note([{ statement: insertChanges(Array.from({ length: 1500 }, () => row)) }]);
      const touched = [touchedOne({ id: 'srv_1', organisation: 'default' })];
      for (let writes = 0; writes < 100; writes += 1) await few.write(ADA, { changes: [], touched, audit: [] });
      const kept = await store.read(changesSince({ seq: 0, limit: 5000 }));
      assert.deepEqual([kept[0]?.seq, kept.length], [600, 1001]);
    },
  ],
  [
    'what was asked before the end is answered, and the end comes after it',
    async ({ open }) => {
      const store = await open();
      const rows = Array.from({ length: 20 }, (_, at) => serverNamed(`s${at}`));
      const writes = rows.map((row) => addServers(store, [row]));
      const closing = store.close();
      await Promise.all(writes);
      await closing;
      assert.equal((await (await open()).read(servers.having(ADA, { weight: 1 }))).length, 20);
    },
  ],
  [
    'a database of a later version is refused in words that say what to do, and is not touched',
    async ({ store, target }) => {
      const sql = `insert into schema_migrations (id, name, applied_at_ms) values (99, '0099-later', 1)`;
      const later = {
        name: 'later',
        compile: () => ({ sql, parameters: [], query: {} as never, queryId: {} as never }),
      };
      await store.note([{ statement: later }]);
      await assert.rejects(openStore({ target, now: Date.now }), /another version of Gatewright.*"0099-later"/);
      await addServers(store, [serverNamed('files')]);
    },
  ],
];

/** Every query there is, explained: what the database does not understand it refuses. */
export const UNDERSTOOD: (typeof OTHERS_CONTRACT)[number] = [
  'each query is understood by the database',
  async ({ store }) => {
    await loadQueries();
    for (const { name, samples } of registeredQueries()) {
      for (const statement of samples()) {
        const explained: Statement = {
          name,
          compile: (db) => {
            const { sql, ...compiled } = statement.compile(db);
            return { ...compiled, sql: `explain ${sql}` };
          },
        };
        await assert.doesNotReject(store.read(explained), name);
      }
    }
  },
];

async function loadQueries(): Promise<void> {
  const folder = new URL('../../src/control/store/queries/', import.meta.url);
  for (const name of readdirSync(folder)) await import(new URL(name, folder).href);
}
