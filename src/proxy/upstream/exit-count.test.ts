import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ExitCount } from './exit-count.ts';

const LIMITS = { restartsMax: 2, restartWindowMs: 1_000 };

function counted(...atMs: number[]): ExitCount {
  const exits = new ExitCount(LIMITS);
  for (const ms of atMs) exits.add(ms);
  return exits;
}

describe('the exits of a process', () => {
  it('are too many when there is one more than may be followed by a restart', () => {
    assert.equal(counted(0, 10).tooMany(20), false);
    assert.equal(counted(0, 10, 20).tooMany(20), true);
  });

  it('are forgotten when their window is over', () => {
    assert.equal(counted(0, 10, 20).tooMany(999), true);
    assert.equal(counted(0, 10, 20).tooMany(1_000), false);
    assert.equal(counted(0, 10, 20).recent(1_019), 1);
  });

  it('are kept no longer than they matter, however many there are', () => {
    const exits = counted(...Array.from({ length: 1_000 }, (_, n) => n));
    assert.equal(exits.recent(1_000), 3);
  });

  it('start anew when cleared', () => {
    const exits = counted(0, 1, 2);
    exits.clear();
    assert.equal(exits.tooMany(3), false);
  });
});
