import assert from 'node:assert/strict';
import { test } from 'node:test';
import { editDistance, nearestWord } from './suggest.ts';

const rows: { name: string; typed: string; want: string | undefined }[] = [
  { name: 'a missing letter is found', typed: 'comand', want: 'command' },
  { name: 'two swapped letters count as one slip', typed: 'ulr', want: 'url' },
  { name: 'case does not matter', typed: 'CWD', want: 'cwd' },
  { name: 'a word that is merely short is not suggested', typed: 'xyz', want: undefined },
  { name: 'a word of another meaning is not suggested', typed: 'autoApprove', want: undefined },
  { name: 'something very long is not compared at all', typed: 'c'.repeat(65), want: undefined },
];

for (const { name, typed, want } of rows) {
  test(name, () => assert.equal(nearestWord(typed, ['command', 'args', 'url', 'cwd', 'headers']), want));
}

test('the distance is that of insertions, deletions, replacements and neighbour swaps', () => {
  assert.equal(editDistance('', 'abc'), 3);
  assert.equal(editDistance('abc', 'abc'), 0);
  assert.equal(editDistance('kitten', 'sitting'), 3);
  assert.equal(editDistance('ab', 'ba'), 1);
});
