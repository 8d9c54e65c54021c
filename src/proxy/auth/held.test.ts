import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { HandWheel } from '../../../test/rig/hand-wheel.ts';
import type { Event } from '../../model/event.ts';
import { NOBODY, type Principal } from '../../model/principal.ts';
import { HeldCredentials, type Holding } from './held.ts';

const ANN: Principal = { ...NOBODY, id: 'key:ann', kind: 'key', roles: ['user'] };

/** What is held open by one credential, under clocks and rules that are moved by hand. */
function made(again: () => Principal | Promise<Principal>, expiresAtMs = Number.POSITIVE_INFINITY) {
  const wheel = new HandWheel();
  const now = { rules: 1, ms: 0 };
  const events: Event[] = [];
  const held = new HeldCredentials({ wheel, now: () => now.ms, emit: (e) => events.push(e) });
  let asked = 0;
  const holding: Holding = {
    ...{ key: 'k', principal: ANN, expiresAtMs, holds: () => now.rules === 1 },
    again: async () => {
      asked += 1;
      const { rules } = now;
      const holds = () => now.rules === rules;
      return { ...holding, principal: await again(), holds, expiresAtMs: expiresAtMs * 2 };
    },
  };
  const ended: string[] = [];
  const keep = (what: string) => held.keep(holding, () => ended.push(what));
  const turn = async (ms: number) => {
    now.ms += ms;
    wheel.turn(ms);
    await setImmediate();
  };
  return { held, keep, ended, events, now, turn, asked: () => asked };
}

const refuse = () => Promise.reject(new Error('refused'));

describe('what is held open', () => {
  test('is not asked about while nothing changes', async () => {
    const { keep, ended, turn, asked } = made(refuse);
    keep('stream');
    await turn(60_000);
    assert.deepEqual([ended, asked()], [[], 0]);
  });

  test('ends within a second of rules by which its credential does not hold, and that is counted for each', async () => {
    const { held, keep, ended, events, now, turn, asked } = made(refuse);
    keep('stream');
    keep('another');
    await turn(10);
    now.rules = 2;
    await turn(500);
    assert.deepEqual([ended, asked(), held.size], [['stream', 'another'], 1, 0]);
    const event = { type: 'credential_ended', why: 'revoked', principal: 'key:ann' };
    assert.deepEqual(events, [event, event]);
  });

  test('goes on when its credential stands for the same by the rules of now', async () => {
    const { keep, ended, now, turn, asked } = made(() => structuredClone(ANN));
    keep('stream');
    now.rules = 2;
    await turn(5_000);
    assert.deepEqual([ended, asked()], [[], 1]);
  });

  test('ends when its credential stands for less, or for somebody else', async () => {
    for (const other of [
      { ...ANN, roles: [] },
      { ...ANN, id: 'key:bob' },
    ]) {
      const { keep, ended, now, turn } = made(() => other);
      keep('stream');
      now.rules = 2;
      await turn(500);
      assert.deepEqual(ended, ['stream']);
    }
  });

  test('ends when its credential expires', async () => {
    const { keep, ended, events, turn } = made(refuse, 1_000);
    keep('stream');
    await turn(900);
    assert.deepEqual(ended, []);
    await turn(400);
    assert.deepEqual(ended, ['stream']);
    assert.deepEqual(events, [{ type: 'credential_ended', why: 'expired', principal: 'key:ann' }]);
  });

  test('goes on when that which was believed until then is found to hold longer', async () => {
    const { keep, ended, turn, asked } = made(() => ANN, 1_000);
    keep('stream');
    await turn(1_300);
    await turn(600);
    assert.deepEqual([ended, asked()], [[], 1]);
  });

  test('does not end when it was let go, and nothing is kept of it', async () => {
    const { held, keep, ended, now, turn, asked } = made(refuse);
    keep('stream')();
    now.rules = 2;
    await turn(1_000);
    assert.deepEqual([ended, asked(), held.size], [[], 0, 0]);
  });

  test('is asked about once, however long the answer takes', async () => {
    const { promise, reject } = Promise.withResolvers<Principal>();
    const { keep, ended, now, turn, asked } = made(() => promise);
    keep('stream');
    now.rules = 2;
    await turn(3_000);
    assert.equal(asked(), 1);
    reject(new Error('refused'));
    await turn(0);
    assert.deepEqual(ended, ['stream']);
  });

  test('is not asked about all at once', async () => {
    const { held, now, turn } = made(refuse);
    const waiting: (() => void)[] = [];
    const again = () => new Promise<never>((_, reject) => waiting.push(() => reject(new Error('refused'))));
    const ended: string[] = [];
    for (let at = 0; at < 40; at++) {
      const holds = () => now.rules === 1;
      const holding = { key: String(at), principal: ANN, expiresAtMs: Number.POSITIVE_INFINITY, holds, again };
      held.keep(holding, () => ended.push(String(at)));
    }
    now.rules = 2;
    await turn(500);
    assert.equal(waiting.length, 16);
    while (ended.length < 40) {
      for (const answer of waiting.splice(0)) answer();
      await turn(0);
      assert.ok(waiting.length <= 16);
    }
    assert.equal(held.size, 0);
  });

  test('is told apart from what was opened when its credential stood for less', async () => {
    const { held, keep, ended, now, turn } = made(refuse);
    keep('old');
    now.rules = 2;
    const principal = { ...ANN, roles: [] };
    held.keep({ key: 'k', principal, expiresAtMs: 1e9, holds: () => true, again: () => assert.fail() }, () =>
      ended.push('new'),
    );
    await turn(500);
    assert.deepEqual([ended, held.size], [['old'], 1]);
  });

  test('goes on with what was opened by the same credential since its rows changed', async () => {
    const { held, keep, ended, now, turn, asked } = made(refuse);
    keep('old');
    now.rules = 2;
    held.keep({ key: 'k', principal: ANN, expiresAtMs: 1e9, holds: () => true, again: () => assert.fail() }, () =>
      ended.push('new'),
    );
    await turn(500);
    assert.deepEqual([ended, held.size, asked()], [[], 1, 0]);
  });
});
