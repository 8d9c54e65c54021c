import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { IdTable } from './id-table.ts';

const operation = fc.record({ id: fc.nat(300), put: fc.boolean() });

describe('the table of what is in flight', () => {
  it('holds what a map would hold, whatever comes and goes', () => {
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 600 }), (operations) => {
        const table = new IdTable<string>();
        const map = new Map<number, string>();
        for (const [at, { id, put }] of operations.entries()) {
          if (put) {
            table.set(id, `${at}`);
            map.set(id, `${at}`);
          } else assert.equal(table.delete(id), map.delete(id));
          assert.equal(table.size, map.size);
          assert.equal(table.get(id), map.get(id));
        }
        for (let id = 0; id <= 300; id++) assert.equal(table.get(id), map.get(id), `id ${id}`);
        assert.deepEqual(table.values().sort(), [...map.values()].sort());
      }),
    );
  });

  it('finds an old id among a million newer ones that came and went', () => {
    const table = new IdTable<string>();
    table.set(1, 'old');
    for (let id = 2; id < 1_000_000; id++) {
      table.set(id, 'new');
      table.delete(id);
    }
    assert.equal(table.get(1), 'old');
    assert.equal(table.size, 1);
  });

  it('has nothing under what is no id of ours, and does not look for it for ever', () => {
    const table = new IdTable<string>();
    table.set(0, 'ours');
    for (const id of [Number.NaN, -1, 1.5, 2 ** 53, Number.POSITIVE_INFINITY]) {
      assert.equal(table.get(id), undefined);
      assert.equal(table.has(id), false);
    }
  });
});
