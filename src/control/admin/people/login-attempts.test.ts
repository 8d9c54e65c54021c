/*
 * Guessing gets slow; being guessed about does not.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AdminError } from '../../../model/admin-errors.ts';
import { defaultLimits, type LimitName, type Limits } from '../../../model/limits.ts';
import { LoginAttempts } from './login-attempts.ts';

const HOME = '192.0.2.7';

interface Desk {
  readonly attempts: LoginAttempts;
  readonly hits: LimitName[];
  pass(ms: number): void;
}

function desk(limits: Partial<Limits> = {}): Desk {
  let nowMs = 1_000_000;
  const hits: LimitName[] = [];
  const all = { ...defaultLimits(), failedLoginsMax: 3, failedLoginsPerAddressMax: 5, ...limits };
  const onLimit = (limit: LimitName) => hits.push(limit);
  return {
    attempts: new LoginAttempts({ limits: () => all, now: () => nowMs, onLimit }),
    hits,
    pass: (ms) => {
      nowMs += ms;
    },
  };
}

/** Seconds to wait; 0 when it was let in, and failed. */
function guess({ attempts }: Desk, username: string, address: string): number {
  try {
    attempts.enter(username, address).failed();
    return 0;
  } catch (error) {
    assert.ok(error instanceof AdminError && error.kind === 'limited');
    return error.retryAfterSeconds ?? Number.NaN;
  }
}

const login = ({ attempts }: Desk, username: string, address: string) => attempts.enter(username, address).passed();
const times = (count: number, one: (at: number) => number) => Array.from({ length: count }, (_, at) => one(at));

test('failedLoginsMax: after three for one name from anywhere, each next one waits twice as long', () => {
  const one = desk();
  assert.deepEqual(
    times(3, (at) => guess(one, 'ann', `198.51.100.${at}`)),
    [0, 0, 0],
  );
  assert.equal(one.hits.length, 0);
  for (const wait of [1, 2, 4, 8]) {
    assert.equal(guess(one, 'ann', '198.51.100.9'), wait);
    one.pass(wait * 1000);
    assert.equal(guess(one, 'ann', `203.0.113.${wait}`), 0);
  }
  assert.deepEqual(one.hits, Array(4).fill('failedLoginsMax'));
});

test('failedLoginsPerAddressMax: after five from one address, whoever they were about', () => {
  const one = desk();
  assert.deepEqual(
    times(7, (at) => guess(one, `user${at}`, HOME)),
    [0, 0, 0, 0, 0, 1, 1],
  );
  assert.equal(guess(one, 'user0', '198.51.100.1'), 0);
  assert.deepEqual(one.hits, ['failedLoginsPerAddressMax', 'failedLoginsPerAddressMax']);
});

test('an address of version 6 is its /64', () => {
  const one = desk();
  assert.deepEqual(
    times(6, (at) => guess(one, `user${at}`, `2001:db8:1:2::${at}`)),
    [0, 0, 0, 0, 0, 1],
  );
  assert.equal(guess(one, 'userx', '2001:db8:1:3::1'), 0);
});

test('the longest wait ends', () => {
  const one = desk({ failedLoginWaitMaxMs: 4_000 });
  const waits = times(12, () => {
    const wait = guess(one, 'ann', HOME);
    one.pass(wait * 1000);
    return wait;
  });
  assert.deepEqual(waits, [0, 0, 0, 1, 0, 2, 0, 4, 0, 4, 0, 4]);
});

test('two hundred guesses about somebody change nothing for them where they have logged in before', () => {
  const one = desk();
  login(one, 'ann', HOME);
  times(200, (at) => guess(one, 'ann', `198.51.100.${at % 100}`));
  assert.ok(guess(one, 'ann', '198.51.100.1') > 0);
  assert.doesNotThrow(() => login(one, 'ann', HOME));
  assert.equal(guess(one, 'bob', '203.0.113.1'), 0);
});

test('somebody who guesses about others at the same address delays nobody who was there before', () => {
  const one = desk();
  login(one, 'ann', HOME);
  times(200, (at) => guess(one, `user${at}`, HOME));
  assert.doesNotThrow(() => login(one, 'ann', HOME));
  assert.ok(guess(one, 'bob', HOME) > 0);
});

test('at a place that is known there is a count as well', () => {
  const one = desk();
  login(one, 'ann', HOME);
  assert.deepEqual(
    times(5, () => guess(one, 'ann', HOME)),
    [0, 0, 0, 1, 1],
  );
});

test('a right password buys no further guesses', () => {
  const one = desk();
  times(3, () => guess(one, 'ann', HOME));
  one.pass(1_000);
  login(one, 'mal', '198.51.100.1');
  times(4, () => guess(one, 'bob', '198.51.100.1'));
  assert.deepEqual(
    times(2, (at) => guess(one, `cid${at}`, '198.51.100.1')),
    [0, 0],
  );
  assert.equal(guess(one, 'dan', '198.51.100.1'), 1);
});

test('a hundred at once are not a hundred guesses', () => {
  const one = desk();
  const begun = times(100, () => {
    try {
      one.attempts.enter('ann', HOME);
      return 1;
    } catch {
      return 0;
    }
  });
  assert.equal(begun.filter(Boolean).length, 3);
});

test('failures are forgotten when none came for a while', () => {
  const one = desk();
  times(3, () => guess(one, 'ann', HOME));
  one.pass(1_000 + defaultLimits().failedLoginWindowMs);
  assert.deepEqual(
    times(4, () => guess(one, 'ann', HOME)),
    [0, 0, 0, 1],
  );
});

test('failedLoginsKnownMax: two counts are kept, and another one takes the place of the oldest', () => {
  const one = desk({ failedLoginsKnownMax: 2, failedLoginsMax: 1 });
  assert.equal(guess(one, 'ann', HOME), 0);
  assert.equal(one.hits.length, 0);
  assert.equal(guess(one, 'ann', HOME), 1);
  assert.equal(guess(one, 'bob', '198.51.100.1'), 0);
  assert.ok(one.hits.includes('failedLoginsKnownMax'));
  assert.equal(guess(one, 'ann', HOME), 0);
});
