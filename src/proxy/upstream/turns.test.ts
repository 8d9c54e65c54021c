import assert from 'node:assert/strict';
import { test } from 'node:test';
import { codeRejected } from '../../../test/rig/made.ts';
import { Cancellation } from '../../model/cancellation.ts';
import { GatewayError } from '../../model/errors.ts';
import { Turns } from './turns.ts';

const turn = () => new Promise((resolve) => setImmediate(resolve));

test('turns are taken one at a time, in order of asking', async () => {
  const turns = new Turns();
  const seen: string[] = [];
  const one = async (name: string) => {
    const done = await turns.take(new Cancellation());
    seen.push(`${name} begins`);
    await turn();
    seen.push(`${name} ends`);
    done?.();
  };
  await Promise.all(['a', 'b', 'c'].map(one));
  assert.deepEqual(seen, ['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends']);
});

test('who gives up while waiting is skipped, and the next still waits for those before', async () => {
  const turns = new Turns();
  const first = await turns.take(new Cancellation());
  const cancellation = new Cancellation();
  const second = codeRejected(turns.take(cancellation));
  let thirdBegan = false;
  const third = turns.take(new Cancellation()).then(() => {
    thirdBegan = true;
  });
  cancellation.cancel(new GatewayError('call_cancelled'));
  assert.equal(await second, 'call_cancelled');
  await turn();
  assert.equal(thirdBegan, false);
  first?.();
  await third;
});

test('a turn may be ended twice, and a call cancelled after it had its turn changes nothing', async () => {
  const turns = new Turns();
  const cancellation = new Cancellation();
  const done = await turns.take(cancellation);
  cancellation.cancel(new GatewayError('call_cancelled'));
  done?.();
  done?.();
  (await turns.take(new Cancellation()))?.();
});

test('who can go elsewhere does so when the turn before takes long, and who cannot waits on', async () => {
  const turns = new Turns();
  const first = await turns.take(new Cancellation());
  const movable = turns.take(new Cancellation(), true);
  let lastBegan = false;
  const last = turns.take(new Cancellation()).then(() => {
    lastBegan = true;
  });
  turns.takesLong();
  assert.equal(await movable, undefined);
  await turn();
  assert.equal(lastBegan, false);
  first?.();
  await last;
});
