/*
 * The first part of the store's contract, on SQLite. All of it, on both databases: `test/control/store.control.ts`.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { STORE_CONTRACT } from '../../../test/control/store-contract.ts';
import { storeStage } from '../../../test/control/store-stage.ts';

const folder = mkdtempSync(join(tmpdir(), 'gatewright-store-'));
after(() => rmSync(folder, { recursive: true, force: true }));

describe('a store on SQLite', { concurrency: 2 }, () => {
  for (const [at, [sentence, run]] of STORE_CONTRACT.entries()) {
    test(sentence, async () => {
      const stage = await storeStage({ file: join(folder, String(at), 'gatewright.db') });
      try {
        await run(stage);
      } finally {
        await stage.close();
      }
    });
  }
});
