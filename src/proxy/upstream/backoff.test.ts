import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Backoff } from './backoff.ts';

describe('the wait before the next try', () => {
  it('doubles up to its bound, and begins anew after a success', () => {
    const backoff = new Backoff(500, () => 1);
    assert.deepEqual(
      Array.from({ length: 5 }, () => backoff.next(3_000)),
      [500, 1_000, 2_000, 3_000, 3_000],
    );
    backoff.reset();
    assert.equal(backoff.next(3_000), 500);
  });

  it('is between half and the whole, as chance has it', () => {
    for (const [chance, waitMs] of [
      [0, 250],
      [0.5, 375],
      [1, 500],
    ] as const) {
      assert.equal(new Backoff(500, () => chance).next(30_000), waitMs);
    }
  });
});
