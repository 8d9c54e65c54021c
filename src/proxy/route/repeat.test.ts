/*
 * The ring alone, around a core that ends as the test says. Real servers and lost connections are in test/flow/repeats.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { codeRejected, lists, madeCall, madeEntry, madeServer, targetOf } from '../../../test/rig/made.ts';
import type { MeteredCall } from '../../model/call.ts';
import { EMPTY_LIST } from '../../model/catalogue.ts';
import { type ErrorCode, GatewayError } from '../../model/errors.ts';
import type { Event } from '../../model/event.ts';
import type { Reply } from '../../model/reply.ts';
import { Catalogues } from '../upstream/catalogues.ts';
import type { Upstreams } from '../upstream/upstreams.ts';
import { repeat } from './repeat.ts';

const OK: Reply = { status: 200, body: undefined, headers: [] };
const READS = madeEntry('tools', { name: 'reads', annotations: { readOnlyHint: true } });

/** Each try ends with the next of these: a failure, or well. */
function world(ends: readonly (ErrorCode | 'ok')[], repeatCalls: 'never' | 'idempotent' = 'never') {
  const waited: string[] = [];
  const events: Event[] = [];
  const healing = { looked: async () => waited.push('looked'), back: async () => waited.push('back') };
  const upstream = { name: 'srv', definition: madeServer('srv', { repeatCalls }), healing, ready: async () => {} };
  const catalogues = new Catalogues();
  const tools = { ...EMPTY_LIST, entries: [READS], byKey: new Map([[READS.key, READS]]) };
  catalogues.put('srv', { state: 'ready', lists: lists({ tools }) });
  const tries: MeteredCall[] = [];
  const ring = repeat({
    upstreams: { of: () => upstream } as unknown as Upstreams,
    catalogues,
    emit: (event) => events.push(event),
    readmit: () => targetOf('tools', 'reads'),
  });
  const handler = ring(async (call) => {
    Object.assign(call, { way: {}, client: { ...call.client, capabilities: '{"changed":{}}' } });
    const end = ends[tries.push({ ...call }) - 1] ?? 'internal';
    await Promise.race([new Promise(setImmediate), new Promise((_, reject) => call.cancellation.onCancel(reject))]);
    if (end !== 'ok') throw new GatewayError(end);
    return OK;
  });
  const made = (params: object = {}) => {
    const said = { id: 1, method: 'tools/call', params: { name: 'reads', ...params } };
    return madeCall(said, { target: targetOf('tools', 'reads') });
  };
  return { handler, made, tries, waited, events };
}

describe('a call that failed', () => {
  for (const [ends, allowed, times] of [
    [['upstream_down', 'ok'], 'never', 2],
    [['upstream_down', 'upstream_down', 'ok'], 'never', 2],
    [['upstream_down', 'upstream_lost', 'ok'], 'idempotent', 2],
    [['upstream_lost', 'ok'], 'never', 1],
    [['upstream_lost', 'ok'], 'idempotent', 2],
    [['upstream_timeout', 'ok'], 'idempotent', 1],
    [['upstream_invalid', 'ok'], 'idempotent', 1],
    [['call_cancelled', 'ok'], 'idempotent', 1],
  ] as const) {
    it(`with ${ends[0]} where ${allowed} is configured is made ${times} times`, async () => {
      const { handler, made, tries, events } = world(ends, allowed);
      const outcome = await codeRejected(handler(made()));
      assert.deepEqual([tries.length, outcome], [times, ends[times - 1] === 'ok' ? 'nothing' : ends[times - 1]]);
      assert.equal(events.length, times - 1);
    });
  }

  it('is made again as it came in, whatever was made of it on the way', async () => {
    const { handler, made, tries } = world(['upstream_down', 'ok']);
    const call = made();
    const { client, cancellation, outlet } = call;
    await handler(call);
    const [, second] = tries;
    assert.deepEqual([second?.cancellation, second?.outlet], [cancellation, outlet]);
    assert.notEqual(client.capabilities, '{"changed":{}}');
  });

  it('of a client that was told something, or that brings an answer, is not made again after a loss', async () => {
    for (const params of [{ requestState: 's' }, { inputResponses: {} }]) {
      const { handler, made, tries } = world(['upstream_lost', 'ok'], 'idempotent');
      assert.equal(await codeRejected(handler(made(params))), 'upstream_lost');
      assert.equal(tries.length, 1);
    }
    const { handler, made, tries } = world(['upstream_lost', 'ok'], 'idempotent');
    const call = made();
    const replied = codeRejected(handler(call));
    call.outlet.notify(Buffer.from('{}'));
    assert.deepEqual([await replied, tries.length, call.notified.length], ['upstream_lost', 1, 1]);
  });

  it('because it was cancelled is cancelled for everyone who holds it', async () => {
    const { handler, made, tries } = world(['upstream_lost', 'ok'], 'idempotent');
    const call = made();
    const { cancellation } = call;
    const replied = codeRejected(handler(call));
    call.cancellation.cancel(new GatewayError('call_cancelled'));
    assert.deepEqual([await replied, tries.length, cancellation.reason?.code], ['call_cancelled', 1, 'call_cancelled']);
  });

  it('because its link was closed is made again, for the call itself goes on', async () => {
    const { handler, made, tries } = world(['ok', 'ok'], 'idempotent');
    const call = made();
    const { cancellation } = call;
    const replied = codeRejected(handler(call));
    call.cancellation.cancel(new GatewayError('upstream_lost'));
    assert.deepEqual([await replied, tries.length, cancellation.cancelled], ['nothing', 2, false]);
  });
});
