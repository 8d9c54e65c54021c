/*
 * The limits of logging in and of what people have: passwords, wrong passwords, logins, keys.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Passwords } from '../../src/control/admin/passwords.ts';
import { defaultLimits, type LimitName } from '../../src/model/limits.ts';

const PASSWORD = 'kettle orbit walnut ferry';

describe('limits of people', () => {
  it('passwordsWaitingMax: one is hashed, one waits, one more is told to come again', async () => {
    const limits = { ...defaultLimits(), passwordsAtOnceMax: 1, passwordsWaitingMax: 1 };
    const hit: LimitName[] = [];
    const passwords = new Passwords({ limits: () => limits, onLimit: (limit) => hit.push(limit) });
    const two = [passwords.hash(PASSWORD), passwords.hash(PASSWORD)];
    assert.deepEqual(hit, []);
    await assert.rejects(passwords.hash(PASSWORD), { kind: 'limited', retryAfterSeconds: 1 });
    assert.deepEqual(hit, ['passwordsWaitingMax']);
    await Promise.all(two);
  });
});
