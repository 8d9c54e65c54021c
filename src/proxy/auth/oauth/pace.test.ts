import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { Pace } from './pace.ts';

/** At which of these moments an attempt is made. */
function taken(moments: readonly number[], why: 'missing' | 'due', fails: boolean): readonly number[] {
  let nowMs = 0;
  const pace = new Pace(() => nowMs);
  return moments.filter((ms) => {
    nowMs = ms;
    const may = pace.take(why);
    if (may && fails) pace.failed();
    return may;
  });
}

describe('an issuer is asked', () => {
  const seconds = Array.from({ length: 121 }, (_, at) => at * 1000);
  test('once in 30 s for keys that nobody knows', () =>
    assert.deepEqual(taken(seconds, 'missing', false), [0, 30_000, 60_000, 90_000, 120_000]));
  test('less and less often while it fails', () =>
    assert.deepEqual(taken(seconds, 'due', true), [0, 5_000, 15_000, 35_000, 65_000, 95_000]));
});

test('never more than twice in ten seconds, whatever happens', () => {
  const step = fc.record({
    waitMs: fc.nat(6_000),
    why: fc.constantFrom('missing', 'due'),
    ends: fc.constantFrom('failed', 'succeeded'),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      let nowMs = 0;
      const pace = new Pace(() => nowMs);
      const begun: number[] = [];
      for (const { waitMs, why, ends } of steps) {
        nowMs += waitMs;
        if (!pace.take(why as 'missing')) continue;
        begun.push(nowMs);
        pace[ends as 'failed']();
        assert.ok(begun.filter((ms) => nowMs - ms < 10_000).length <= 2);
      }
    }),
  );
});
