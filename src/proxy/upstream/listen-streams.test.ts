import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { HandWheel } from '../../../test/rig/hand-wheel.ts';
import { codeRejected, heardMessage } from '../../../test/rig/made.ts';
import type { Cancellation } from '../../model/cancellation.ts';
import { GatewayError } from '../../model/errors.ts';
import type { Message } from '../../model/message.ts';
import { ListenStreams, STREAMS_MAX } from './listen-streams.ts';

const LATE_MS = 1_000;

interface Opened {
  readonly uris: readonly string[];
  readonly cancellation: Cancellation;
  readonly say: (message: Message) => void;
  readonly over: PromiseWithResolvers<Message>;
  /** Agrees to these, or to all that was asked for. */
  readonly agree: (uris?: readonly string[]) => void;
}

function made() {
  const opened: Opened[] = [];
  const updates: Message[] = [];
  const wheel = new HandWheel();
  const streams = new ListenStreams({
    ...{ wheel, answerTimeoutMs: LATE_MS },
    listened: { field: 'resourceSubscriptions', method: 'notifications/resources/updated' },
    onUpdate: (message) => updates.push(message),
    listen: (uris, cancellation, say) => {
      const over = Promise.withResolvers<Message>();
      const agree = (agreed = uris) => say(acknowledged({ resourceSubscriptions: agreed }));
      opened.push({ uris, cancellation, say, over, agree });
      return cancellation.race(over.promise);
    },
  });
  const nth = (at: number) => opened[at] as Opened;
  /** As many URIs as make a stream each, agreed to. */
  const fill = async (count: number) => {
    for (let n = 0; n < count; n++) {
      const told = streams.watch(`a:${n}`);
      await turn();
      nth(n).agree();
      await told;
    }
  };
  return { streams, opened, updates, wheel, nth, fill };
}

const acknowledged = (notifications: unknown) =>
  heardMessage({ method: 'notifications/subscriptions/acknowledged', params: { notifications } });
const refusal = heardMessage({ id: 1, error: { code: -32601, message: 'no' } });
const farewell = heardMessage({ id: 1, result: {} });
const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('a server is told what is watched', () => {
  test('over one stream for what is asked for at the same time, and a further one for the rest', async () => {
    const { streams, opened, nth } = made();
    const told = [streams.watch('a:1'), streams.watch('a:2'), streams.watch('a:1')];
    await turn();
    streams.watch('a:3');
    await turn();
    assert.deepEqual(
      opened.map(({ uris }) => uris),
      [['a:1', 'a:2'], ['a:3']],
    );
    nth(0).agree();
    await Promise.all(told);
  });
  test('and what it does not agree to is refused, alone', async () => {
    const { streams, nth } = made();
    const [yes, no] = [streams.watch('a:1'), codeRejected(streams.watch('a:2'))];
    await turn();
    nth(0).agree(['a:1']);
    await yes;
    assert.deepEqual([await no, nth(0).cancellation.cancelled], ['resource_unknown', false]);
  });
  test('until nobody wants any of it', async () => {
    const { streams, nth } = made();
    void streams.watch('a:1');
    void streams.watch('a:2');
    await turn();
    nth(0).agree();
    await streams.unwatch('a:1');
    assert.equal(nth(0).cancellation.cancelled, false);
    await streams.unwatch('a:2');
    assert.equal(nth(0).cancellation.cancelled, true);
  });
  test('and updates come through, but nothing else', async () => {
    const { streams, nth, updates } = made();
    void streams.watch('a:1');
    await turn();
    nth(0).agree();
    const update = heardMessage({ method: 'notifications/resources/updated', params: { uri: 'a:1' } });
    for (const each of [update, heardMessage({ method: 'notifications/message' })]) nth(0).say(each);
    assert.deepEqual(updates, [update]);
  });
});

describe('a stream that was not agreed to', () => {
  const rows: [string, (opened: Opened, wheel: HandWheel) => void, string][] = [
    ['because none of it is', ({ agree }) => agree([]), 'resource_unknown'],
    ['because the filter has no resources', ({ say }) => say(acknowledged({})), 'resource_unknown'],
    ['because the filter is none', ({ say }) => say(acknowledged(7)), 'resource_unknown'],
    [
      'because its resources are no list',
      ({ say }) => say(acknowledged({ resourceSubscriptions: 'a:1' })),
      'resource_unknown',
    ],
    ['because the server refuses', ({ over }) => over.resolve(refusal), 'resource_unknown'],
    ['because the server ends it', ({ over }) => over.resolve(farewell), 'upstream_lost'],
    ['because nobody is there', ({ over }) => over.reject(new GatewayError('upstream_down')), 'upstream_down'],
    ['because the server says nothing', (_, wheel) => wheel.turn(LATE_MS), 'upstream_timeout'],
  ];
  for (const [why, happens, code] of rows) {
    test(`${why} is not tried again`, async () => {
      const { streams, opened, nth, wheel } = made();
      const told = codeRejected(streams.watch('a:1'));
      await turn();
      happens(nth(0), wheel);
      assert.equal(await told, code);
      wheel.turn(60_000);
      await turn();
      assert.deepEqual([opened.length, nth(0).cancellation.cancelled], [1, true]);
    });
  }
});

describe('a stream that its server ends', () => {
  test('is opened again with what is still wanted, ever more rarely', async () => {
    const { streams, opened, nth, wheel } = made();
    for (const uri of ['a:1', 'a:2']) void streams.watch(uri);
    await turn();
    nth(0).agree();
    await streams.unwatch('a:1');
    for (const [ended, waitMs] of [500, 1_000, 2_000].entries()) {
      nth(ended).over.resolve(farewell);
      await turn();
      wheel.turn(waitMs - 1);
      await turn();
      assert.equal(opened.length, ended + 1);
      wheel.turn(1);
      await turn();
      assert.deepEqual(opened.at(-1)?.uris, ['a:2']);
    }
  });
  test('is opened again as soon as the first time when it was open for a while', async () => {
    const { streams, opened, nth, wheel } = made();
    void streams.watch('a:1');
    await turn();
    nth(0).agree();
    for (let ended = 0; ended < 5; ended++) {
      wheel.turn(20_000);
      nth(ended).over.resolve(farewell);
      await turn();
      wheel.turn(500);
      await turn();
      assert.equal(opened.length, ended + 2);
    }
  });
  test('is not when the link has ended meanwhile, or nobody wants it any more', async () => {
    for (const end of [
      (streams: ListenStreams) => streams.stop(),
      (streams: ListenStreams) => void streams.unwatch('a:1'),
    ]) {
      const { streams, opened, nth, wheel } = made();
      void streams.watch('a:1');
      await turn();
      nth(0).agree();
      nth(0).over.resolve(farewell);
      await turn();
      end(streams);
      await turn();
      wheel.turn(60_000);
      await turn();
      assert.equal(opened.length, 1);
    }
  });
});

describe('when there are too many streams', () => {
  test('one for all takes their place as soon as it is agreed to', async () => {
    const { streams, opened, nth, fill } = made();
    await fill(STREAMS_MAX);
    const told = streams.watch('a:more');
    await turn();
    assert.equal(nth(STREAMS_MAX).uris.length, STREAMS_MAX + 1);
    const open = () => opened.filter(({ cancellation }) => !cancellation.cancelled).length;
    assert.equal(open(), STREAMS_MAX + 1);
    nth(STREAMS_MAX).agree();
    await told;
    assert.equal(open(), 1);
  });
  test('they stay when that one is refused', async () => {
    const { streams, opened, nth, fill } = made();
    await fill(STREAMS_MAX);
    const told = codeRejected(streams.watch('a:more'));
    await turn();
    nth(STREAMS_MAX).over.resolve(refusal);
    assert.equal(await told, 'resource_unknown');
    await turn();
    assert.equal(opened.filter(({ cancellation }) => !cancellation.cancelled).length, STREAMS_MAX);
  });
});
