/*
 * The worker of the store: the one thread that has a driver loaded, and one that may die.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { servers } from '../../src/control/store/queries/objects.ts';
import type { Touched } from '../../src/control/store/store.ts';
import { startPostgres, type TestPostgres } from '../rig/postgres.ts';
import { ADA, addServers, serverNamed, silently, storeStage, touchedOne } from './store-stage.ts';

const CHILD = fileURLToPath(new URL('./drivers-child.ts', import.meta.url));
const MORTAL = new URL('./mortal-worker.ts', import.meta.url);

const folder = mkdtempSync(join(tmpdir(), 'gatewright-worker-'));
let postgres: TestPostgres;
before(async () => {
  postgres = await startPostgres();
});
after(async () => {
  await postgres?.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('the thread that serves calls', () => {
  for (const [kind, where] of [
    ['file', async () => join(folder, 'drivers.db')],
    ['url', () => postgres.database()],
  ] as const) {
    test(`has no driver loaded while the store works (${kind})`, async () => {
      const run = promisify(execFile)(process.execPath, [
        '--disable-warning=ExperimentalWarning',
        CHILD,
        kind,
        await where(),
      ]);
      assert.deepEqual(JSON.parse((await run).stdout), { rows: 1, loaded: [] });
    });
  }

  test('would be seen with one', async () => {
    const drivers = ['--disable-warning=ExperimentalWarning', '--import', 'pg', '--import', 'node:sqlite'];
    const run = promisify(execFile)(process.execPath, [...drivers, CHILD, 'file', join(folder, 'seen.db')]);
    const { loaded } = JSON.parse((await run).stdout) as { loaded: readonly string[] };
    assert.ok(loaded.some((name) => /sqlite/.test(name)) && loaded.some((name) => /pg/.test(name)));
  });
});

describe('a worker that dies', () => {
  test('takes what was asked with it, and another one goes on where it was', async () => {
    const target = { file: join(folder, 'mortal.db') };
    const stage = await storeStage(target, { program: MORTAL });
    const other = await stage.open({ program: new URL('../../src/control/store/worker.ts', import.meta.url) });
    const heard: Touched[] = [];
    stage.store.onWritten((touched) => heard.push(...touched));
    await addServers(stage.store, [serverNamed('before')]);
    await assert.rejects(stage.store.read(servers.having(ADA, { name: 'die' })), { kind: 'unavailable' });
    assert.equal(stage.store.status().state, 'failing');
    await assert.rejects(addServers(stage.store, [serverNamed('refused')]), { kind: 'unavailable' });
    const row = serverNamed('meanwhile');
    await other.write(ADA, { ...silently(servers.insert(ADA, row)), touched: [touchedOne(row)] });
    while (stage.store.status().state !== 'ready' || heard.length === 0) await wait(10);
    assert.deepEqual(heard, [touchedOne(row)]);
    assert.equal((await stage.store.read(servers.having(ADA, { weight: 1 }))).length, 2);
    await stage.close();
  });
});
