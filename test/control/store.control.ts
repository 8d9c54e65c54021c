/*
 * The store's contract on both databases, each test with a database of its own: a copy of one that was migrated once.
 */
import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { openStore } from '../../src/control/store/open-store.ts';
import { organisationByName } from '../../src/control/store/queries/organisations.ts';
import { startPostgres, type TestPostgres } from '../rig/postgres.ts';
import { STORE_CONTRACT } from './store-contract.ts';
import { LISTS_CONTRACT } from './store-contract-lists.ts';
import { OTHERS_CONTRACT, UNDERSTOOD } from './store-contract-others.ts';
import { storeStage, type Target } from './store-stage.ts';

const CONTRACT = [...STORE_CONTRACT, ...LISTS_CONTRACT, ...OTHERS_CONTRACT, UNDERSTOOD];

function keeps(empty: () => Promise<Target>, copy: (migrated: Target) => Promise<Target>): void {
  let migrated: Target;

  test('gateways that start at once on an empty database all start, and one of them has made it', async () => {
    migrated = await empty();
    const stores = await Promise.all([1, 2, 3].map(() => openStore({ target: migrated, now: Date.now })));
    const found = await Promise.all(stores.map((store) => store.read(organisationByName('default'))));
    for (const rows of found) assert.equal(rows.length, 1);
    await Promise.all(stores.map((store) => store.close()));
  });

  describe('its contract', { concurrency: 2 }, () => {
    for (const [sentence, run] of CONTRACT) {
      test(sentence, async () => {
        const stage = await storeStage(await copy(migrated));
        try {
          await run(stage);
        } finally {
          await stage.close();
        }
      });
    }
  });
}

describe('a store on SQLite', () => {
  const folder = mkdtempSync(join(tmpdir(), 'gatewright-store-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  let count = 0;
  const fileHere = () => join(folder, `${count++}.db`);
  const copy = async (migrated: Target) => {
    const file = fileHere();
    copyFileSync('file' in migrated ? migrated.file : '', file);
    return { file };
  };
  keeps(async () => ({ file: fileHere() }), copy);
});

describe('a store on Postgres', () => {
  let postgres: TestPostgres;
  before(async () => {
    postgres = await startPostgres();
  });
  after(() => postgres?.close());
  const copy = async (migrated: Target) => ({ url: await postgres.database('url' in migrated ? migrated.url : '') });
  keeps(async () => ({ url: await postgres.database() }), copy);
});
