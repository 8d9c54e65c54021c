/*
 * Cursors come back as they were made, for their order alone; anything else is refused and never misread.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { cursorOf, positionOf, type Sort } from './cursor.ts';

const sorts = fc.record({ field: fc.constantFrom('name', 'createdAtMs'), descending: fc.boolean() });
const texts = fc.string({ unit: 'binary', maxLength: 64 });
const positions = fc.record({ value: fc.oneof(texts, fc.maxSafeInteger()), id: texts });
const BY_NAME: Sort = { field: 'name', descending: false };

const refused = { kind: 'parameter_wrong' };

describe('a cursor', () => {
  test('is the place that it was made of', () => {
    fc.assert(
      fc.property(sorts, positions, (sort, position) => {
        assert.deepEqual(positionOf(sort, cursorOf(sort, position)), JSON.parse(JSON.stringify(position)));
      }),
    );
  });

  test('is refused when any of its letters is another one', () => {
    const cursor = cursorOf(BY_NAME, { value: 'files', id: 'srv_1' });
    fc.assert(
      fc.property(fc.nat(cursor.length - 2), fc.constantFrom(...'abcXYZ019-_'), (at, letter) => {
        fc.pre(cursor[at] !== letter);
        const other = cursor.slice(0, at) + letter + cursor.slice(at + 1);
        assert.throws(() => positionOf(BY_NAME, other), refused);
      }),
    );
  });

  for (const [what, cursor] of [
    ['is empty', ''],
    ['is no base64', '%%%'],
    ['was made for another order', cursorOf({ field: 'name', descending: true }, { value: 'a', id: 'b' })],
    ['was made for another field', cursorOf({ field: 'title', descending: false }, { value: 'a', id: 'b' })],
    ['is endless', 'A'.repeat(1_000_000)],
    ['has no text or number to go on from', cursorOf(BY_NAME, { value: { a: 1 } as never, id: 'b' })],
    ['has no id', cursorOf(BY_NAME, { value: 'a', id: null as never })],
    ['has something behind it', `${cursorOf(BY_NAME, { value: 'a', id: 'b' })}AAAA`],
  ] as const) {
    test(`is refused when it ${what}`, () => {
      assert.throws(() => positionOf(BY_NAME, cursor), refused);
    });
  }
});
