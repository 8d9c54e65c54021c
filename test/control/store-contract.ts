/*
 * What a store owes, whichever database it has: one table of sentences, run on SQLite beside the code and on a real
 * Postgres here.
 */
import assert from 'node:assert/strict';
import { servers } from '../../src/control/store/queries/objects.ts';
import { removeOrganisation } from '../../src/control/store/queries/organisations.ts';
import { keys, users } from '../../src/control/store/queries/people.ts';
import { listAudit } from '../../src/control/store/queries/records.ts';
import type { Touched } from '../../src/control/store/store.ts';
import type { AdminErrorName } from '../../src/model/admin-errors.ts';
import {
  ADA,
  actorIn,
  addOrganisation,
  addServers,
  auditOf,
  keyOf,
  type StoreStage,
  serverNamed,
  silently,
  touchedOne,
  userNamed,
} from './store-stage.ts';

type Row = readonly [sentence: string, run: (stage: StoreStage) => Promise<void>];

const refusedAs = (kind: AdminErrorName) => (error: unknown) => {
  assert.equal((error as { kind?: string }).kind, kind);
  return true;
};

const BOB = actorIn('acme');

const ODD_TEXTS = ['', "'; drop table servers; --", 'a"b\\c', '100 %_', 'Ünïcödé 漢字 🚪', ' \t\n', '$1 ? :x @y'];

const rowsAndGuards: readonly Row[] = [
  [
    'what was written is read as it was: any text, the largest whole number, and null',
    async ({ store }) => {
      const rows = ODD_TEXTS.map((text, at) => serverNamed(`odd-${at}`, { title: text, weight: at }));
      const largest = serverNamed('largest', { weight: Number.MAX_SAFE_INTEGER, owner: 'ada' });
      await addServers(store, [...rows, largest]);
      for (const row of [...rows, largest]) assert.deepEqual(await store.read(servers.get(ADA, row.id)), [row]);
    },
  ],
  [
    'a row of another organisation is not read, changed or deleted, and is not among those that are listed',
    async ({ store }) => {
      await addOrganisation(store, 'acme');
      const row = serverNamed('files');
      await addServers(store, [row]);
      const listing = { limit: 10, sort: { field: 'name', descending: false } } as const;
      for (const query of [
        servers.get(BOB, row.id),
        servers.list(BOB, listing),
        servers.having(BOB, { name: 'files' }),
      ]) {
        assert.deepEqual(await store.read(query), []);
      }
      const version = 1;
      const update = servers.update(BOB, { id: row.id, version, set: { title: 'mine' }, atMs: 2 });
      for (const change of [update, servers.remove(BOB, { id: row.id, version })]) {
        await assert.rejects(store.write(BOB, silently(change)), refusedAs('changed_meanwhile'));
      }
      await assert.rejects(store.write(BOB, silently(servers.remove(BOB, { id: row.id }))), refusedAs('not_found'));
      await store.write(BOB, silently(servers.removeHaving(BOB, { name: 'files' })));
      assert.deepEqual(await store.read(servers.get(ADA, row.id)), [row]);
    },
  ],
  [
    'a row goes into the organisation of who writes it, whatever the row says',
    async ({ store }) => {
      await addOrganisation(store, 'acme');
      const row = serverNamed('theirs', { organisation: 'default' });
      await store.write(BOB, silently(servers.insert(BOB, row)));
      assert.deepEqual(await store.read(servers.get(ADA, row.id)), []);
      assert.deepEqual(await store.read(servers.get(BOB, row.id)), [{ ...row, organisation: 'acme' }]);
    },
  ],
  [
    'a change counts the version up and holds for the version that was seen; of two, one is refused',
    async ({ store }) => {
      const row = serverNamed('files');
      await addServers(store, [row]);
      const change = (title: string) => servers.update(ADA, { id: row.id, version: 1, set: { title }, atMs: 9 });
      const outcomes = await Promise.allSettled(['a', 'b'].map((title) => store.write(ADA, silently(change(title)))));
      const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
      assert.equal(refused.length, 1);
      refusedAs('changed_meanwhile')(refused[0]?.reason);
      const [now] = await store.read(servers.get(ADA, row.id));
      assert.deepEqual([now?.version, now?.updatedAtMs, now?.createdAtMs], [2, 9, 1]);
    },
  ],
  [
    'what there may be once is a conflict the second time, in its organisation alone',
    async ({ store }) => {
      await addOrganisation(store, 'acme');
      await addServers(store, [serverNamed('files')]);
      await assert.rejects(addServers(store, [serverNamed('files')]), refusedAs('conflict'));
      await addServers(store, [serverNamed('files', {}, BOB)], BOB);
    },
  ],
  [
    'what something else belongs to is not deleted from under it, and nothing is made for what is not there',
    async ({ store }) => {
      const user = userNamed('bob');
      const key = keyOf(user, 'ci');
      await assert.rejects(store.write(ADA, silently(keys.insert(ADA, key))), refusedAs('conflict'));
      await store.write(ADA, silently(users.insert(ADA, user), keys.insert(ADA, key)));
      const remove = users.remove(ADA, { id: user.id, version: 1 });
      await assert.rejects(store.write(ADA, silently(remove)), refusedAs('conflict'));
      const organisation = removeOrganisation({ id: 'org_default', version: 1 });
      await assert.rejects(store.write(ADA, silently(organisation)), refusedAs('conflict'));
      await store.write(ADA, silently(keys.removeHaving(ADA, { userId: user.id }), remove));
    },
  ],
  [
    'a character that one of the databases cannot keep is refused by both, before anything is sent',
    async ({ store }) => {
      for (const title of ['a\0b', 'half \ud83d']) {
        await assert.rejects(addServers(store, [serverNamed('files', { title })]), refusedAs('parameter_wrong'));
      }
      assert.deepEqual(await store.read(servers.having(ADA, { name: 'files' })), []);
    },
  ],
];

const wholeWrites: readonly Row[] = [
  [
    'a write happens wholly: its rows, its audit and its changes; listeners hear of it before the writer does',
    async ({ store }) => {
      const heard: (readonly Touched[])[] = [];
      store.onWritten(() => {
        throw new Error('This listener is broken.');
      });
      store.onWritten((touched) => heard.push(touched));
      const row = serverNamed('files');
      const write = { changes: [servers.insert(ADA, row)], touched: [touchedOne(row)], audit: [auditOf(row)] };
      await store.write(ADA, write);
      assert.deepEqual(heard, [[touchedOne(row)]]);
      const [audit] = await store.read(listAudit(ADA, { limit: 5 }));
      assert.deepEqual(
        [audit?.actor, audit?.address, audit?.requestId, audit?.beforeJson, audit?.afterJson, audit?.targetId],
        ['user:ada', '192.0.2.7', 'req_1', null, '{"name":"files"}', row.id],
      );
    },
  ],
  [
    'a write that is refused at its last change leaves nothing: no row, no audit, and nobody hears',
    async ({ store }) => {
      const heard: unknown[] = [];
      store.onWritten((touched) => heard.push(touched));
      const [row, clash] = [serverNamed('files'), serverNamed('files')];
      const changes = [servers.insert(ADA, row), servers.insert(ADA, clash)];
      const write = { changes, touched: [touchedOne(row)], audit: [auditOf(row)] };
      await assert.rejects(store.write(ADA, write), refusedAs('conflict'));
      const stale = servers.update(ADA, { id: row.id, version: 3, set: { title: 'x' }, atMs: 2 });
      const guarded = { ...write, changes: [servers.insert(ADA, row), stale] };
      await assert.rejects(store.write(ADA, guarded), refusedAs('changed_meanwhile'));
      assert.deepEqual(await store.read(servers.having(ADA, { name: 'files' })), []);
      assert.deepEqual(await store.read(listAudit(ADA, { limit: 5 })), []);
      assert.deepEqual(heard, []);
    },
  ],
  [
    'what is read together is of one moment, while others write',
    async (stage) => {
      const other = await stage.open();
      const [left, right] = [serverNamed('left'), serverNamed('right')];
      await addServers(stage.store, [left, right]);
      const both = (weight: number) =>
        [left, right].map((row) => servers.update(ADA, { id: row.id, set: { weight }, atMs: weight }));
      const writing = (async () => {
        for (let weight = 2; weight < 40; weight += 1) await other.write(ADA, silently(...both(weight)));
      })();
      const [get, having] = [servers.get(ADA, left.id), servers.having(ADA, { id: right.id })];
      for (let reads = 0; reads < 40; reads += 1) {
        const [[a], [b]] = await stage.store.readAll<readonly [typeof left, typeof right]>([get, having]);
        assert.equal(a?.weight, b?.weight);
      }
      await writing;
    },
  ],
  [
    'an answer of many rows comes whole and in order',
    async ({ store }) => {
      const rows = Array.from({ length: 1501 }, (_, at) => serverNamed(`s${String(at).padStart(4, '0')}`));
      await addServers(store, rows);
      const listing = { limit: 2000, sort: { field: 'name', descending: false } } as const;
      assert.deepEqual(await store.read(servers.list(ADA, listing)), rows);
      assert.deepEqual((await store.read(servers.list(ADA, { ...listing, limit: 499 }))).length, 500);
    },
  ],
  [
    'after the end everything is unavailable, and ending twice is ending once',
    async ({ store }) => {
      await store.close();
      await store.close();
      await assert.rejects(store.read(servers.get(ADA, 'x')), refusedAs('unavailable'));
      await assert.rejects(addServers(store, [serverNamed('files')]), refusedAs('unavailable'));
    },
  ],
];

export const STORE_CONTRACT: readonly Row[] = [...rowsAndGuards, ...wholeWrites];
