/*
 * Passwords are hashed beside the thread that serves, a few at once, and in the same time whether anybody has them or not.
 */
import assert from 'node:assert/strict';
import { argon2Sync, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { AdminError } from '../../../model/admin-errors.ts';
import { defaultLimits, type LimitName, type Limits } from '../../../model/limits.ts';
import { hashPassword, oneTimePassword, Passwords, verifyPassword } from './passwords.ts';

const PASSWORD = 'kettle orbit walnut ferry';

test('a hash is PHC text of argon2id, with a salt of its own, and says which password is right', async () => {
  const [one, other] = await Promise.all([hashPassword(PASSWORD), hashPassword(PASSWORD)]);
  assert.match(one, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
  assert.notEqual(one, other);
  assert.deepEqual(await verifyPassword(PASSWORD, one), { right: true, outdated: false });
  assert.deepEqual(await verifyPassword(`${PASSWORD} `, one), { right: false, outdated: false });
});

test('a password is the same however a keyboard composes its letters', async () => {
  const hash = await hashPassword('caf\u00e9 orbit walnut');
  assert.equal((await verifyPassword('cafe\u0301 orbit walnut', hash)).right, true);
});

test('a hash of other costs opens, and is to be hashed anew', async () => {
  const [message, nonce] = [Buffer.from(PASSWORD), randomBytes(16)];
  const tag = argon2Sync('argon2id', { message, nonce, parallelism: 1, tagLength: 32, memory: 8_192, passes: 2 });
  const [salt, hash] = [nonce, tag].map((bytes) => bytes.toString('base64').replace(/=+$/, ''));
  const stored = `$argon2id$v=19$m=8192,t=2,p=1$${salt}$${hash}`;
  assert.deepEqual(await verifyPassword(PASSWORD, stored), { right: true, outdated: true });
});

const NOTHING_OPENS: readonly (readonly [string, string | undefined])[] = [
  ['who is not there', undefined],
  ['who has no password', ''],
  ['a hash that cannot be read', '$argon2id$v=19$m=38912,t=2,p=1$$'],
  ['a hash that would take all memory', `$argon2id$v=19$m=9999999,t=2,p=1$${'A'.repeat(22)}$${'A'.repeat(43)}`],
  ['a hash of another kind', '$2b$12$abcdefghijklmnopqrstuuJ8B3pG7yYyqkzpBzZ9l0Xy1yQxZbZ0a'],
];

for (const [what, stored] of NOTHING_OPENS) {
  test(`no password is right for ${what}, and one is hashed all the same`, async () => {
    let turns = 0;
    const verdict = verifyPassword(PASSWORD, stored);
    const done = await countingTurns(verdict, () => turns++);
    assert.deepEqual(done, { right: false, outdated: false });
    assert.ok(turns > 3, `${turns} turns: nothing was hashed`);
  });
}

test('the thread goes on while a password is hashed', async () => {
  let turns = 0;
  await countingTurns(hashPassword(PASSWORD), () => turns++);
  assert.ok(turns > 3, `${turns} turns of the event loop`);
});

test('passwordsWaitingMax: two at once, two wait, the fifth is told to come again, and all turns are given back', async () => {
  const hit: LimitName[] = [];
  const limits: Limits = { ...defaultLimits(), passwordsAtOnceMax: 2, passwordsWaitingMax: 2 };
  const passwords = new Passwords({ limits: () => limits, onLimit: (limit) => hit.push(limit) });
  const four = Array.from({ length: 4 }, () => passwords.hash(PASSWORD));
  await assert.rejects(
    passwords.hash(PASSWORD),
    (error) => error instanceof AdminError && error.kind === 'limited' && error.retryAfterSeconds === 1,
  );
  assert.deepEqual(hit, ['passwordsWaitingMax']);
  assert.equal(new Set(await Promise.all(four)).size, 4);
  const again = Array.from({ length: 4 }, () => passwords.verify(PASSWORD, undefined));
  assert.equal((await Promise.all(again)).length, 4);
});

test('a one-time password is long, can be typed, and is never the same', () => {
  const made = Array.from({ length: 100 }, oneTimePassword);
  assert.equal(new Set(made).size, 100);
  for (const each of made) assert.match(each, /^[a-hj-km-np-z2-9]{5}(?:-[a-hj-km-np-z2-9]{5}){4}$/);
});

async function countingTurns<Value>(work: Promise<Value>, onTurn: () => void): Promise<Value> {
  let working = true;
  const turn = () => {
    onTurn();
    if (working) setImmediate(turn);
  };
  setImmediate(turn);
  return work.finally(() => {
    working = false;
  });
}
