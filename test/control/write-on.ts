/*
 * A program that writes to a store, four writes at a time, until it has done its thousand or is killed: each write is a row,
 * its audit and its change. What was acknowledged it says on stdout, an id per line, before it begins the next one.
 *
 *   node write-on.ts '{"file": …}' 1000
 */
import { writeSync } from 'node:fs';
import { openStore, type StoreSettings } from '../../src/control/store/open-store.ts';
import { overlay } from '../../src/control/store/queries/objects.ts';
import { SAMPLE_ACTOR } from '../../src/control/store/queries/query.ts';
import type { OverlayRow } from '../../src/control/store/tables.ts';

const ACTOR = { ...SAMPLE_ACTOR, organisation: 'default' };
const LANES = 4;

const [target = '', count = '0'] = process.argv.slice(2);
const store = await openStore({ target: JSON.parse(target) as StoreSettings['target'], now: Date.now });
writeSync(1, 'open\n');
let left = Number(count);
await Promise.all(Array.from({ length: LANES }, writeOn));
await store.close();

async function writeOn(): Promise<void> {
  while (left-- > 0) {
    const values = { kind: 'tool', target: '', state: 'disabled', reason: 'x'.repeat(200) };
    const fresh = overlay.fresh(ACTOR, values, 1);
    const row = { ...fresh, target: fresh.id };
    await store.write(ACTOR, writeOf(row));
    writeSync(1, `${row.id}\n`);
  }
}

function writeOf(row: OverlayRow) {
  const about = { action: 'overlay.create', outcome: 'done', kind: 'overlay', targetId: row.id, targetName: '' };
  return {
    changes: [overlay.insert(ACTOR, row)],
    touched: [{ kind: 'overlay' as const, id: row.id, organisation: row.organisation }],
    audit: [{ ...about, reason: '', before: null, after: { state: row.state } }],
  };
}
