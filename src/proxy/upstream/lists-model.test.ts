/*
 * What is shown of a list while its server changes it, says so or not, and time goes by: whatever comes in which order, nobody
 * is shown what the server has called changed, or what is older than it may be.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { HandWheel } from '../../../test/rig/hand-wheel.ts';
import { heardMessage, limitsWith, madeServer } from '../../../test/rig/made.ts';
import { codecOf } from '../../wire/codecs.ts';
import { Catalogues } from './catalogues.ts';
import type { Link } from './link.ts';
import { Lists } from './lists.ts';
import type { UpstreamParts } from './upstream.ts';

const STALE_MS = 400;

type Step =
  | { readonly do: 'turn'; readonly ms: number }
  | { readonly do: 'change'; readonly ttlMs: number; readonly told: boolean }
  | { readonly do: 'ask' };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant('turn' as const), ms: fc.integer({ min: 1, max: 1_500 }) }),
  fc.record({ do: fc.constant('change' as const), ttlMs: fc.nat(1_000), told: fc.boolean() }),
  fc.constant({ do: 'ask' as const }),
);

/** A server that answers at once; every change is another version of its one tool. */
async function world() {
  const wheel = new HandWheel();
  const catalogues = new Catalogues();
  const server = { version: 0, ttlMs: 300, readMs: new Map<string, { atMs: number; ttlMs: number }>() };
  const link = {
    closed: false,
    handshake: { capabilities: { tools: {} } },
    codec: codecOf('2026-07-28'),
    options: { events: { onLimit: () => {} } },
    request: async () => {
      const name = `v${server.version}`;
      server.readMs.set(name, { atMs: wheel.now(), ttlMs: server.ttlMs });
      return heardMessage({ id: 1, result: { tools: [{ name }], ttlMs: server.ttlMs } });
    },
  } as unknown as Link;
  const limits = limitsWith({ listStaleMs: STALE_MS, refreshIntervalMs: 0 });
  const parts = { definition: madeServer('srv', { limits }), catalogues, wheel, emit: () => {} };
  const lost: string[] = [];
  const events = { onUnreachable: (_: Link, why: string) => lost.push(why), look: async () => false };
  const lists = new Lists(parts as unknown as UpstreamParts, events);
  catalogues.put('srv', { state: 'ready', lists: await lists.readAll(link) });
  return { wheel, catalogues, server, link, lists, lost };
}

test('nobody is shown a list that its server has called changed, or one that is too old', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
      const { wheel, catalogues, server, link, lists, lost } = await world();
      let told = 0;
      for (const one of steps) {
        if (one.do === 'turn') wheel.turn(one.ms);
        else if (one.do === 'change') {
          server.version += 1;
          server.ttlMs = one.ttlMs;
          if (one.told) {
            lists.changed(link, 'tools');
            told = server.version;
          }
        } else {
          let waits = true;
          void lists.due(link, 'tools')?.finally(() => {
            waits = false;
          });
          if (lists.due(link, 'tools') === undefined) waits = false;
          for (let turn = 0; waits && turn < 100; turn++) {
            await setImmediate();
            // A notice soon after another waits for its turn.
            if (turn % 10 === 9) wheel.turn(100);
          }
          assert.ok(!waits, 'it waits for ever');
          const [shown] = catalogues.of('srv').lists.tools.entries;
          assert.ok(shown && Number(shown.key.slice(1)) >= told, `${shown?.key} is shown after the notice of v${told}`);
          const read = server.readMs.get(shown.key);
          assert.ok(read && wheel.now() <= read.atMs + read.ttlMs + STALE_MS, `${shown.key} is too old`);
          const { ttlMs } = lists.freshness.hintOf('tools');
          assert.ok(ttlMs >= 0 && ttlMs <= Math.max(0, read.atMs + read.ttlMs - wheel.now()), `${ttlMs} is not left`);
        }
        await setImmediate();
      }
      assert.deepEqual(lost, []);
    }),
    { numRuns: 150 },
  );
});
