import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { CacheHint } from '../../model/catalogue.ts';
import { Freshness, UNKNOWN_HINT } from './freshness.ts';

function read(hint: CacheHint | undefined) {
  const clock = { nowMs: 1_000 };
  const freshness = new Freshness(() => clock.nowMs);
  freshness.read('tools', freshness.asked('tools'), hint);
  return { clock, freshness };
}

describe('a list', () => {
  test('is fresh for as long as its server says, then stale for so long, then over', () => {
    const { clock, freshness } = read({ ttlMs: 500, scope: 'public' });
    const rows: [number, string, number][] = [
      [1_000, 'fresh', 500],
      [1_499.5, 'fresh', 0],
      [1_500, 'stale', 0],
      [1_600, 'stale', 0],
      [1_601, 'over', 0],
    ];
    for (const [nowMs, verdict, ttlMs] of rows) {
      clock.nowMs = nowMs;
      assert.equal(freshness.judge('tools', 100), verdict, String(nowMs));
      assert.deepEqual(freshness.hintOf('tools'), { ttlMs, scope: 'public' });
    }
  });

  test('of a server that says no time is stale at once', () => {
    const { freshness } = read({ ttlMs: 0, scope: 'private' });
    assert.equal(freshness.judge('tools', 100), 'stale');
  });

  test('of a server whose revision has no such thing is good until it says otherwise, and for nobody else', () => {
    const { clock, freshness } = read(undefined);
    clock.nowMs = 1e9;
    assert.equal(freshness.judge('tools', 0), 'fresh');
    assert.deepEqual(freshness.hintOf('tools'), UNKNOWN_HINT);
    freshness.noticed('tools');
    assert.equal(freshness.judge('tools', 0), 'over');
  });

  test('is as old as the question, not as the answer', () => {
    const { clock, freshness } = read(undefined);
    const asking = freshness.asked('tools');
    clock.nowMs += 400;
    freshness.read('tools', asking, { ttlMs: 1_000, scope: 'public' });
    assert.equal(freshness.hintOf('tools').ttlMs, 600);
  });

  test('is over with a notice, until one that was asked for after it is there', () => {
    const { freshness } = read({ ttlMs: 500, scope: 'public' });
    const before = freshness.asked('tools');
    freshness.noticed('tools');
    assert.deepEqual([freshness.judge('tools', 1e9), freshness.hintOf('tools').ttlMs], ['over', 0]);
    freshness.read('tools', before, { ttlMs: 500, scope: 'public' });
    assert.equal(freshness.judge('tools', 1e9), 'over');
    freshness.read('tools', freshness.asked('tools'), { ttlMs: 500, scope: 'public' });
    assert.deepEqual([freshness.judge('tools', 0), freshness.hintOf('tools').ttlMs], ['fresh', 500]);
  });

  test('that was never read is judged by nobody', () => {
    const { freshness } = read(undefined);
    assert.deepEqual([freshness.judge('prompts', 0), freshness.hintOf('prompts')], ['fresh', UNKNOWN_HINT]);
    assert.equal(freshness.sinceAskedMs('prompts'), Number.POSITIVE_INFINITY);
  });
});
