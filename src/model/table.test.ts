/*
 * A layered table is a map, whatever is done to it.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { emptyTable, entriesOf, inTable, isEmptyTable, tableOf, tableWith } from './table.ts';

const changes = fc.array(
  fc.array(fc.tuple(fc.integer({ min: 0, max: 300 }).map(String), fc.option(fc.integer(), { nil: undefined }))),
  { maxLength: 20 },
);

test('it holds what a map with the same changes holds', () => {
  fc.assert(
    fc.property(changes, (rounds) => {
      const map = new Map<string, number>([['0', 1]]);
      let table = tableOf<number>([['0', 1]]);
      for (const round of rounds) {
        const change = new Map(round);
        table = tableWith(table, change);
        for (const [key, value] of change) value === undefined ? map.delete(key) : map.set(key, value);
      }
      assert.deepEqual(new Map(entriesOf(table)), map);
      for (let key = 0; key <= 300; key++) assert.equal(inTable(table, String(key)), map.get(String(key)));
      assert.equal(isEmptyTable(table), map.size === 0);
    }),
  );
});

test('one change of many leaves the many where they are', () => {
  const table = tableOf(Array.from({ length: 10_000 }, (_, at): [string, number] => [String(at), at]));
  const next = tableWith(table, new Map([['7', undefined]]));
  assert.equal(next.base, table.base);
  assert.equal(inTable(table, '7'), 7);
  assert.equal(inTable(next, '7'), undefined);
});

test('the layer does not grow without end', () => {
  let table = emptyTable<number>();
  for (let at = 0; at < 1_000; at++) table = tableWith(table, new Map([[String(at), at]]));
  assert.ok(table.over.size <= 128);
});
