/*
 * The limits of what is written down: at the limit everything is kept, one more and the loss or the count is a row.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Actor } from '../../src/control/actor.ts';
import { Collect, type StateEvent } from '../../src/control/collect/collect.ts';
import { Denials } from '../../src/control/collect/denials.ts';

const nobody = {
  id: '',
  userId: undefined,
  username: undefined,
  organisation: 'default',
  roles: [],
  rights: new Set(),
};
const actor = (address: string): Actor => ({
  ...nobody,
  ...{ by: 'nobody', rights: new Set(), sessionId: undefined, requestId: '', address },
});
const onFailure = (_: string, error: unknown) => assert.fail(String(error));

describe('what is written down', () => {
  for (const over of [0, 1]) {
    it(`collectQueueMax: ${over === 0 ? 'as many events as the limit are kept' : 'one more, and the oldest is lost and counted'}`, async () => {
      const [rows, hits]: [StateEvent[], string[]] = [[], []];
      const collect = new Collect({
        limits: () => ({ collectQueueMax: 5, stateEventsMax: 10 }),
        ...{ organisationOf: () => 'default', node: 'n', now: () => 0, onFailure },
        append: async (batch) => void rows.push(...batch),
        onLimit: (limit) => hits.push(limit),
      });
      for (let n = 0; n < 5 + over; n++) collect.take({ type: 'server_state', server: 'a', state: `${n}`, reason: '' });
      await collect.close(1_000);
      const states = ['0', '1', '2', '3', '4', '5'].slice(over, 5 + over);
      assert.deepEqual(
        rows.map(({ state }) => state),
        over === 0 ? states : ['lost', ...states],
      );
      assert.deepEqual(hits, over === 0 ? [] : ['collectQueueMax']);
    });

    for (const [limit, addressOf] of [
      ['denialRowsPerSourceMax:', () => '192.0.2.1'],
      ['denialRowsMax:', (n: number) => `192.0.2.${n}`],
    ] as const) {
      it(`${limit} ${over === 0 ? 'as many refusals as the limit are rows' : 'one more is counted in a row of its own'}`, async () => {
        const [rows, hits]: [string[], string[]] = [[], []];
        const denials = new Denials({
          store: { write: async (_, { audit }) => void rows.push(...audit.map(({ action }) => action)) },
          limits: () => ({
            collectQueueMax: 100,
            denialRowsMax: 4,
            denialRowsPerSourceMax: limit.includes('Source') ? 3 : 9,
          }),
          onLimit: (hit) => hits.push(hit),
          onFailure,
        });
        const max = limit.includes('Source') ? 3 : 4;
        for (let n = 0; n < max + over; n++) denials.add(actor(addressOf(n)), { action: 'a', kind: '', reason: '' });
        await denials.close(1_000);
        assert.deepEqual(rows, [...Array.from({ length: max }, () => 'a'), ...(over === 0 ? [] : ['denied.more'])]);
        assert.deepEqual(hits, over === 0 ? [] : [limit.slice(0, -1)]);
      });
    }
  }
});
