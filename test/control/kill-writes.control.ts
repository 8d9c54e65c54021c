/*
 * F13, of the store itself: a process that writes is killed at any moment, again and again, on both databases. Each write (row,
 * audit, change) is there wholly or not at all, what was acknowledged is there, and the next start takes less than five seconds
 * and repairs nothing.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { openStore, type StoreSettings } from '../../src/control/store/open-store.ts';
import { overlay } from '../../src/control/store/queries/objects.ts';
import { SAMPLE_ACTOR } from '../../src/control/store/queries/query.ts';
import { changesSince, listAudit } from '../../src/control/store/queries/records.ts';
import type { Store } from '../../src/control/store/store.ts';
import { startPostgres } from '../rig/postgres.ts';

const KILLS = process.env.GATEWRIGHT_FULL === undefined ? 10 : 40;
const WRITES = 1_000;
const WITHIN_MS = 400;
const START_MS_MAX = 5_000;
const ALL = 1_000_000;

const ACTOR = { ...SAMPLE_ACTOR, organisation: 'default' };
const PROGRAM = fileURLToPath(new URL('./write-on.ts', import.meta.url));

test(`SQLite: ${KILLS} times killed while it writes`, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'gatewright-kill-'));
  t.after(() => rm(folder, { recursive: true }));
  await killedAgainAndAgain(t, { file: join(folder, 'db') });
});

test(`Postgres: ${KILLS} times killed while it writes`, async (t) => {
  const postgres = await startPostgres();
  t.after(() => postgres.close());
  await killedAgainAndAgain(t, { url: await postgres.database() });
});

async function killedAgainAndAgain(t: TestContext, target: StoreSettings['target']): Promise<void> {
  const acknowledged = new Set<string>();
  let [slowestMs, inTheMiddle] = [0, 0];
  for (let round = 0; round < KILLS; round++) {
    const said = await killedOnce(target);
    if (said.length > 0 && said.length < WRITES) inTheMiddle += 1;
    for (const id of said) acknowledged.add(id);
    slowestMs = Math.max(slowestMs, await assertWhole(target, acknowledged));
  }
  t.diagnostic(`${acknowledged.size} acknowledged, ${inTheMiddle} kills in the middle, slowest start ${slowestMs} ms`);
  assert.ok(inTheMiddle >= KILLS / 2, 'the kills came too early or too late');
}

/** The ids that it has said. */
async function killedOnce(target: StoreSettings['target']): Promise<readonly string[]> {
  const args = ['--disable-warning=ExperimentalWarning', PROGRAM, JSON.stringify(target), String(WRITES)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const said: string[] = [];
  const lines = createInterface(child.stdout);
  const open = once(lines, 'line');
  lines.on('line', (line) => said.push(line));
  const ended = once(child, 'close');
  await Promise.race([open, ended]);
  await sleep(Math.random() * WITHIN_MS);
  child.kill('SIGKILL');
  await ended;
  assert.equal(said.shift(), 'open');
  return said;
}

/** How long the start took. */
async function assertWhole(target: StoreSettings['target'], acknowledged: ReadonlySet<string>): Promise<number> {
  const begunMs = performance.now();
  const store = await openStore({ target, now: Date.now });
  const startMs = Math.round(performance.now() - begunMs);
  assert.ok(startMs <= START_MS_MAX, `the start took ${startMs} ms`);
  const there = await writtenIds(store).finally(() => store.close());
  const lost = [...acknowledged].filter((id) => !there.has(id));
  assert.deepEqual(lost, [], 'what was acknowledged is there');
  return startMs;
}

async function writtenIds(store: Store): Promise<ReadonlySet<string>> {
  const [rows, audits, changes] = await store.readAll([
    overlay.list(ACTOR, { limit: ALL, sort: { field: 'id', descending: false } }),
    listAudit(ACTOR, { limit: ALL }),
    changesSince({ seq: 0, limit: ALL }),
  ]);
  const ids = rows.map(({ id }) => id).sort();
  const idsOf = (told: readonly { readonly targetId: string }[]) => told.map(({ targetId }) => targetId).sort();
  assert.deepEqual(idsOf(audits), ids, 'each row has its audit, and each audit its row');
  assert.deepEqual(idsOf(changes), ids, 'each row has its change, and each change its row');
  return new Set(ids);
}
