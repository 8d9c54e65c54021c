/*
 * What may happen between the store and Postgres, and what is promised then: every wait ends, nothing is half there,
 * nothing is done twice, and it goes on by itself.
 */
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { Client } from 'pg';
import { servers } from '../../src/control/store/queries/objects.ts';
import type { Store } from '../../src/control/store/store.ts';
import type { StoreLimits } from '../../src/model/limits-store.ts';
import { startPostgres, type TestPostgres } from '../rig/postgres.ts';
import { type PostgresProxy, postgresProxy } from '../rig/postgres-proxy.ts';
import { ADA, addServers, type StoreStage, serverNamed, silently, storeStage, touchedOne } from './store-stage.ts';

const LIMITS: Partial<StoreLimits> = { storeFollowMs: 20, storeStatementMs: 300, storeWaitMs: 200 };
const UNAVAILABLE = { kind: 'unavailable' };

/** Slower than we wait for, and then it ends so. */
const LOST = [
  { what: 'happened', happens: true, losing: '' },
  { what: 'happened later', happens: true, losing: 'return null' },
  { what: 'did not happen', happens: false, losing: `raise exception 'no'` },
] as const;

const atCommit = (end: string): string => `
  create function slow() returns trigger language plpgsql as $$ begin perform pg_sleep(1.2); ${end}; end $$;
  create constraint trigger slow after update on servers deferrable initially deferred
    for each row execute function slow();`;

describe('a store on a Postgres that', { concurrency: false }, () => {
  let postgres: TestPostgres;
  let migrated: string;
  let proxy: PostgresProxy;
  let stage: StoreStage;
  let other: Client;
  let store: Store;
  let hits: string[];
  const row = serverNamed('files');
  const titled = (title: string) => servers.update(ADA, { id: row.id, set: { title }, atMs: 2 });
  const titleNow = async () => (await store.read(servers.get(ADA, row.id)))[0]?.title;
  const ready = async () => {
    while (store.status().state !== 'ready') await wait(10);
  };

  before(async () => {
    postgres = await startPostgres();
    migrated = await postgres.database();
    await (await storeStage({ url: migrated })).close();
  });
  after(() => postgres?.close());

  beforeEach(async () => {
    const url = await postgres.database(migrated);
    proxy = await postgresProxy(url);
    hits = [];
    stage = await storeStage({ url: proxy.url }, { limits: LIMITS, onLimit: (limit) => hits.push(limit) });
    store = stage.store;
    other = new Client({ connectionString: url });
    other.on('error', () => undefined);
    await other.connect();
    await addServers(store, [row]);
  });
  afterEach(async () => {
    await stage.close();
    await other.end().catch(() => undefined);
    await proxy.close();
  });

  test('is slow: a statement ends at storeStatementMs, and what it was part of has not happened', async () => {
    await other.query('begin');
    await other.query(`update servers set title = 'theirs'`);
    const added = serverNamed('added');
    await assert.rejects(store.write(ADA, silently(servers.insert(ADA, added), titled('ours'))), UNAVAILABLE);
    assert.deepEqual(hits, ['storeStatementMs']);
    await other.query('rollback');
    await ready();
    assert.deepEqual(await store.read(servers.get(ADA, added.id)), []);
    await store.write(ADA, silently(titled('ours')));
    assert.equal(await titleNow(), 'ours');
  });

  test('has no connection free: what waits longer than storeWaitMs is refused, what waits less is answered', async () => {
    const limits = { ...LIMITS, storeConnectionsMax: 1, storeFollowMs: 4000, storeStatementMs: 600 };
    const narrow = await stage.open({ limits });
    await other.query('begin');
    await other.query(`update servers set title = 'theirs'`);
    const held = narrow.write(ADA, silently(titled('ours')));
    await assert.rejects(narrow.read(servers.get(ADA, row.id)), UNAVAILABLE);
    assert.deepEqual(hits, ['storeWaitMs']);
    await other.query('rollback');
    await held;
    const answers = Array.from({ length: 20 }, () => narrow.read(servers.get(ADA, row.id)));
    assert.equal((await Promise.all(answers)).length, 20);
  });

  test('is gone, and comes back: refused meanwhile, and ready again without a restart of ours', async () => {
    proxy.become('gone');
    await assert.rejects(store.write(ADA, silently(titled('ours'))), UNAVAILABLE);
    await assert.rejects(titleNow(), UNAVAILABLE);
    assert.equal(store.status().state, 'failing');
    proxy.become('open');
    await ready();
    await store.write(ADA, silently(titled('ours')));
    assert.equal(await titleNow(), 'ours');
  });

  test('answers nothing, with its connections open: reads and writes end, and go on when it does', async () => {
    proxy.become('mute');
    const [reading, writing] = [titleNow(), store.write(ADA, silently(titled('ours')))];
    await Promise.all([assert.rejects(reading, UNAVAILABLE), assert.rejects(writing, UNAVAILABLE)]);
    proxy.become('open');
    await ready();
    assert.notEqual(await titleNow(), undefined);
  });

  test('has closed our connections: nobody notices', async () => {
    for (const close of [
      () => proxy.cut(),
      () => other.query('select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid()'),
    ]) {
      await titleNow();
      await close();
      await store.write(ADA, silently(titled('ours')));
      assert.equal(await titleNow(), 'ours');
    }
    assert.deepEqual(hits, []);
  });

  test('undoes a write because of a deadlock: it is made again, once', async () => {
    const second = serverNamed('second');
    await addServers(store, [second]);
    const patient = await stage.open({ limits: { ...LIMITS, storeStatementMs: 5000 } });
    // The other side finds no deadlock itself, so that ours does.
    await other.query(`set deadlock_timeout = '20s'`);
    await other.query('begin');
    await other.query('update servers set weight = 5 where id = $1', [second.id]);
    const both = [row, second].map(({ id }) => servers.update(ADA, { id, set: { title: 'ours' }, atMs: 2 }));
    const writing = patient.write(ADA, silently(...both));
    await other.query('update servers set weight = 5 where id = $1', [row.id]);
    await other.query('commit');
    await writing;
    const rows = await store.read(servers.having(ADA, { title: 'ours' }));
    assert.deepEqual(
      rows.map(({ version, weight }) => [version, weight]),
      [
        [2, 5],
        [2, 5],
      ],
    );
  });

  for (const { what, happens, losing } of LOST) {
    test(`lost us in a commit that ${what}: refused, never repeated, and ${happens ? 'told once' : 'not told'}`, async () => {
      const heard: string[] = [];
      store.onWritten((touched) => heard.push(...touched.map(({ id }) => id)));
      if (losing === '') proxy.loseNextCommit();
      else await other.query(atCommit(losing));
      await assert.rejects(store.write(ADA, { ...silently(titled('ours')), touched: [touchedOne(row)] }), UNAVAILABLE);
      // Waits until the other side is done with it.
      await other.query('drop trigger if exists slow on servers');
      const last = serverNamed('last');
      await store.write(ADA, { ...silently(servers.insert(ADA, last)), touched: [touchedOne(last)] });
      const wanted = happens ? [row.id, last.id] : [last.id];
      while (heard.length < wanted.length) await wait(10);
      const end = serverNamed('end');
      await store.write(ADA, { ...silently(servers.insert(ADA, end)), touched: [touchedOne(end)] });
      assert.deepEqual(heard.sort(), [...wanted, end.id].sort());
      const [now] = await store.read(servers.get(ADA, row.id));
      assert.equal(now?.version, happens ? 2 : 1);
    });
  }
});
