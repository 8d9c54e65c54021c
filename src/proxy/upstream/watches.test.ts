import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { codeRejected, codeThrown, heardMessage } from '../../../test/rig/made.ts';
import { Cancellation } from '../../model/cancellation.ts';
import { GatewayError } from '../../model/errors.ts';
import type { Message } from '../../model/message.ts';
import { WATCHES_MAX, Watches } from './watches.ts';

interface Opened {
  readonly uris: readonly string[];
  readonly cancellation: Cancellation;
  readonly say: (message: Message) => void;
  readonly over: PromiseWithResolvers<void>;
}

function made() {
  const opened: Opened[] = [];
  const watches = new Watches((uris, cancellation, say) => {
    const over = Promise.withResolvers<void>();
    opened.push({ uris, cancellation, say, over });
    return over.promise;
  });
  return { watches, opened };
}

const update = heardMessage({ method: 'notifications/resources/updated', params: { uri: 'a:b' } });
const ended = new GatewayError('call_cancelled');
const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('clients that watch the same', () => {
  test('share one stream, whatever the order of what they named', async () => {
    const { watches, opened } = made();
    const heard: string[] = [];
    const cancellations = ['ann', 'bob'].map((name, at) => {
      const cancellation = new Cancellation();
      watches
        .watch(at === 0 ? ['a:1', 'a:2'] : ['a:2', 'a:1', 'a:2'], cancellation, () => heard.push(name))
        .catch(() => {});
      return cancellation;
    });
    assert.deepEqual(
      opened.map(({ uris }) => uris),
      [['a:1', 'a:2']],
    );
    opened[0]?.say(update);
    cancellations[0]?.cancel(ended);
    await turn();
    opened[0]?.say(update);
    assert.deepEqual(heard, ['ann', 'bob', 'bob']);
  });
  test('keep it until the last of them goes', async () => {
    const { watches, opened } = made();
    const cancellations = [new Cancellation(), new Cancellation()];
    const outcomes = cancellations.map((cancellation) => codeRejected(watches.watch(['a:1'], cancellation, () => {})));
    for (const [left, cancellation] of cancellations.entries()) {
      assert.deepEqual([opened[0]?.cancellation.cancelled, watches.size], [false, 1]);
      cancellation.cancel(ended);
      assert.equal(await outcomes[left], 'call_cancelled');
    }
    assert.deepEqual([opened[0]?.cancellation.cancelled, watches.size], [true, 0]);
  });
  test('all hear of its end, and who comes then begins a new one', async () => {
    for (const refused of [false, true]) {
      const { watches, opened } = made();
      const watch = () => codeRejected(watches.watch(['a:1'], new Cancellation(), () => {}));
      const outcomes = [watch(), watch()];
      if (refused) opened[0]?.over.reject(new GatewayError('upstream_refused'));
      else opened[0]?.over.resolve();
      const said = refused ? 'upstream_refused' : 'nothing';
      assert.deepEqual(await Promise.all(outcomes), [said, said]);
      watch();
      assert.deepEqual([opened.length, watches.size], [2, 1]);
    }
  });
});

test('who is gone already leaves no stream behind', async () => {
  const { watches, opened } = made();
  const gone = new Cancellation();
  gone.cancel(ended);
  assert.equal(await codeRejected(watches.watch(['a:1'], gone, () => {})), 'call_cancelled');
  assert.deepEqual([opened[0]?.cancellation.cancelled ?? true, watches.size], [true, 0]);
});

test('different sets have streams of their own, up to a limit', () => {
  const { watches, opened } = made();
  const watch = (n: number) => void watches.watch([`a:${n}`], new Cancellation(), () => {});
  for (let n = 0; n < WATCHES_MAX; n++) watch(n);
  assert.equal(
    codeThrown(() => watch(WATCHES_MAX)),
    'over_limit',
  );
  watch(0);
  assert.equal(opened.length, WATCHES_MAX);
});
