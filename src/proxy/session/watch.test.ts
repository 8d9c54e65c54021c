import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { HandWheel } from '../../../test/rig/hand-wheel.ts';
import { codeRejected, heardMessage, NO_CLIENT } from '../../../test/rig/made.ts';
import { Cancellation } from '../../model/cancellation.ts';
import { GatewayError } from '../../model/errors.ts';
import { LOCAL_USER } from '../../model/principal.ts';
import { codecOf } from '../../wire/codecs.ts';
import type { Link } from '../upstream/link.ts';
import { Openings } from '../upstream/openings.ts';
import { Subscriptions } from '../upstream/subscriptions.ts';
import { watch } from './watch.ts';

const turn = () => new Promise((resolve) => setImmediate(resolve));
const update = heardMessage({ method: 'notifications/resources/updated', params: { uri: 'a:1' } });

/** A server whose link can go and come back, and a watch at it. */
function world({ answers = (_uri: string, _link: number) => {}, uris = ['a:1', 'a:2'], isUp = true } = {}) {
  const told: string[] = [];
  const state = { isUp, link: 0, readies: 0, heard: 0 };
  const newLink = (n: number) =>
    new Subscriptions({
      watch: async (uri) => {
        told.push(`${n} ${uri}`);
        answers(uri, n);
      },
      unwatch: async (uri) => void told.push(`${n} ${uri} no more`),
    });
  let subscriptions = newLink(0);
  const wheel = new HandWheel();
  const cancellation = new Cancellation();
  const openings = new Openings();
  const upstream = {
    healing: { openings },
    get reachable() {
      return state.isUp;
    },
    speaks: () => true,
    meet: async () => {},
    linkFor: () => (state.isUp ? asLink(subscriptions) : undefined),
    knownLink: () => asLink(subscriptions),
    ready: async () => {
      state.readies += 1;
      if (!state.isUp) throw new GatewayError('upstream_down');
    },
  };
  const agreed = watch({
    ...{ wheel, cancellation, uris, of: 'resources', upstream: () => upstream, onUpdate: () => state.heard++ },
    caller: { principal: LOCAL_USER, client: NO_CLIENT, codec: codecOf('2026-07-28') },
  });
  const lose = () => {
    const lost = subscriptions;
    state.link += 1;
    subscriptions = newLink(state.link);
    lost.drop();
  };
  const opens = (whose: 'own' | 'caller' | 'other') =>
    openings.opened(whose === 'other' ? asLink(newLink(-1)) : asLink(subscriptions), whose === 'own');
  return { agreed, told, state, wheel, cancellation, lose, opens, update: () => subscriptions.updated('a:1', update) };
}

/** A watch that is tried only every 8 seconds by now, and has just been. */
async function longAway() {
  const made = world({ isUp: false });
  for (const waitMs of [0, 500, 1_000, 2_000, 4_000]) {
    made.wheel.turn(waitMs);
    await turn();
  }
  return made;
}

const links = new WeakMap<Subscriptions, Link>();

/** The same one each time. */
function asLink(subscriptions: Subscriptions): Link {
  const link = links.get(subscriptions) ?? ({ watched: { resources: subscriptions } } as unknown as Link);
  links.set(subscriptions, link);
  return link;
}

describe('a watch', () => {
  test('says what the server agrees to, hears updates, and is taken back when it is cancelled', async () => {
    const answers = (uri: string) => {
      if (uri === 'a:2') throw new GatewayError('resource_unknown');
    };
    const { agreed, told, update, state, cancellation } = world({ answers });
    assert.deepEqual(await agreed, ['a:1']);
    update();
    cancellation.cancel(new GatewayError('call_cancelled'));
    await turn();
    update();
    assert.deepEqual([state.heard, told], [1, ['0 a:1', '0 a:2', '0 a:1 no more']]);
  });
  test('of nothing that the server agrees to is over', async () => {
    const answers = () => {
      throw new GatewayError('resource_unknown');
    };
    const { agreed, told, wheel } = world({ answers });
    assert.deepEqual(await agreed, []);
    wheel.turn(60_000);
    await turn();
    assert.equal(told.length, 2);
  });
  test('goes on over the next link, with what was agreed to, even if it is refused there for now', async () => {
    const answers = (uri: string, link: number) => {
      if (link === 1 && uri === 'a:1') throw new GatewayError('resource_unknown');
    };
    const { agreed, told, lose, wheel, update, state } = world({ answers });
    await agreed;
    for (const link of [1, 2]) {
      lose();
      await turn();
      wheel.turn(500);
      await turn();
      assert.deepEqual(told.slice(-2), [`${link} a:1`, `${link} a:2`]);
    }
    update();
    assert.equal(state.heard, 1);
  });
  test('goes on as soon after the tenth loss as after the first', async () => {
    const { agreed, told, lose, wheel } = world({ uris: ['a:1'] });
    await agreed;
    for (let link = 1; link <= 10; link++) {
      lose();
      await turn();
      wheel.turn(500);
      await turn();
      assert.equal(told.at(-1), `${link} a:1`);
    }
  });
  test('of which nothing is agreed to over the next link is asked for again over that one', async () => {
    const refused = { times: 2 };
    const answers = (_uri: string, link: number) => {
      if (link === 1 && refused.times-- > 0) throw new GatewayError('resource_unknown');
    };
    const { agreed, lose, wheel, update, state } = world({ answers, uris: ['a:1'] });
    await agreed;
    lose();
    for (const waitMs of [500, 1_000, 2_000]) {
      await turn();
      update();
      assert.equal(state.heard, 0);
      wheel.turn(waitMs);
    }
    await turn();
    update();
    assert.equal(state.heard, 1);
  });
  test('that cannot be asked for now fails for those who wait, and is asked for again', async () => {
    const { agreed, told, state, wheel } = world({ isUp: false });
    assert.equal(await codeRejected(agreed), 'upstream_down');
    state.isUp = true;
    wheel.turn(500);
    await turn();
    assert.deepEqual([state.readies, told], [1, ['0 a:1', '0 a:2']]);
  });
  for (const whose of ['own', 'caller'] as const) {
    test(`that has long been asked for in vain is set when the ${whose} conversation begins`, async () => {
      const { agreed, told, state, wheel, opens } = await longAway();
      assert.equal(await codeRejected(agreed), 'upstream_down');
      state.isUp = true;
      wheel.turn(600);
      await turn();
      assert.deepEqual(told, [], 'it would not have been asked for yet');
      opens(whose);
      await turn();
      assert.deepEqual(told, ['0 a:1', '0 a:2']);
    });
  }
  test('is not asked for again because a conversation of somebody else begins', async () => {
    const { state, wheel, opens } = await longAway();
    const before = state.readies;
    opens('other');
    wheel.turn(600);
    opens('other');
    await turn();
    assert.equal(state.readies, before);
  });
  test('of a server that comes and goes all the time is asked for no more often than twice a second', async () => {
    const { state, wheel, opens } = await longAway();
    const before = state.readies;
    for (let ms = 0; ms < 5_000; ms += 50) {
      opens('own');
      wheel.turn(50);
      await turn();
    }
    assert.equal(state.readies, before + 10);
  });
  test('asks ever more rarely, and not at all once it is cancelled', async () => {
    const { agreed, state, wheel, cancellation } = world({ isUp: false });
    await codeRejected(agreed);
    for (const waitMs of [500, 1_000, 2_000]) {
      wheel.turn(waitMs - 1);
      await turn();
      const before = state.readies;
      wheel.turn(1);
      await turn();
      assert.equal(state.readies, before + 1);
    }
    cancellation.cancel(new GatewayError('call_cancelled'));
    wheel.turn(60_000);
    await turn();
    assert.equal(state.readies, 4);
  });
});
