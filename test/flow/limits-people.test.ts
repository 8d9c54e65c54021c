/*
 * The limits of logging in and of what people have: passwords, wrong passwords, logins, keys. What is just within passes.
 */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { LoginAttempts } from '../../src/control/admin/people/login-attempts.ts';
import { Passwords } from '../../src/control/admin/people/passwords.ts';
import { defaultLimits, type LimitName } from '../../src/model/limits.ts';
import { openTestDesk, type TestDesk } from '../rig/desk.ts';
import { seederIn } from '../rig/desk-people.ts';

const PASSWORD = 'kettle orbit walnut ferry';

async function deskWith(t: TestContext, limits: Partial<Record<LimitName, number>>): Promise<TestDesk> {
  const desk = await openTestDesk({ file: JSON.stringify({ servers: {}, limits }) });
  t.after(() => desk.close());
  return desk;
}

function attemptsWith(limits: Partial<Record<LimitName, number>>) {
  const hit: LimitName[] = [];
  const all = { ...defaultLimits(), ...limits };
  const attempts = new LoginAttempts({ limits: () => all, now: () => 1, onLimit: (limit) => hit.push(limit) });
  return { hit, guess: (username: string, address: string) => attempts.enter(username, address).failed() };
}

describe('limits of people', () => {
  it('passwordsWaitingMax: one is hashed, one waits, one more is told to come again', async () => {
    const limits = { ...defaultLimits(), passwordsAtOnceMax: 1, passwordsWaitingMax: 1 };
    const hit: LimitName[] = [];
    const passwords = new Passwords({ limits: () => limits, onLimit: (limit) => hit.push(limit) });
    const two = [passwords.hash(PASSWORD), passwords.hash(PASSWORD)];
    assert.equal(hit.length, 0);
    await assert.rejects(passwords.hash(PASSWORD), { kind: 'limited', retryAfterSeconds: 1 });
    assert.deepEqual(hit, ['passwordsWaitingMax']);
    await Promise.all(two);
  });

  it('failedLoginsMax: two may fail for one name, from wherever; the third waits', () => {
    const { hit, guess } = attemptsWith({ failedLoginsMax: 2 });
    guess('ann', '192.0.2.1');
    guess('ann', '192.0.2.2');
    assert.equal(hit.length, 0);
    assert.throws(() => guess('ann', '192.0.2.3'), { kind: 'limited', retryAfterSeconds: 1 });
    assert.deepEqual(hit, ['failedLoginsMax']);
  });

  it('failedLoginsPerAddressMax: two may fail from one address, about whomever; the third waits', () => {
    const { hit, guess } = attemptsWith({ failedLoginsPerAddressMax: 2 });
    guess('ann', '192.0.2.1');
    guess('bob', '192.0.2.1');
    assert.equal(hit.length, 0);
    assert.throws(() => guess('cid', '192.0.2.1'), { kind: 'limited', retryAfterSeconds: 1 });
    assert.deepEqual(hit, ['failedLoginsPerAddressMax']);
  });

  it('failedLoginsKnownMax: a name and an address are counted; with another address the oldest is forgotten', () => {
    const { hit, guess } = attemptsWith({ failedLoginsKnownMax: 2 });
    guess('ann', '192.0.2.1');
    assert.equal(hit.length, 0);
    guess('ann', '192.0.2.2');
    assert.ok(hit.length > 0 && hit.every((limit) => limit === 'failedLoginsKnownMax'));
  });

  it('loginsPerUserMax: two are open; the third one ends the oldest', async (t) => {
    const desk = await deskWith(t, { loginsPerUserMax: 2 });
    const uma = { userId: desk.userIds.uma, username: 'uma', organisation: 'acme' };
    // One was opened with the desk.
    const open = () => desk.parts.logins.sessions.open(seederIn('acme'), uma);
    await open();
    assert.equal((await desk.ask('uma', 'GET /api/v1/me')).status, 200);
    assert.equal(desk.hits.length, 0);
    await open();
    assert.equal((await desk.ask('uma', 'GET /api/v1/me')).status, 401);
    assert.deepEqual(desk.hits, ['loginsPerUserMax']);
  });

  it('keysPerUserMax: two keys are made (one was there), the third one is refused', async (t) => {
    const desk = await deskWith(t, { keysPerUserMax: 2 });
    const make = () => desk.ask('uma', 'POST /api/v1/keys', { body: { name: 'k' } });
    assert.equal((await make()).status, 201);
    assert.equal(desk.hits.length, 0);
    const refused = await make();
    assert.deepEqual([refused.status, refused.code], [409, 4006]);
    assert.deepEqual(desk.hits, ['keysPerUserMax']);
  });

  it('keyTimeMaxMs: a key for as long as may be is made, for a minute longer it is refused', async (t) => {
    const desk = await deskWith(t, { keyTimeMaxMs: 3_600_000 });
    const make = (ms: number) => {
      const expiresAt = new Date(Date.now() + ms).toISOString();
      return desk.ask('uma', 'POST /api/v1/keys', { body: { name: 'k', expiresAt } });
    };
    assert.equal((await make(3_600_000 - 1)).status, 201);
    assert.equal(desk.hits.length, 0);
    const refused = await make(3_660_000);
    assert.deepEqual([refused.status, refused.errors[0]?.field], [400, 'body.expiresAt']);
    assert.deepEqual(desk.hits, ['keyTimeMaxMs']);
  });
});
