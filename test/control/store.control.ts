/*
 * The store's contract on both databases, each test with a database of its own.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { startPostgres, type TestPostgres } from '../rig/postgres.ts';
import { STORE_CONTRACT } from './store-contract.ts';
import { LISTS_CONTRACT } from './store-contract-lists.ts';
import { OTHERS_CONTRACT, UNDERSTOOD } from './store-contract-others.ts';
import { storeStage, type Target } from './store-stage.ts';

const CONTRACT = [...STORE_CONTRACT, ...LISTS_CONTRACT, ...OTHERS_CONTRACT, UNDERSTOOD];

function keeps(database: () => Promise<Target>): void {
  for (const [sentence, run] of CONTRACT) {
    test(sentence, async () => {
      const stage = await storeStage(await database());
      try {
        await run(stage);
      } finally {
        await stage.close();
      }
    });
  }
}

describe('a store on SQLite', { concurrency: 2 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'gatewright-store-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  let count = 0;
  keeps(async () => ({ file: join(folder, `${count++}.db`) }));
});

describe('a store on Postgres', { concurrency: 2 }, () => {
  let postgres: TestPostgres;
  before(async () => {
    postgres = await startPostgres();
  });
  after(() => postgres?.close());
  keeps(async () => ({ url: await postgres.database() }));
});
