/*
 * F14, F15, F18 and F19 of the store itself: the disk is full, or read-only, or its file is away; Postgres is stopped, held, or
 * slow. Writes are `unavailable` and say so in bounded time, nothing is half written, and the store takes up again by itself
 * within five seconds.
 */
import assert from 'node:assert/strict';
import { mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { openStore, type StoreSettings } from '../../src/control/store/open-store.ts';
import { overlay } from '../../src/control/store/queries/objects.ts';
import { SAMPLE_ACTOR } from '../../src/control/store/queries/query.ts';
import { listAudit } from '../../src/control/store/queries/records.ts';
import type { Store } from '../../src/control/store/store.ts';
import { AdminError } from '../../src/model/admin-errors.ts';
import { startPostgres, type TestPostgres } from '../rig/postgres.ts';
import { smallDisk } from '../rig/small-disk.ts';

const ACTOR = { ...SAMPLE_ACTOR, organisation: 'default' };
const RECOVERY_MS_MAX = 5_000;
/** Statement time 2 s, wait for a connection 1 s, and a machine that has other things to do. */
const REFUSAL_MS_MAX = 8_000;

async function opened(t: TestContext, target: StoreSettings['target']): Promise<Store> {
  const store = await openStore({ target, now: Date.now });
  t.after(() => store.close());
  return store;
}

async function write(store: Store, reason = ''): Promise<void> {
  const fresh = overlay.fresh(ACTOR, { kind: 'tool', target: '', state: 'disabled', reason }, 1);
  const about = { action: 'overlay.create', outcome: 'done', kind: 'overlay', targetId: fresh.id, targetName: '' };
  await store.write(ACTOR, {
    changes: [overlay.insert(ACTOR, { ...fresh, target: fresh.id })],
    touched: [{ kind: 'overlay', id: fresh.id, organisation: fresh.organisation }],
    audit: [{ ...about, reason: '', before: null, after: null }],
  });
}

const isUnavailable = (error: unknown): boolean => error instanceof AdminError && error.kind === 'unavailable';

async function refused(store: Store): Promise<void> {
  const begunMs = performance.now();
  await assert.rejects(write(store), isUnavailable);
  assert.ok(performance.now() - begunMs < REFUSAL_MS_MAX, 'the refusal came in bounded time');
  assert.equal(store.status().state, 'failing');
}

/** By itself: nobody writes meanwhile. */
async function recovers(store: Store): Promise<void> {
  const begunMs = performance.now();
  while (store.status().state !== 'ready') {
    assert.ok(performance.now() - begunMs < RECOVERY_MS_MAX, `still ${JSON.stringify(store.status())}`);
    await sleep(50);
  }
  await write(store);
  await assertWhole(store);
}

async function assertWhole(store: Store): Promise<void> {
  const [rows, audits] = await store.readAll([overlay.having(ACTOR, {}), listAudit(ACTOR, { limit: 100_000 })]);
  assert.deepEqual(audits.map(({ targetId }) => targetId).sort(), rows.map(({ id }) => id).sort());
}

test('F14: a full disk', async (t) => {
  const disk = smallDisk(4);
  if (!disk) return t.skip('nothing may be mounted here; the gateway is tried with a limit of file sizes');
  t.after(() => disk.remove());
  const store = await opened(t, { file: join(disk.folder, 'db') });
  await write(store);
  for (let round = 0; round < 3; round++) {
    disk.fill();
    await refusedSoon(store);
    assert.ok((await store.read(overlay.having(ACTOR, {}))).length > 0, 'what is there can be read');
    disk.empty();
    await recovers(store);
  }
});

/** There may be room in the log yet. */
async function refusedSoon(store: Store): Promise<void> {
  for (let n = 0; n < 100; n++) {
    if (await write(store, 'x'.repeat(100_000)).then(() => false, isUnavailable)) return;
  }
  assert.fail('the disk is not full');
}

test('F14: a full disk at the start is said in one line, and nothing has to be repaired', async (t) => {
  const disk = smallDisk(1);
  if (!disk) return t.skip('nothing may be mounted here');
  t.after(() => disk.remove());
  disk.fill();
  await assert.rejects(openStore({ target: { file: join(disk.folder, 'db') }, now: Date.now }), oneLine);
  disk.empty();
  await write(await opened(t, { file: join(disk.folder, 'db') }));
});

test('F15: a disk that becomes read-only', async (t) => {
  const disk = smallDisk(8);
  if (!disk) return t.skip('nothing may be mounted here');
  t.after(() => disk.remove());
  const store = await opened(t, { file: join(disk.folder, 'db') });
  await write(store);
  await store.close();
  disk.setReadOnly(true);
  await assert.rejects(openStore({ target: { file: join(disk.folder, 'db') }, now: Date.now }), oneLine);
  disk.setReadOnly(false);
  await write(await opened(t, { file: join(disk.folder, 'db') }));
});

test('F15: a data folder that vanishes, and comes back', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'gatewright-away-'));
  t.after(() => rm(folder, { recursive: true }));
  const [here, away] = [join(folder, 'data'), join(folder, 'away')];
  const store = await opened(t, { file: join(here, 'db') });
  await write(store);
  await rename(here, away);
  await refused(store);
  await rename(away, here);
  await recovers(store);
});

function oneLine(error: unknown): boolean {
  assert.ok(error instanceof Error);
  assert.doesNotMatch(error.message, /\n/);
  assert.match(error.message, /database/);
  return true;
}

test('F18 and F19: Postgres is stopped, held, and slow', async (t) => {
  const postgres = await startPostgres();
  t.after(() => postgres.close());
  const url = await postgres.database();
  const store = await opened(t, { url });
  await write(store);
  await t.test('F18: stopped', () => stopped(postgres, store));
  await t.test('F19: held, so that connections stay and nothing answers', () => held(postgres, store));
  await t.test('F19: slow, because of somebody else', () => slowed(store, url));
});

async function stopped(postgres: TestPostgres, store: Store): Promise<void> {
  await postgres.stop();
  await refused(store);
  await assert.rejects(store.read(overlay.having(ACTOR, {})), isUnavailable);
  await postgres.start();
  await recovers(store);
}

async function held(postgres: TestPostgres, store: Store): Promise<void> {
  postgres.hold();
  try {
    await refused(store);
    const many = await Promise.allSettled(Array.from({ length: 100 }, () => write(store)));
    assert.ok(
      many.every((one) => one.status === 'rejected' && isUnavailable(one.reason)),
      'every wait ends',
    );
  } finally {
    postgres.goOn();
  }
  await recovers(store);
}

async function slowed(store: Store, url: string): Promise<void> {
  const other = new Client({ connectionString: url });
  await other.connect();
  try {
    await other.query('begin; lock table overlay in access exclusive mode');
    await refused(store);
    await other.query('rollback');
  } finally {
    await other.end();
  }
  await recovers(store);
}
