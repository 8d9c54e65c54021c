import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { limitsWith } from '../../../test/rig/made.ts';
import { GatewayError } from '../../model/errors.ts';
import { Attempts, networkOf } from './attempts.ts';

function made(max = 3, addressesMax = 100) {
  const now = { ms: 0, full: 0 };
  const limits = limitsWith({
    ...{ failedAuthenticationsMax: max, failedAddressesMax: addressesMax },
    ...{ failedAuthenticationWindowMs: 60_000, failedAuthenticationWaitMaxMs: 10_000 },
  });
  const onFull = () => {
    now.full += 1;
  };
  return { attempts: new Attempts({ limits: () => limits, clock: () => now.ms, onFull }), now };
}

/** For how many seconds the address has to wait; 0 when it may try. */
function waits(attempts: Attempts, address = '10.0.0.1'): number {
  try {
    attempts.enter(address);
    return 0;
  } catch (thrown) {
    assert.ok(thrown instanceof GatewayError && thrown.code === 'too_many_failures');
    return thrown.retryAfterSeconds ?? 0;
  }
}

function fail(attempts: Attempts, times: number, address = '10.0.0.1'): void {
  for (let at = 0; at < times; at++) attempts.failed(address);
}

describe('an address', () => {
  test('may fail as often as allowed, and then waits', () => {
    const { attempts } = made();
    fail(attempts, 2);
    assert.equal(waits(attempts), 0);
    fail(attempts, 1);
    assert.equal(waits(attempts), 1);
  });

  test('waits longer after each failure, up to the longest wait', () => {
    const { attempts, now } = made();
    fail(attempts, 3);
    const seen: number[] = [];
    for (let round = 0; round < 6; round++) {
      const seconds = waits(attempts);
      seen.push(seconds);
      now.ms += seconds * 1_000;
      assert.equal(waits(attempts), 0);
      fail(attempts, 1);
    }
    assert.deepEqual(seen, [1, 2, 4, 8, 10, 10]);
  });

  test('has one turn after its wait, not as many as it can send at once', () => {
    const { attempts, now } = made();
    fail(attempts, 3);
    now.ms += 1_000;
    assert.deepEqual([waits(attempts), waits(attempts)], [0, 1]);
  });

  test('gives its turn back when it was none of those who guess, and is not forgotten for that', () => {
    const { attempts, now } = made();
    fail(attempts, 3);
    now.ms += 1_000;
    for (let good = 0; good < 3; good++) {
      assert.equal(waits(attempts), 0);
      attempts.passed('10.0.0.1');
    }
    fail(attempts, 1);
    assert.equal(waits(attempts), 2);
  });

  test('does not wait longer because it asks while it waits', () => {
    const { attempts, now } = made();
    fail(attempts, 3);
    for (let asked = 0; asked < 100; asked++) waits(attempts);
    now.ms += 1_000;
    assert.equal(waits(attempts), 0);
  });

  test('is forgotten when its window is over without a wait', () => {
    const { attempts, now } = made();
    fail(attempts, 2);
    now.ms += 60_000;
    fail(attempts, 2);
    assert.equal(waits(attempts), 0);
  });

  test('is forgotten a window after its last wait', () => {
    const { attempts, now } = made();
    fail(attempts, 3);
    now.ms += 1_000 + 59_999;
    fail(attempts, 1);
    assert.equal(waits(attempts), 2);
    now.ms += 2_000 + 60_000;
    fail(attempts, 2);
    assert.equal(waits(attempts), 0);
  });

  test('says once that it waits from now on', () => {
    const { attempts } = made();
    assert.deepEqual(
      [1, 2, 3, 4].map(() => attempts.failed('10.0.0.1')),
      [false, false, true, false],
    );
  });

  test('does not wait for what others did', () => {
    const { attempts } = made();
    fail(attempts, 9, '10.0.0.2');
    assert.equal(waits(attempts), 0);
  });

  test('is forgotten when there are too many others, the one that failed least lately first', () => {
    const { attempts, now } = made(1, 2);
    for (const address of ['10.0.0.1', '10.0.0.2', '10.0.0.1', '10.0.0.3']) fail(attempts, 1, address);
    assert.deepEqual(
      ['10.0.0.1', '10.0.0.2', '10.0.0.3'].map((address) => waits(attempts, address)),
      [2, 0, 1],
    );
    assert.equal(now.full, 1);
  });
});

test('addresses are counted together when they most likely are one customer’s', () => {
  const rows = [
    ['10.0.0.1', '10.0.0.1'],
    ['::ffff:10.0.0.1', '10.0.0.1'],
    ['2001:db8:1:2::1', '2001:db8:1:2::/64'],
    ['2001:DB8:1:2:ffff:ffff:ffff:ffff', '2001:db8:1:2::/64'],
    ['2001:db8:1:3::1', '2001:db8:1:3::/64'],
    ['2001:0db8:0001:0002:0:0:0:9', '2001:db8:1:2::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['', ''],
    ['no address', 'no address'],
  ] as const;
  for (const [address, network] of rows) assert.equal(networkOf(address), network, address);
});
