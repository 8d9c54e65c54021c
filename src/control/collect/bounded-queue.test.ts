import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import fc from 'fast-check';
import { AdminError } from '../../model/admin-errors.ts';
import { BoundedQueue } from './bounded-queue.ts';

/** A store that takes, is away, or refuses for good, as it is told. */
function queueOver(answers: ('takes' | 'is away' | 'refuses')[], max = 100, batchMax = 4) {
  const seen = { written: [] as number[], told: 0, full: 0, failures: 0, batches: [] as number[] };
  const queue = new BoundedQueue<number>({
    ...{ max: () => max, batchMax },
    write: async (batch, lost) => {
      const answer = answers.shift() ?? 'takes';
      if (answer === 'is away') throw new AdminError('unavailable');
      if (answer === 'refuses') throw new Error('constraint');
      seen.written.push(...batch);
      seen.batches.push(batch.length);
      seen.told += lost;
    },
    onFull: () => seen.full++,
    onFailure: () => seen.failures++,
  });
  return { queue, seen };
}

describe('a bounded queue', () => {
  test('writes in order, in batches, and nothing before it has to be waited for', async () => {
    const { queue, seen } = queueOver([]);
    for (let n = 0; n < 10; n++) queue.put(n);
    assert.deepEqual(seen.written, []);
    assert.equal(await queue.close(1_000), 0);
    assert.deepEqual(seen.written, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    assert.deepEqual(seen.batches, [4, 4, 2]);
  });

  test('tries again what the store could not take, and puts nothing before it', async () => {
    const { queue, seen } = queueOver(['is away', 'is away']);
    for (let n = 0; n < 6; n++) queue.put(n);
    while (seen.written.length < 6) await setTimeout(20);
    assert.deepEqual(seen.written, [0, 1, 2, 3, 4, 5]);
    assert.equal(queue.lost, 0);
  });

  test('gives up a batch that is refused for good, says so, and goes on', async () => {
    const { queue, seen } = queueOver(['refuses']);
    for (let n = 0; n < 6; n++) queue.put(n);
    await queue.close(1_000);
    assert.deepEqual([seen.written, queue.lost, seen.told, seen.failures], [[4, 5], 4, 4, 1]);
  });

  test('ends when the store stays away, and says how much was left', async () => {
    const { queue } = queueOver(Array.from({ length: 1_000 }, () => 'is away' as const));
    for (let n = 0; n < 6; n++) queue.put(n);
    assert.equal(await queue.close(1_000), 6);
    assert.deepEqual([queue.lost, queue.size], [6, 0]);
  });

  test('ends when the store does not answer', async () => {
    const queue = new BoundedQueue<number>({
      ...{ max: () => 10, batchMax: 1, onFull: () => {}, onFailure: () => {} },
      write: () => new Promise(() => {}),
    });
    queue.put(1);
    queue.put(2);
    assert.equal(await queue.close(1), 1);
  });

  test('whatever happens: what is not written is counted, what is written is in order, and never more are kept than may be', async () => {
    const answers = fc.array(fc.constantFrom('takes', 'refuses'), { maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(
        answers,
        fc.array(fc.nat(9), { maxLength: 12 }),
        fc.integer({ min: 1, max: 9 }),
        async (given, bursts, max) => {
          const { queue, seen } = queueOver([...given] as 'takes'[], max, 3);
          let count = 0;
          for (const burst of bursts) {
            for (let n = 0; n < burst; n++) queue.put(count++);
            assert.ok(queue.size <= max);
            await new Promise(setImmediate);
          }
          await queue.close(1_000);
          assert.equal(seen.written.length + queue.lost, count);
          assert.deepEqual(
            seen.written,
            [...seen.written].sort((a, b) => a - b),
          );
          assert.ok(seen.told <= queue.lost);
        },
      ),
    );
  });
});
