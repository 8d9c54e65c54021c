import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { HandWheel } from '../../../test/rig/hand-wheel.ts';
import { heardMessage, limitsWith, madeServer } from '../../../test/rig/made.ts';
import type { Event } from '../../model/event.ts';
import { codecOf } from '../../wire/codecs.ts';
import { Catalogues } from './catalogues.ts';
import type { Link } from './link.ts';
import { Lists } from './lists.ts';
import type { UpstreamParts } from './upstream.ts';

/** A newer server whose only list is of tools, answered by hand; `ready` when it was read for the first time. */
async function world(hint: object = { ttlMs: 1_000 }, limits = {}) {
  const wheel = new HandWheel();
  const catalogues = new Catalogues();
  const asked: ((answer: object | Error) => void)[] = [];
  const lost: string[] = [];
  const definition = madeServer('srv', {
    limits: limitsWith({ listStaleMs: 500, callTimeoutMs: 60_000, refreshIntervalMs: 0, ...limits }),
  });
  const link = {
    closed: false,
    handshake: { capabilities: { tools: {} } },
    codec: codecOf('2026-07-28'),
    options: { events: { onLimit: () => {} } },
    request: () =>
      new Promise((resolve, reject) => {
        asked.push((answer) =>
          answer instanceof Error ? reject(answer) : resolve(heardMessage({ id: 1, result: answer })),
        );
      }),
  } as unknown as Link;
  const emit = (_: Event) => {};
  const parts = { definition, catalogues, wheel, emit } as unknown as UpstreamParts;
  const lists = new Lists(parts, { onUnreachable: (_, why) => lost.push(why), look: async () => false });
  const answer = async (name: string) => {
    await settle();
    asked.shift()?.({ tools: [{ name }], ...hint });
    await settle();
  };
  const all = lists.readAll(link);
  await settle();
  await answer('first');
  catalogues.put('srv', { state: 'ready', lists: await all });
  const names = () => catalogues.of('srv').lists.tools.entries.map(({ key }) => key);
  return { wheel, lists, link, asked, lost, answer, names, due: () => lists.due(link, 'tools') };
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await setImmediate();
}

describe('a list that somebody asks for', () => {
  test('is shown as it is while it is good, and nobody is asked', async () => {
    const { wheel, due, asked } = await world();
    wheel.turn(999);
    assert.deepEqual([due(), asked.length], [undefined, 0]);
  });

  test('is shown and read anew when it is a little too old, not more often than it may', async () => {
    const { wheel, due, asked, answer, names } = await world({ ttlMs: 3_000 });
    wheel.turn(3_100);
    assert.deepEqual([due(), due(), asked.length], [undefined, undefined, 1]);
    await answer('second');
    assert.deepEqual([names(), due(), asked.length], [['second'], undefined, 0]);
  });

  test('that is good for no time is read anew as often as it may be, when somebody asks', async () => {
    const { wheel, due, asked } = await world({}, { listStaleMs: 10_000 });
    wheel.turn(2_000);
    assert.deepEqual([due(), asked.length], [undefined, 0]);
    wheel.turn(1);
    assert.deepEqual([due(), asked.length], [undefined, 1]);
  });

  test('is waited for when it is older than that', async () => {
    const { wheel, due, answer, names } = await world();
    wheel.turn(1_501);
    const waiting = due();
    assert.ok(waiting);
    await answer('second');
    await waiting;
    assert.deepEqual(names(), ['second']);
  });

  test('is waited for from the moment of a notice, and one that was asked for before does not count', async () => {
    const { wheel, lists, link, due, answer, names } = await world({ ttlMs: 3_000 });
    wheel.turn(3_100);
    assert.equal(due(), undefined);
    lists.changed(link, 'tools');
    let over = false;
    const waiting = due()?.then(() => {
      over = true;
    });
    await answer('before the notice');
    assert.equal(over, false);
    await answer('after it');
    await waiting;
    assert.deepEqual(names(), ['after it']);
  });

  test('of a server that says without end that it changed comes after its next reading', async () => {
    const { wheel, lists, link, due, asked, answer, names } = await world();
    lists.changed(link, 'tools');
    await answer('second');
    lists.changed(link, 'tools');
    const waiting = due();
    await settle();
    assert.equal(asked.length, 0);
    wheel.turn(500);
    await answer('third');
    await waiting;
    assert.deepEqual([names(), due()], [['third'], undefined]);
  });

  test('that can be neither shown nor read means that the server is not there', async () => {
    const { wheel, due, asked, lost } = await world();
    wheel.turn(1_501);
    const waiting = due();
    await settle();
    asked.shift()?.(new Error('no'));
    await waiting;
    assert.equal(lost.length, 1);
  });

  test('that can be shown still is shown when it cannot be read', async () => {
    const { wheel, due, asked, lost } = await world({ ttlMs: 3_000 });
    wheel.turn(3_100);
    assert.equal(due(), undefined);
    asked.shift()?.(new Error('no'));
    await settle();
    assert.deepEqual([lost, due()], [[], undefined]);
  });

  test('is waited for no longer when the conversation ends', async () => {
    const { lists, link, due, answer, asked } = await world();
    lists.changed(link, 'tools');
    await answer('second');
    lists.changed(link, 'tools');
    const waiting = due();
    lists.stop();
    await settle();
    asked.shift()?.(new Error('closed'));
    await waiting;
  });
});
