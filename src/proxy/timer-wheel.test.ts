import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { type Deadline, TimerWheel } from './timer-wheel.ts';

const TICK_MS = 50;

/** A wheel whose time passes only when the test says so, tick by tick, or in one stall. */
function ownTime(t: TestContext, startMs = 0) {
  t.mock.timers.enable({ apis: ['setInterval'] });
  let nowMs = startMs;
  const wheel = new TimerWheel(() => nowMs);
  const stall = (ms: number) => {
    nowMs += ms;
    t.mock.timers.tick(TICK_MS);
  };
  const pass = (ms: number) => {
    for (let left = ms; left > 0; left -= TICK_MS) stall(Math.min(left, TICK_MS));
  };
  const end = () => {
    wheel.close();
    t.mock.timers.reset();
  };
  return { wheel, stall, pass, end, now: () => nowMs };
}

describe('a deadline', () => {
  test('fires once, within two ticks after it is due and never before', (t) => {
    const { wheel, pass, end, now } = ownTime(t, 123_456);
    const fired: number[] = [];
    wheel.arm(120, () => fired.push(now()));
    pass(100);
    assert.deepEqual(fired, []);
    pass(10_000);
    assert.equal(fired.length, 1);
    assert.ok((fired[0] ?? 0) >= 123_576 && (fired[0] ?? 0) <= 123_676, String(fired));
    end();
  });
  test('further away than the wheel reaches fires in its time', (t) => {
    const { wheel, pass, end, now } = ownTime(t);
    const fired: number[] = [];
    wheel.arm(180_000, () => fired.push(now()));
    pass(300_000);
    assert.deepEqual(fired, [180_050]);
    end();
  });
  test('fires once after a stall longer than the wheel, and those that are not due stay', (t) => {
    const { wheel, stall, pass, end } = ownTime(t);
    const fired: string[] = [];
    wheel.arm(100, () => fired.push('early'));
    wheel.arm(40_000, () => fired.push('late'));
    wheel.arm(200_000, () => fired.push('later'));
    stall(150_000);
    assert.deepEqual(fired.sort(), ['early', 'late']);
    pass(60_000);
    assert.deepEqual(fired.sort(), ['early', 'late', 'later']);
    end();
  });
  test('that was disarmed never fires, and disarming it again is nothing', (t) => {
    const { wheel, pass, end } = ownTime(t);
    const deadline = wheel.arm(100, () => assert.fail('fired'));
    deadline.disarm();
    deadline.disarm();
    pass(60_000);
    end();
  });
  test('that a neighbour disarms in the same tick never fires, whoever came first', (t) => {
    for (const armedFirst of [true, false]) {
      const { wheel, pass, end } = ownTime(t);
      const arm = () => wheel.arm(70_000, () => assert.fail('fired'));
      let far: Deadline | undefined = armedFirst ? arm() : undefined;
      // The far one waits in the last slot of the wheel, where this one is due.
      wheel.arm(1_022 * TICK_MS, () => far?.disarm());
      far ??= arm();
      pass(100_000);
      end();
    }
  });
  test('can be armed again by what it does', (t) => {
    const { wheel, pass, end } = ownTime(t);
    let times = 0;
    const deadline: Deadline = wheel.arm(100, () => {
      times += 1;
      if (times < 5) wheel.move(deadline, wheel.now());
    });
    pass(1_000);
    assert.equal(times, 5);
    end();
  });
});

describe('a sleep', () => {
  test('ends when its time is over', async (t) => {
    const { wheel, pass, end } = ownTime(t);
    const { done } = wheel.sleep(1_000);
    pass(1_100);
    await done;
    end();
  });
  test('ends at once when it is woken', async (t) => {
    const { wheel, end } = ownTime(t);
    const { done, wake } = wheel.sleep(1_000_000);
    wake();
    await done;
    end();
  });
});

test('whatever is armed, moved and disarmed, each fires when it is due, once, at most two ticks late', (t) => {
  const step: fc.Arbitrary<Step> = fc.oneof(
    fc.record({ do: fc.constant('arm' as const), ms: fc.integer({ min: 0, max: 130_000 }) }),
    fc.record({ do: fc.constant('move' as const), which: fc.nat(), ms: fc.integer({ min: 0, max: 130_000 }) }),
    fc.record({ do: fc.constant('disarm' as const), which: fc.nat() }),
    fc.record({ do: fc.constant('pass' as const), ms: fc.constantFrom(0, 20, 50, 1_000, 30_000) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const time = ownTime(t, 7);
      try {
        follow(time, steps);
      } finally {
        time.end();
      }
    }),
    { numRuns: 25 },
  );
});

type Step =
  | { readonly do: 'arm'; readonly ms: number }
  | { readonly do: 'move'; readonly which: number; readonly ms: number }
  | { readonly do: 'disarm'; readonly which: number }
  | { readonly do: 'pass'; readonly ms: number };

function follow({ wheel, pass, now }: ReturnType<typeof ownTime>, steps: readonly Step[]): void {
  const armed: { deadline: Deadline; dueMs: number }[] = [];
  const check = (one: { dueMs: number }) => {
    assert.ok(now() >= one.dueMs && now() <= one.dueMs + 2 * TICK_MS, `due ${one.dueMs}, fired ${now()}`);
    one.dueMs = Number.POSITIVE_INFINITY;
  };
  for (const one of steps) {
    const known = 'which' in one ? armed[one.which % Math.max(1, armed.length)] : undefined;
    if (one.do === 'pass') pass(one.ms);
    else if (one.do === 'arm') {
      const made = { deadline: wheel.arm(one.ms, () => check(made)), dueMs: now() + one.ms };
      armed.push(made);
    } else if (known) {
      known.dueMs = one.do === 'move' ? now() + one.ms : Number.POSITIVE_INFINITY;
      if (one.do === 'move') wheel.move(known.deadline, known.dueMs);
      else known.deadline.disarm();
    }
  }
  pass(130_100);
  assert.ok(armed.every(({ dueMs }) => dueMs === Number.POSITIVE_INFINITY));
}
