import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { matchesPattern } from './pattern.ts';

test('a pattern matches what the regular expression made of it would match', () => {
  const piece = fc.constantFrom('a', 'b', 'ab', '*', '**', '.', '\\', '[', '(', '\n', 'é', '😀');
  const texts = (max: number) => fc.array(piece, { maxLength: max }).map((pieces) => pieces.join(''));
  fc.assert(
    fc.property(texts(6), texts(12), (pattern, name) => {
      const slow = new RegExp(`^${pattern.split('*').map(escaped).join('.*')}$`, 's');
      assert.equal(matchesPattern(pattern, name), slow.test(name));
    }),
    { numRuns: 2_000 },
  );
});

test('a pattern matches every name that was made from it', () => {
  fc.assert(
    fc.property(fc.array(fc.string(), { minLength: 1 }), fc.array(fc.string()), (parts, fills) => {
      const plain = parts.map((part) => part.replaceAll('*', ''));
      const name = plain.map((part, at) => (at === 0 ? part : (fills[at] ?? '') + part)).join('');
      assert.equal(matchesPattern(plain.join('*'), name), true);
    }),
  );
});

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

describe('a pattern', () => {
  const rows: [string, string, string, boolean][] = [
    ['without a star is the name itself', 'read', 'read', true],
    ['knows upper and lower case', 'read', 'Read', false],
    ['of one star is any name', '*', '', true],
    ['does not use one character twice', 'ab*ba', 'aba', false],
    ['finds its middle wherever it fits', '*_file_*', 'read_file_file_x', true],
    ['needs its middle before its end', 'a*b*b', 'ab', false],
    ['is no regular expression', 're.d', 'read', false],
    ['that is empty is the empty name alone', '', 'a', false],
  ];
  for (const [what, pattern, name, matches] of rows)
    test(what, () => assert.equal(matchesPattern(pattern, name), matches));

  test('that would take a regular expression ages is matched at once', () => {
    assert.equal(matchesPattern(`${'a*'.repeat(2_000)}b`, 'a'.repeat(100_000)), false);
  });
});
