/*
 * What is written down of a gateway, in a real store: states of servers in their order, also those of the last moment and those of
 * a time when the store was away; and a row about a clock that was set.
 */
import assert from 'node:assert/strict';
import { mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { writeDown } from '../../src/control/collect/build.ts';
import { openStore } from '../../src/control/store/open-store.ts';
import { overlay } from '../../src/control/store/queries/objects.ts';
import { SAMPLE_ACTOR } from '../../src/control/store/queries/query.ts';
import { listAudit, listStateEvents } from '../../src/control/store/queries/records.ts';
import { defaultLimits } from '../../src/model/limits.ts';
import type { Snapshot } from '../../src/model/snapshot.ts';

const ACTOR = { ...SAMPLE_ACTOR, organisation: 'default' };

async function opened(t: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), 'gatewright-written-'));
  const [here, away] = [join(folder, 'here'), join(folder, 'away')];
  const store = await openStore({ target: { file: join(here, 'db') }, now: Date.now });
  t.after(async () => {
    await store.close();
    await rm(folder, { recursive: true });
  });
  const times = { wall: 1_000_000, ticks: 0 };
  const written = writeDown({
    ...{ store, node: 'n1', now: () => times.wall, clock: () => times.ticks },
    // Of a snapshot it asks for these alone.
    snapshot: () => ({ limits: defaultLimits(), servers: new Map() }) as unknown as Snapshot,
    emit: () => assert.fail('there is room'),
    onFailure: (_, error) => assert.fail(String(error)),
  });
  const take = (state: string) => written.take({ type: 'server_state', server: 'a', state, reason: '' });
  const states = async () => (await store.read(listStateEvents(ACTOR, { limit: 100 }))).map(({ state }) => state);
  return { store, times, written, take, states, leave: () => rename(here, away), comeBack: () => rename(away, here) };
}

test('states are rows in their order, with those of the last moment', async (t) => {
  const { take, states, written } = await opened(t);
  for (const state of ['starting', 'ready', 'down']) take(state);
  while ((await states()).length < 3) await sleep(5);
  take('stopping');
  assert.equal(await written.close(5_000), 0);
  assert.deepEqual(await states(), ['stopping', 'down', 'ready', 'starting']);
});

test('states of a time when the store is away are written when it is back', async (t) => {
  const { take, states, written, leave, comeBack } = await opened(t);
  await leave();
  for (const state of ['down', 'starting', 'ready']) take(state);
  await sleep(300);
  assert.equal(written.waiting(), 3);
  await comeBack();
  while (written.waiting() > 0) await sleep(20);
  await written.close(5_000);
  assert.deepEqual(await states(), ['ready', 'starting', 'down']);
});

test('a clock that was set back is a row, between the writes before and after it', async (t) => {
  const { store, times } = await opened(t);
  const write = async (target: string) => {
    const fresh = overlay.fresh(ACTOR, { kind: 'tool', target, state: 'disabled', reason: '' }, 1);
    const touched = [{ kind: 'overlay' as const, id: fresh.id, organisation: 'default' }];
    await store.write(ACTOR, { changes: [overlay.insert(ACTOR, fresh)], touched, audit: [] });
  };
  await write('a');
  Object.assign(times, { wall: times.wall - 3_600_000, ticks: 1_000 });
  await write('b');
  await write('c');
  const rows = await store.read(listAudit(ACTOR, { limit: 9 }));
  assert.deepEqual(
    rows.map(({ action, actor }) => [action, actor]),
    [['clock.jump', '']],
  );
  assert.match(rows[0]?.reason ?? '', /-3601000 ms/);
});
