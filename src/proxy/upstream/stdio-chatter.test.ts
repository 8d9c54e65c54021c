import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Chatter } from './stdio-chatter.ts';

const chunk = (ends: boolean): Buffer => Buffer.from('x'.repeat(64 * 1024 - 1) + (ends ? '\n' : 'x'));

function rests(chatter: Chatter, chunks: number, ends = true): number {
  let count = 0;
  for (let n = 0; n < chunks; n++) {
    chatter.heard(chunk(ends));
    if (chatter.isTooMuch()) count += 1;
  }
  return count;
}

test('a little talk is free, then each chunk costs a rest', () => {
  const chatter = new Chatter();
  assert.equal(rests(chatter, 4), 0);
  assert.equal(rests(chatter, 10), 10);
});

test('an answer that takes many chunks is no talk', () => {
  const chatter = new Chatter();
  assert.equal(rests(chatter, 100, false), 0);
  chatter.heard(chunk(true));
  chatter.answered(101 * 64 * 1024);
  assert.equal(chatter.isTooMuch(), false);
  assert.equal(rests(chatter, 4), 0);
});

test('answers earn a little talk each', () => {
  const chatter = new Chatter();
  for (let n = 0; n < 1_000; n++) {
    chatter.heard(Buffer.from('a notice of sixty bytes or so, then its answer\n'.repeat(60)));
    chatter.answered(100);
    assert.equal(chatter.isTooMuch(), false);
  }
});
