import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Deadline } from '../timer-wheel.ts';
import { Abandoned, REMEMBERED_MS, TURN_KEPT_MS } from './abandoned.ts';

/** A clock that is moved by hand. */
function made() {
  let nowMs = 0;
  const armed = new Set<Deadline>();
  const wheel = {
    now: () => nowMs,
    arm: (afterMs: number, fire: () => void) => {
      const deadline = new Deadline(nowMs + afterMs, fire);
      armed.add(deadline);
      return deadline;
    },
    move: (deadline: Deadline, dueMs: number) => {
      deadline.dueMs = dueMs;
      armed.add(deadline);
    },
  };
  const until = (ms: number) => {
    nowMs = ms;
    for (const deadline of armed) {
      if (deadline.dueMs > ms) continue;
      armed.delete(deadline);
      deadline.fire();
    }
  };
  return { abandoned: new Abandoned(wheel), until };
}

describe('while a call that was given up is not answered', () => {
  test('only its own client can be meant by a question', () => {
    const { abandoned } = made();
    assert.equal(abandoned.canOnlyBe('b'), true);
    abandoned.add(1, 'a');
    assert.deepEqual([abandoned.canOnlyBe('a'), abandoned.canOnlyBe('b')], [true, false]);
    abandoned.add(2, 'b');
    assert.deepEqual([abandoned.canOnlyBe('a'), abandoned.canOnlyBe('b')], [false, false]);
    abandoned.over(1);
    assert.deepEqual([abandoned.canOnlyBe('a'), abandoned.canOnlyBe('b')], [false, true]);
  });
  test('one of a client without a session leaves everyone in doubt, for such clients cannot be told apart', () => {
    const { abandoned } = made();
    assert.equal(abandoned.canOnlyBe(''), true);
    abandoned.add(1, '');
    assert.deepEqual([abandoned.canOnlyBe(''), abandoned.canOnlyBe('a')], [false, false]);
    abandoned.over(1);
    abandoned.add(2, 'a');
    assert.deepEqual([abandoned.canOnlyBe(''), abandoned.canOnlyBe('a')], [false, true]);
  });
  test('its turn goes on until the late answer, or for a while', () => {
    for (const end of ['answer', 'time', 'close']) {
      const { abandoned, until } = made();
      const passed: string[] = [];
      abandoned.passTurn(() => passed.push('before'));
      abandoned.add(1, 'a');
      abandoned.passTurn(() => passed.push('after'));
      assert.deepEqual(passed, ['before']);
      if (end === 'answer') abandoned.over(1);
      else if (end === 'time') until(TURN_KEPT_MS);
      else abandoned.clear();
      assert.deepEqual(passed, ['before', 'after'], end);
      assert.equal(abandoned.canOnlyBe('b'), end !== 'time');
    }
  });
  test('it is remembered longer than its turn, and not for ever', () => {
    const { abandoned, until } = made();
    abandoned.add(1, 'a');
    until(TURN_KEPT_MS);
    assert.equal(abandoned.canOnlyBe('b'), false);
    until(REMEMBERED_MS);
    assert.equal(abandoned.canOnlyBe('b'), true);
  });
});

test('of very many calls given up none is told apart, for as long as the last is remembered', () => {
  const { abandoned, until } = made();
  for (let id = 1; id <= 1_001; id++) abandoned.add(id, 'a');
  for (let id = 1; id <= 1_000; id++) abandoned.over(id);
  assert.equal(abandoned.canOnlyBe('a'), false);
  until(REMEMBERED_MS);
  assert.equal(abandoned.canOnlyBe('a'), true);
});
