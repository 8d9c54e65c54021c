import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { LinearPattern, PATTERN_SIZE_MAX, PATTERN_WORK_MAX } from './linear-pattern.ts';

/** The least of several, so that a machine that is busy elsewhere does not count. */
function cpuOf(run: () => void): number {
  const costs = Array.from({ length: 7 }, () => {
    const before = process.cpuUsage();
    run();
    const { user, system } = process.cpuUsage(before);
    return user + system;
  });
  return Math.min(...costs);
}

describe('patterns that are traps for engines that go back', () => {
  const traps: readonly [string, (length: number) => string][] = [
    ['(a+)+$', (length) => `${'a'.repeat(length - 1)}b`],
    ['(x+x+)+y', (length) => 'x'.repeat(length)],
    ['(a|a)*c', (length) => 'a'.repeat(length)],
    ['^(([a-z])+.)+[A-Z]$', (length) => 'a'.repeat(length)],
  ];
  for (const [text, made] of traps) {
    test(`${text} takes twice as long for twice the text, not more`, () => {
      const pattern = new LinearPattern(text);
      const [half, whole] = [made(10_000), made(20_000)];
      pattern.test(whole);
      const [one, two] = [cpuOf(() => pattern.test(half)), cpuOf(() => pattern.test(whole))];
      assert.ok(two <= 5 * one + 2_000, `${one} µs and ${two} µs`);
    });
  }

  test('a pattern as large as may be is taken, a larger one not', () => {
    const size = (count: number) => new LinearPattern(`[a-c]{${count}}`).size;
    const most = PATTERN_SIZE_MAX - (size(100) - 100);
    assert.equal(size(most), PATTERN_SIZE_MAX);
    assert.throws(() => size(most + 1), RangeError);
  });

  test('a text as long as may be is read, a longer one not', () => {
    const pattern = new LinearPattern('^[a-c]{50}$');
    const length = Math.floor(PATTERN_WORK_MAX / pattern.size);
    assert.equal(pattern.test('a'.repeat(length)), false);
    assert.throws(() => pattern.test('a'.repeat(length + 1)), RangeError);
  });
});

test('a pattern answers as before after texts that made it remember much', () => {
  const pattern = new LinearPattern('[ab]*a[ab]{12}$');
  const texts = Array.from({ length: 300 }, (_, at) =>
    at.toString(2).padStart(40, '0').replaceAll('0', 'b').replaceAll('1', 'a'),
  );
  for (const text of texts) assert.equal(pattern.test(text), text.at(-13) === 'a', text);
});
