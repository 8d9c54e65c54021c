import assert from 'node:assert/strict';
import { test } from 'node:test';
import { codeRejected, madeCall, targetOf } from '../../../test/rig/made.ts';
import type { MeteredCall } from '../../model/call.ts';
import { NOBODY } from '../../model/principal.ts';
import { KeyRing } from './key-ring.ts';
import { States, type Waiting } from './states.ts';

const WAITING: Waiting = { kind: 'parked', node: 'n', park: 'p', round: 1 };

function world() {
  let nowMs = 1_000_000_000_000;
  const now = () => nowMs;
  const file = { load: async () => undefined, save: async () => {} };
  const ring = new KeyRing({ file, now, keptMs: () => 1_000, onFailure: () => {} });
  const states = new States({ ring, now });
  const callWith = (state: unknown, change: Partial<MeteredCall> = {}, name = 'x') =>
    madeCall(
      { id: 1, method: 'tools/call', params: { name, arguments: { a: 1 }, requestState: state } },
      { target: targetOf('tools', 'x'), ...change },
    );
  const take = (call: MeteredCall) => {
    const span = call.message.params?.requestState;
    return span ? states.take(call, span) : assert.fail('no state');
  };
  return {
    give: () => states.give(callWith(''), WAITING, 1_000),
    take: (state: unknown, change?: Partial<MeteredCall>, name?: string) => take(callWith(state, change, name)),
    pass: (ms: number) => {
      nowMs += ms;
    },
  };
}

test('a state says to its own request what waits for it', async () => {
  const { give, take } = world();
  assert.deepEqual(await take(await give()), WAITING);
});

test('a state is good until its time is over', async () => {
  const { give, take, pass } = world();
  const state = await give();
  pass(999);
  assert.deepEqual(await take(state), WAITING);
  pass(1);
  assert.equal(await codeRejected(take(state)), 'state_refused');
});

const CHANGES: [string, Partial<MeteredCall>, string?][] = [
  ['another principal', { principal: { ...NOBODY, id: 'token:bob', kind: 'token' } }],
  ['another endpoint', { endpoint: 'other' }],
  ['another server', { target: { ...targetOf('tools', 'x'), server: 'other' } }],
  ['another request', {}, 'y'],
];
for (const [what, change, name] of CHANGES) {
  test(`a state is no good for ${what}`, async () => {
    const { give, take } = world();
    assert.equal(await codeRejected(take(await give(), change, name)), 'state_refused');
  });
}

test('a state that is no text is a mistake in the params', async () => {
  const { take } = world();
  for (const state of [1, null, {}, []]) assert.equal(await codeRejected(take(state)), 'params_invalid');
});
