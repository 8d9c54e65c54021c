import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { codeRejected, heardMessage } from '../../../test/rig/made.ts';
import { GatewayError } from '../../model/errors.ts';
import { Subscriptions } from './subscriptions.ts';

const update = heardMessage({ method: 'notifications/resources/updated', params: { uri: 'a:b' } });

/** What the server was told; `answer` decides what it says to that. */
function made(answer: (method: string, uri: string) => Promise<void> = async () => {}) {
  const told: string[] = [];
  const subscriptions = new Subscriptions();
  subscriptions.attach((method, uri) => {
    told.push(`${method.slice('resources/'.length)} ${uri}`);
    return answer(method, uri);
  });
  return { subscriptions, told };
}

describe('a server is told', () => {
  test('of a URI once, when the first comes, and when the last goes', async () => {
    const { subscriptions, told } = made();
    const [ann, bob] = [() => {}, () => {}];
    await subscriptions.add('a:b', ann);
    await subscriptions.add('a:b', bob);
    await subscriptions.remove('a:b', ann);
    assert.deepEqual(told, ['subscribe a:b']);
    await subscriptions.remove('a:b', bob);
    await subscriptions.remove('a:b', bob);
    assert.deepEqual(told, ['subscribe a:b', 'unsubscribe a:b']);
  });
  test('of everything once more when its session was opened anew', async () => {
    const { subscriptions, told } = made();
    await subscriptions.add('a:1', () => {});
    await subscriptions.add('a:2', () => {});
    await subscriptions.replay();
    assert.deepEqual(told.slice(2), ['subscribe a:1', 'subscribe a:2']);
  });
  test('again after it refused', async () => {
    const { subscriptions, told } = made(() => Promise.reject(new GatewayError('resource_unknown')));
    for (let i = 0; i < 2; i++)
      assert.equal(await codeRejected(subscriptions.add('a:b', () => {})), 'resource_unknown');
    assert.deepEqual(told, ['subscribe a:b', 'subscribe a:b']);
    assert.doesNotThrow(() => subscriptions.updated('a:b', update));
  });
});

describe('what a server is told of one URI', () => {
  const [ann, bob] = [() => {}, () => {}];
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
    assert.deepEqual(told, ['subscribe a:b']);
    for (const said of [2, 3, 3]) {
      answers[told.length - 1]?.resolve();
      await turn();
      assert.equal(told.length, said);
    }
    await Promise.all([first, removed, again]);
    assert.deepEqual(told, ['subscribe a:b', 'unsubscribe a:b', 'subscribe a:b']);
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
  const outcomes = [codeRejected(subscriptions.add('a:b', () => {})), codeRejected(subscriptions.add('a:b', () => {}))];
  asked.reject(new GatewayError('resource_unknown'));
  assert.deepEqual(await Promise.all(outcomes), ['resource_unknown', 'resource_unknown']);
  assert.deepEqual(told, ['subscribe a:b']);
});

test('an update goes to all who watch the resource or what it is a part of, and to nobody else', async () => {
  const { subscriptions } = made();
  const heard: string[] = [];
  for (const uri of ['a:b', 'a:b/c', 'a:b/', 'a:x', 'a:', 'a:b/cc']) {
    await subscriptions.add(uri, () => heard.push(uri));
    await subscriptions.add(uri, () => heard.push(`${uri} too`));
  }
  subscriptions.updated('a:b/c', update);
  assert.deepEqual(heard, ['a:b', 'a:b too', 'a:b/c', 'a:b/c too', 'a:b/', 'a:b/ too']);
});
