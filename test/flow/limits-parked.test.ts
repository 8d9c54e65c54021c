/*
 * The limits of calls that wait at an older server for their newer client, and of the states that bring them back.
 */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { at } from '../rig/json-rpc.ts';
import type { ModernClient } from '../rig/raw-client.ts';
import { type JsonObject, MODERN } from '../rig/scripted-script.ts';
import { startScripted } from '../rig/scripted-upstream.ts';
import {
  ABLE,
  askedIn,
  asking,
  assertRefused,
  bringing,
  callWith,
  FORM,
  isCancelled,
  URL_ENTRY,
  YES,
} from './asked.ts';
import { hitsOf } from './limit-hits.ts';
import { failureOf, openStage } from './stage.ts';

describe('the limits of what is parked', async () => {
  const TOKENS = { ann: 'the-token-that-ann-has-is-long-enough', bob: 'the-token-that-bob-has-is-long-enough' };
  const as = (who: keyof typeof TOKENS) => ({ authorization: `Bearer ${TOKENS[who]}` });
  const old = await startScripted({ revision: '2025-11-25', transport: 'http' });
  const fresh = await startScripted({ revision: MODERN, transport: 'http' });
  const stage = await openStage(
    { old, fresh },
    {
      config: {
        auth: { tokens: Object.entries(TOKENS).map(([name, token]) => ({ name, token })) },
        limits: { parkedCallsPerPrincipalMax: 2, questionRoundsMax: 2, requestStateTimeMs: 300 },
      },
    },
  );
  after(() => stage.close());
  const clientOf = (who: keyof typeof TOKENS, endpoint = 'old'): ModernClient =>
    stage.modern(endpoint, { ...ABLE, headers: as(who) });

  it('parkedCallsPerPrincipalMax: one more is cancelled at its server and refused; the other user is not concerned', async () => {
    const hits = await hitsOf(stage, as('ann'));
    const ann = clientOf('ann');
    const [first] = [
      askedIn(await ann.call('tools/call', asking('1'))),
      askedIn(await ann.call('tools/call', asking('2'))),
    ];
    const { answer, status, stream } = await ann.call('tools/call', asking('one too many'));
    assert.deepEqual([status, at(answer, 'error', 'code'), stream.headers['retry-after']], [429, -31029, '1']);
    await isCancelled(old, (await callWith(old, 'one too many')).message?.id);
    askedIn(await clientOf('bob').call('tools/call', asking('bob')));
    await hits.assertRose({ parkedCallsPerPrincipalMax: 1 });
    await ann.call('tools/call', { ...asking('1'), ...bringing(first, YES) });
    const room = askedIn(await ann.call('tools/call', asking('there is room')));
    await ann.call('tools/call', { ...asking('there is room'), ...bringing(room, YES) });
  });

  for (const [what, params, prepare] of [
    [
      'a question',
      { name: 'interview', arguments: { rounds: [1, 2, 3].map(() => ({ asks: { a: FORM } })) } },
      undefined,
    ],
    [
      'a URL',
      { name: 'echo', arguments: {} },
      { error: { code: -32042, message: 'x', data: { elicitations: [URL_ENTRY] } }, times: 3 },
    ],
  ] as const) {
    it(`questionRoundsMax: a server that asks for ${what} a third time has its call ended`, async () => {
      const hits = await hitsOf(stage, as('bob'));
      const bob = clientOf('bob');
      if (prepare) await old.set('tools/call echo', prepare as JsonObject);
      const first = askedIn(await bob.call('tools/call', params));
      const second = askedIn(await bob.call('tools/call', { ...params, ...bringing(first, YES) }));
      const { answer } = await bob.call('tools/call', { ...params, ...bringing(second, YES) });
      assert.equal(failureOf(answer), 'upstream_insists');
      await hits.assertRose({ questionRoundsMax: 1 });
    });
  }

  it('requestStateTimeMs: a newer server does not get a state back that is older', async () => {
    const ann = clientOf('ann', 'fresh');
    const { keys, state } = askedIn(await ann.call('tools/call', asking('x')));
    const again = { ...asking('x'), requestState: state };
    const calls = fresh.received.of('tools/call').length;
    const young = askedIn(await ann.call('tools/call', again));
    assert.deepEqual(young.keys, keys);
    let reply = await ann.call('tools/call', again);
    while (reply.answer?.error === undefined) reply = await ann.call('tools/call', again);
    assertRefused(reply, /expired/);
    const known = fresh.received.of('tools/call').length;
    assertRefused(await ann.call('tools/call', again), /expired/);
    assert.ok(known > calls);
    assert.equal(fresh.received.of('tools/call').length, known);
  });
});
