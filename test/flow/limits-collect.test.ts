/*
 * The limits of what is written down: at the limit everything is kept, one more and the loss or the count is a row.
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import type { Actor } from '../../src/control/actor.ts';
import { Collect, type StateEvent } from '../../src/control/collect/collect.ts';
import { Denials } from '../../src/control/collect/denials.ts';
import { stateEventsInto } from '../../src/control/collect/state-events.ts';
import { openStore } from '../../src/control/store/open-store.ts';
import { listStateEvents } from '../../src/control/store/queries/records.ts';

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
const READER = { ...actor('192.0.2.1'), by: 'local' } as const;
const onFailure = (_: string, error: unknown) => assert.fail(String(error));

describe('what is written down', () => {
  it('stateEventsMax: as many changes of state as the limit are kept, and with one more the oldest goes', async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'gatewright-events-'));
    const store = await openStore({ target: { file: join(folder, 'db') }, now: () => 0 });
    t.after(async () => {
      await store.close();
      await rm(folder, { recursive: true });
    });
    const kept = async () => (await store.read(listStateEvents(READER, { limit: 50 }))).map(({ state }) => state);
    const collect = new Collect({
      limits: () => ({ collectQueueMax: 50, stateEventsMax: 3 }),
      ...{ organisationOf: () => 'default', node: 'n', now: () => 0, onFailure },
      append: stateEventsInto(store),
      onLimit: () => assert.fail('there is room'),
    });
    const take = (state: string) => collect.take({ type: 'server_state', server: 'a', state, reason: '' });
    for (const state of ['1', '2', '3']) take(state);
    while ((await kept()).length < 3) await setTimeout(5);
    assert.deepEqual(await kept(), ['3', '2', '1']);
    take('4');
    assert.equal(await collect.close(5_000), 0);
    assert.deepEqual(await kept(), ['4', '3', '2']);
  });

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
