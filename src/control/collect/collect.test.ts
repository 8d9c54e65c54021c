import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AdminError } from '../../model/admin-errors.ts';
import { watchClock } from './clock-jumps.ts';
import { Collect, type StateEvent } from './collect.ts';

function collecting({ max = 100, away = (): boolean => false } = {}) {
  const rows: StateEvent[] = [];
  const hits: string[] = [];
  const collect = new Collect({
    limits: () => ({ collectQueueMax: max, stateEventsMax: 50 }),
    organisationOf: (server) => (server.includes('--') ? (server.split('--')[0] ?? '') : 'default'),
    ...{ node: 'node-1', now: () => 17 },
    append: async (batch, keep) => {
      if (away()) throw new AdminError('unavailable');
      assert.equal(keep, 50);
      rows.push(...batch);
    },
    onLimit: (limit) => hits.push(limit),
    onFailure: (_, error) => assert.fail(String(error)),
  });
  const state = (server: string, to: string, reason = '') =>
    collect.take({ type: 'server_state', server, state: to, reason });
  return { collect, rows, hits, state };
}

describe('changes of the state of servers', () => {
  test('become rows of their organisation, in order', async () => {
    const { collect, rows, state } = collecting();
    state('files', 'starting');
    state('team-a--files', 'down', 'connection refused');
    state('files', 'ready');
    assert.equal(await collect.close(1_000), 0);
    const row = { atMs: 17, node: 'node-1', reason: '' };
    assert.deepEqual(rows, [
      { ...row, organisation: 'default', server: 'files', state: 'starting' },
      { ...row, organisation: 'team-a', server: 'team-a--files', state: 'down', reason: 'connection refused' },
      { ...row, organisation: 'default', server: 'files', state: 'ready' },
    ]);
  });

  test('are kept without credentials, and without end', async () => {
    const { collect, rows, state } = collecting();
    state('a', 'down', 'https://user:canary@host/?key=canary cannot be reached');
    state('a', 'down', 'x'.repeat(10_000));
    await collect.close(1_000);
    assert.equal(rows[0]?.reason, 'https://***@host/?key=*** cannot be reached');
    assert.equal(rows[1]?.reason.length, 500);
  });

  test('that had no room are one row that says how many', async () => {
    let away = true;
    const { collect, rows, hits, state } = collecting({ max: 2, away: () => away });
    for (const n of [1, 2, 3, 4, 5]) state('a', `${n}`);
    away = false;
    await collect.close(1_000);
    assert.deepEqual(
      rows.map(({ state: to, reason }) => [to, reason]),
      [
        ['lost', '3 events of this node could not be kept'],
        ['4', ''],
        ['5', ''],
      ],
    );
    assert.deepEqual([collect.lost, hits.length], [3, 3]);
  });

  test('are all that is kept of events yet', async () => {
    const { collect, rows } = collecting();
    collect.take({ type: 'limit_hit', limit: 'bodyBytesMax', principal: 'local' });
    collect.take({ type: 'credential_ended', why: 'expired', principal: 'local' });
    await collect.close(1_000);
    assert.deepEqual(rows, []);
  });
});

describe('the clock', () => {
  const ROWS: readonly (readonly [string, number, number, string | undefined])[] = [
    ['that goes as time passes is no news', 60_000, 60_000, undefined],
    ['that is corrected a little is no news', 60_000, 61_500, undefined],
    ['that was set forward is', 1_000, 3_601_000, '3600000 ms further'],
    ['that was set back is', 1_000, -3_599_000, '-3600000 ms further'],
    ['of a machine that slept is', 10, 28_800_010, '28800000 ms further'],
  ];
  for (const [what, passedMs, shownMs, says] of ROWS) {
    test(what, () => {
      const [said, at]: [string[], { wall: number; ticks: number }] = [[], { wall: 1_000_000, ticks: 5 }];
      const look = watchClock({
        now: () => at.wall,
        clock: () => at.ticks,
        onJump: ({ action, reason }) => said.push(`${action} ${reason}`),
      });
      look();
      at.wall += shownMs;
      at.ticks += passedMs;
      look();
      look();
      assert.equal(said.length, says === undefined ? 0 : 1);
      if (says !== undefined) assert.match(said[0] ?? '', new RegExp(`^clock\\.jump .* ${says}`));
    });
  }
});
