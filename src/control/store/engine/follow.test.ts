/*
 * A write whose outcome is not known is told once when it happened, whenever in the looks of the follower that becomes
 * known; and one that is ours never is.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { STORE_LIMITS } from '../../../model/limits-store.ts';
import type { Engine } from './engine.ts';
import { Follow } from './follow.ts';
import { openSqlite } from './sqlite.ts';

const folder = mkdtempSync(join(tmpdir(), 'gatewright-follow-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const limits = Object.fromEntries(Object.entries(STORE_LIMITS).map(([name, { initial }]) => [name, initial])) as never;
const INSERT = `insert into changes (organisation, kind, target_id, at_ms) values ('default', 'servers', 'srv_1', 1) returning seq`;
const SETTINGS = {
  everyMs: 1,
  span: { sql: 'select min(seq), max(seq) from changes', parameters: [] },
  since: 'select seq, organisation, kind, target_id from changes where seq > ? order by seq limit ?',
  changesMax: 10,
  after: undefined,
};
const READS = 8;

/** The ids that were told, when the outcome becomes unknown at that read of the follower. */
async function toldWhenLostAt(lostAt: number): Promise<readonly number[]> {
  const engine = await openSqlite(join(folder, `${lostAt}.db`), 1, limits);
  const told: number[] = [];
  const ours: number[] = [];
  let reads = 0;
  const seen = Promise.withResolvers<void>();
  const counted: Engine = {
    read: async (statements) => {
      const rows = await engine.read(statements);
      reads += 1;
      if (reads === lostAt) follow.uncertain(ours);
      if (reads > lostAt + READS) seen.resolve();
      return rows;
    },
    write: (batch, onTold) => engine.write(batch, onTold),
    probe: () => engine.probe(),
    close: () => engine.close(),
  };
  const heard = (changes: unknown) => told.push(...(changes as readonly { seq: number }[]).map(({ seq }) => seq));
  const follow = new Follow(counted, SETTINGS, { heard, state: assert.fail });
  await follow.start();
  await engine.write({ changes: [], told: { sql: INSERT, parameters: [] } }, (seqs) => {
    ours.push(...seqs);
    follow.own(seqs);
  });
  await seen.promise;
  await follow.stop();
  await engine.close();
  return told;
}

describe('a follower', () => {
  for (let lostAt = 2; lostAt < 2 + READS; lostAt += 1) {
    test(`tells once what was lost at its read number ${lostAt}`, async () => {
      assert.deepEqual(await toldWhenLostAt(lostAt), [1]);
    });
  }

  test('does not tell what is ours', async () => {
    assert.deepEqual(await toldWhenLostAt(0), []);
  });
});
