/*
 * The life of a server on a clock that stands still until it is moved, with tries that end as they are told.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { limitsWith } from '../../../test/rig/made.ts';
import { Cancellation } from '../../model/cancellation.ts';
import type { Limits } from '../../model/limits.ts';
import { Life } from './life.ts';

const LONG_MS = 3_600_000;

interface Sleeper {
  readonly dueMs: number;
  readonly wake: () => void;
}

/** Lets everything run that waits for no clock. */
const settle = () => new Promise(setImmediate);

function world({ limits = {}, process = true }: { limits?: Partial<Limits>; process?: boolean } = {}) {
  const said: string[] = [];
  const sleepers = new Set<Sleeper>();
  let nowMs = 0;
  let tries = 0;
  let crashes = 0;
  let current = Promise.withResolvers<string | undefined>();
  const life = new Life({
    limits: limitsWith({ restartsMax: 2, restartWindowMs: 60_000, crashedRetryMs: 300_000, ...limits }),
    process,
    wheel: {
      now: () => nowMs,
      sleep: (ms) => {
        const { promise, resolve } = Promise.withResolvers<void>();
        sleepers.add({ dueMs: nowMs + ms, wake: resolve });
        return { done: promise, wake: resolve };
      },
    },
    reach: () => {
      tries += 1;
      current = Promise.withResolvers();
      return current.promise;
    },
    leave: async () => current.resolve('left'),
    retire: () => current.resolve('left'),
    put: (state, reason) => said.push(reason === '' ? state : `${state}: ${reason}`),
    restingAs: () => ['idle', 'rests'],
    onCrash: () => {
      crashes += 1;
    },
  });
  const pass = async (ms: number) => {
    nowMs += ms;
    for (const { dueMs, wake } of sleepers) if (dueMs <= nowMs) wake();
    await settle();
  };
  /** The try under way ends; with why it failed, or well. */
  const ends = async (failure?: string) => {
    current.resolve(failure);
    await settle();
  };
  life.start();
  return { life, said, pass, ends, tries: () => tries, crashes: () => crashes };
}

/** Whether a promise has settled once everything ran that waits for no clock. */
async function isDone(promise: Promise<unknown>): Promise<boolean> {
  let done = false;
  promise.finally(() => {
    done = true;
  });
  await settle();
  return done;
}

describe('the life of a server', () => {
  it('that fails is tried again, and is down meanwhile', async () => {
    const { said, pass, ends, tries } = world();
    await ends('gone');
    assert.deepEqual([said, tries()], [['down: gone'], 1]);
    await pass(500);
    await ends();
    assert.deepEqual([said, tries()], [['down: gone', 'ready'], 2]);
  });

  it('that comes and goes is asked ever more rarely, until it has stayed for a while', async () => {
    const { life, pass, ends, tries } = world({ process: false });
    await ends();
    for (const waitMs of [500, 1_000, 2_000]) {
      const known = tries();
      life.lost('gone again');
      await settle();
      await pass(waitMs / 2 - 1);
      assert.equal(tries(), known, 'too early');
      await pass(waitMs / 2 + 1);
      assert.equal(tries(), known + 1, `not after ${waitMs} ms`);
      await ends();
    }
    await pass(60_000);
    life.lost('gone once');
    await settle();
    await pass(500);
    assert.equal(tries(), 5);
  });

  it('in whose place is another one is met anew at once, and whoever noticed hears when it was', async () => {
    const { life, said, ends, tries } = world({ process: false });
    await ends();
    const met = life.changed('another one');
    await settle();
    assert.deepEqual([tries(), await isDone(met)], [2, false]);
    await ends();
    assert.deepEqual([said, await isDone(met)], [['ready', 'starting: another one', 'ready'], true]);
  });

  it('is waited for through failed tries, as long as somebody makes them', async () => {
    const { life, pass, ends } = world({ process: false });
    await ends('gone');
    const cancellation = new Cancellation();
    const back = life.back(cancellation);
    await pass(500);
    await ends('still gone');
    assert.equal(await isDone(back), false);
    await pass(1_000);
    await ends();
    assert.equal(await isDone(back), true);
    life.stop();
    await assert.rejects(life.back(cancellation));
  });

  it('waits longer each time and no longer than its bound', async () => {
    const { pass, ends, tries } = world({ process: false, limits: { reconnectMaxMs: 2_000 } });
    for (const [n, waitMs] of [500, 1_000, 2_000, 2_000].entries()) {
      await ends('gone');
      await pass(waitMs / 2 - 1);
      assert.equal(tries(), n + 1, `too early after ${n + 1} tries`);
      await pass(waitMs / 2 + 1);
      assert.equal(tries(), n + 2, `too late after ${n + 1} tries`);
    }
  });

  it('that ends too often is crashed, and tried once in a long while, by nobody’s call', async () => {
    const { life, said, pass, ends, tries, crashes } = world();
    for (const why of ['one', 'two', 'three']) {
      await ends();
      life.lost(why);
      await settle();
      if (why !== 'three') await pass(500);
    }
    const crashed = 'crashed: ended more than 2 times within 60 s; the last time: three';
    assert.deepEqual(said, ['ready', 'down: one', 'ready', 'down: two', 'ready', crashed]);
    assert.equal(await isDone(life.tried(new Cancellation())), true);
    await pass(299_999);
    assert.deepEqual([tries(), crashes()], [3, 1]);
    await pass(1);
    await ends('four');
    assert.deepEqual([said.at(-1), tries(), crashes()], ['crashed: four', 4, 1]);
    await pass(300_000);
    await ends();
    assert.equal(said.at(-1), 'ready');
    life.lost('five');
    await settle();
    assert.equal(said.at(-1), 'down: five', 'what was is over');
  });

  it('may end now and then without being crashed', async () => {
    const { life, said, pass, ends } = world();
    for (let n = 0; n < 10; n++) {
      await ends();
      life.lost('again');
      await settle();
      await pass(30_000);
    }
    assert.deepEqual(new Set(said), new Set(['ready', 'down: again']));
  });

  it('of an address and not a process is never crashed', async () => {
    const { said, pass, ends } = world({ process: false });
    for (let n = 0; n < 10; n++) {
      await ends('gone');
      await pass(LONG_MS);
    }
    assert.deepEqual(new Set(said), new Set(['down: gone']));
  });
});

describe('a caller of a server', () => {
  it('that is being tried waits for that try, and for no second one', async () => {
    const { life, ends, tries } = world();
    const waits = [life.tried(new Cancellation()), life.tried(new Cancellation())];
    assert.equal(await isDone(waits[0] as Promise<void>), false);
    await ends();
    await Promise.all(waits);
    assert.equal(tries(), 1);
  });

  it('that is down causes a try, but not right after one', async () => {
    const { life, pass, ends, tries } = world({ process: false, limits: { reconnectMaxMs: LONG_MS } });
    for (let n = 0; n < 3; n++) {
      await ends('gone');
      await pass(4_000);
    }
    await ends('gone');
    assert.equal(await isDone(life.tried(new Cancellation())), true);
    assert.equal(tries(), 4);
    await pass(1_001);
    const waits = [life.tried(new Cancellation()), life.tried(new Cancellation())];
    assert.equal(await isDone(waits[0] as Promise<void>), false);
    await ends();
    await Promise.all(waits);
    assert.equal(tries(), 5);
  });

  it('that rests wakes it, once for all who come', async () => {
    const { life, said, ends, pass, tries } = world();
    await ends();
    life.rest();
    await pass(LONG_MS);
    assert.deepEqual([said, life.phase, tries()], [['ready', 'idle: rests'], 'resting', 1]);
    const waits = [life.tried(new Cancellation()), life.tried(new Cancellation())];
    await settle();
    await ends();
    await Promise.all(waits);
    assert.deepEqual([said.at(-1), tries()], ['ready', 2]);
  });
});

describe('an operator restarts a server', () => {
  it('that is ready: it is left and tried anew, and that try is waited for', async () => {
    const { life, said, ends, tries } = world();
    await ends();
    const restarted = life.restart();
    assert.equal(await isDone(restarted), false);
    await ends();
    await restarted;
    assert.deepEqual([said, tries()], [['ready', 'starting: restarted by the operator', 'ready'], 2]);
  });

  it('that crashed: it is tried at once, with a clean record', async () => {
    const { life, said, ends, pass } = world();
    for (let n = 0; n < 3; n++) {
      await ends('gone');
      await pass(1_000);
    }
    assert.equal(life.phase, 'crashed');
    const restarted = life.restart();
    await settle();
    await ends('gone still');
    await restarted;
    assert.deepEqual(said.slice(-2), ['starting: restarted by the operator', 'down: gone still']);
  });

  it('that is being tried: that try is broken off, counts for nothing, and another one made', async () => {
    const { life, said, ends, tries } = world({ limits: { restartsMax: 0 } });
    const restarted = life.restart();
    await settle();
    assert.equal(tries(), 2);
    await ends();
    await restarted;
    assert.deepEqual(said, ['starting: restarted by the operator', 'ready']);
  });

  it('that rests or is down: it is tried at once', async () => {
    for (const how of ['rests', 'down']) {
      const { life, ends, tries } = world();
      await ends(how === 'down' ? 'gone' : undefined);
      life.rest();
      await settle();
      const restarted = life.restart();
      await settle();
      await ends();
      await restarted;
      assert.deepEqual([life.phase, tries()], ['up', 2], how);
    }
  });

  it('that was stopped: nothing happens, and nobody who waits is forgotten', async () => {
    const { life, said, tries } = world();
    const waits = life.tried(new Cancellation());
    life.stop();
    await waits;
    await life.restart();
    assert.deepEqual([said, tries()], [['stopped: the gateway is stopping'], 1]);
  });
});
