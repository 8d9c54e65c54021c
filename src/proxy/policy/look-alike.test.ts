import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { skeletonOf } from './look-alike.ts';

describe('two names look alike', () => {
  const rows: [string, string, string][] = [
    ['in upper and lower case', 'Search', 'search'],
    ['with Cyrillic letters', 'ѕеаrсh', 'search'],
    ['with Greek letters', 'ροst', 'post'],
    ['with capital Cyrillic letters', 'РОЅТ', 'post'],
    ['in full width', 'ｓｅａｒｃｈ', 'search'],
    ['in letters of mathematics', '𝐬𝐞𝐚𝐫𝐜𝐡', 'search'],
    ['with a space of no width', 'se\u200barch', 'search'],
    ['with a mark for the other direction', '\u202esearch', 'search'],
    ['with an accent on a letter', 'séarch', 'search'],
    ['with zero for o and one for l', '1og_t0', 'log_to'],
    ['with a dash for a hyphen', 'a–b', 'a-b'],
    ['composed and decomposed', '\u00fc', 'u\u0308'],
  ];
  for (const [what, one, other] of rows) test(what, () => assert.equal(skeletonOf(one), skeletonOf(other)));
});

test('names that only share letters do not look alike', () => {
  const names = [
    'search',
    'research',
    'search_',
    'read_file',
    'read-file',
    'readfile',
    'write',
    '検索',
    'поиск',
    'بحث',
    '',
  ];
  assert.equal(new Set(names.map(skeletonOf)).size, names.length);
});

test('a skeleton looks like itself, whatever the name', () => {
  const letters = [...'aZ01|еаοιΙİıßﬁｓ\u200b\u0301ůŞ_-'];
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: fc.constantFrom(...letters) }), fc.string()), (name) => {
      assert.equal(skeletonOf(skeletonOf(name)), skeletonOf(name));
    }),
  );
});
