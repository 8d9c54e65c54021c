import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { codeRejected, heardMessage } from '../../../test/rig/made.ts';
import { GatewayError } from '../../model/errors.ts';
import { Subscriptions } from './subscriptions.ts';

const update = heardMessage({ method: 'notifications/resources/updated', params: { uri: 'a:b' } });

/** What the server was told; `answer` decides what it says to that. */
function made(answer: () => Promise<void> = async () => {}) {
  const told: string[] = [];
  const tell = (what: string) => (uri: string) => {
    told.push(`${what} ${uri}`);
    return answer();
  };
  const subscriptions = new Subscriptions({ watch: tell('watch'), unwatch: tell('unwatch') });
  return { subscriptions, told };
}

const watcher = (updated = () => {}) => ({ updated, dropped: () => {} });

describe('a server is told', () => {
  test('of a URI once, when the first comes, and when the last goes', async () => {
    const { subscriptions, told } = made();
    const [ann, bob] = [watcher(), watcher()];
    await subscriptions.add('a:b', ann);
    await subscriptions.add('a:b', bob);
    await subscriptions.remove('a:b', ann);
    assert.deepEqual(told, ['watch a:b']);
    await subscriptions.remove('a:b', bob);
    await subscriptions.remove('a:b', bob);
    assert.deepEqual(told, ['watch a:b', 'unwatch a:b']);
  });
  test('of everything once more when its session was opened anew', async () => {
    const { subscriptions, told } = made();
    await subscriptions.add('a:1', watcher());
    await subscriptions.add('a:2', watcher());
    const again: string[] = [];
    await subscriptions.replay(async (uri) => void again.push(uri));
    assert.deepEqual([told.length, again], [2, ['a:1', 'a:2']]);
  });
  test('of the rest too when one was refused the second time', async () => {
    const { subscriptions } = made();
    await subscriptions.add('a:1', watcher());
    await subscriptions.add('a:2', watcher());
    const again: string[] = [];
    const replay = subscriptions.replay(async (uri) => {
      again.push(uri);
      if (uri === 'a:1') throw new GatewayError('resource_unknown');
    });
    assert.equal(await codeRejected(replay), 'resource_unknown');
    assert.deepEqual([again.length, subscriptions.size], [2, 2]);
  });
  test('again after it refused', async () => {
    const { subscriptions, told } = made(() => Promise.reject(new GatewayError('resource_unknown')));
    for (let i = 0; i < 2; i++)
      assert.equal(await codeRejected(subscriptions.add('a:b', watcher())), 'resource_unknown');
    assert.deepEqual(told, ['watch a:b', 'watch a:b']);
    assert.doesNotThrow(() => subscriptions.updated('a:b', update));
  });
});

describe('what a server is told of one URI', () => {
  const [ann, bob] = [watcher(), watcher()];
  /** Answers come when the test lets them. */
  function slow() {
    const answers: PromiseWithResolvers<void>[] = [];
    const world = made(() => {
      const answer = Promise.withResolvers<void>();
      answers.push(answer);
      return answer.promise;
    });
    return { ...world, answers };
  }
  const turn = () => new Promise((resolve) => setImmediate(resolve));

  test('is said one after the other, so that nothing is overtaken', async () => {
    const { subscriptions, told, answers } = slow();
    const first = subscriptions.add('a:b', ann);
    const removed = subscriptions.remove('a:b', ann);
    const again = subscriptions.add('a:b', bob);
    assert.deepEqual(told, ['watch a:b']);
    for (const said of [2, 3, 3]) {
      answers[told.length - 1]?.resolve();
      await turn();
      assert.equal(told.length, said);
    }
    await Promise.all([first, removed, again]);
    assert.deepEqual(told, ['watch a:b', 'unwatch a:b', 'watch a:b']);
  });
  test('goes on after a refusal', async () => {
    const { subscriptions, told, answers } = slow();
    const first = codeRejected(subscriptions.add('a:b', ann));
    const removed = subscriptions.remove('a:b', ann);
    answers[0]?.reject(new GatewayError('resource_unknown'));
    assert.equal(await first, 'resource_unknown');
    const again = subscriptions.add('a:b', bob);
    answers[1]?.resolve();
    await removed;
    await turn();
    answers[2]?.resolve();
    await again;
    assert.deepEqual([told.length, subscriptions.size], [3, 1]);
  });
  test('is forgotten when the last has gone', async () => {
    const { subscriptions } = made();
    await subscriptions.add('a:b', ann);
    await subscriptions.remove('a:b', ann);
    assert.equal(subscriptions.size, 0);
  });
});

test('who comes while the server is still asked hears what it says, yes or no', async () => {
  const asked = Promise.withResolvers<void>();
  const { subscriptions, told } = made(() => asked.promise);
  const outcomes = [
    codeRejected(subscriptions.add('a:b', watcher())),
    codeRejected(subscriptions.add('a:b', watcher())),
  ];
  asked.reject(new GatewayError('resource_unknown'));
  assert.deepEqual(await Promise.all(outcomes), ['resource_unknown', 'resource_unknown']);
  assert.deepEqual(told, ['watch a:b']);
});

test('an update goes to all who watch the resource or what it is a part of, and to nobody else', async () => {
  const { subscriptions } = made();
  const heard: string[] = [];
  for (const uri of ['a:b', 'a:b/c', 'a:b/', 'a:x', 'a:', 'a:b/cc']) {
    await subscriptions.add(
      uri,
      watcher(() => heard.push(uri)),
    );
    await subscriptions.add(
      uri,
      watcher(() => heard.push(`${uri} too`)),
    );
  }
  subscriptions.updated('a:b/c', update);
  assert.deepEqual(heard, ['a:b', 'a:b too', 'a:b/c', 'a:b/c too', 'a:b/', 'a:b/ too']);
});

test('who watches a resource and a part of it hears of the part once', async () => {
  const { subscriptions } = made();
  const heard: string[] = [];
  const one = watcher(() => heard.push('one'));
  for (const uri of ['a:b', 'a:b/c']) await subscriptions.add(uri, one);
  subscriptions.updated('a:b/c', update);
  assert.deepEqual(heard, ['one']);
});

test('everyone is told once that the link has ended, and the server nothing', async () => {
  const { subscriptions, told } = made();
  const dropped: string[] = [];
  const one = (name: string) => ({ updated: () => {}, dropped: () => dropped.push(name) });
  const [ann, bob] = [one('ann'), one('bob')];
  for (const uri of ['a:1', 'a:2']) for (const each of [ann, bob]) await subscriptions.add(uri, each);
  subscriptions.drop();
  await subscriptions.remove('a:1', ann);
  assert.deepEqual([dropped, subscriptions.size, told.length], [['ann', 'bob'], 0, 2]);
});
