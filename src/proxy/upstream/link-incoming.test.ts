import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { heardMessage, limitsWith, type MadeCall, madeCall, NO_CLIENT, targetOf } from '../../../test/rig/made.ts';
import { Cancellation } from '../../model/cancellation.ts';
import { GatewayError } from '../../model/errors.ts';
import type { Message } from '../../model/message.ts';
import type { Revision } from '../../model/revision.ts';
import { codecOf } from '../../wire/codecs.ts';
import { IdTable } from '../id-table.ts';
import { Deadline, type TimerWheel } from '../timer-wheel.ts';
import { Incoming, type Inflight } from './link-incoming.ts';

type Ask = (question: Message, cancellation: Cancellation) => Promise<Message>;

/** A clock that stands still. */
const STILL = { now: () => 0, arm: (ms: number, fire: () => void) => new Deadline(ms, fire), move: () => {} };

/** A link whose calls in flight are put there by hand, and everything it does as text. */
function madeLink({
  revision = '2025-11-25' as Revision,
  questionsPerCallMax = 2,
  shared = false,
  kind = 'pipe' as 'pipe' | 'stream',
  wheel = STILL as Pick<TimerWheel, 'now' | 'arm' | 'move'>,
  deliver = async () => {},
} = {}) {
  const inflight = new IdTable<Inflight>();
  const seen: string[] = [];
  const posted: string[] = [];
  const incoming = new Incoming(
    inflight,
    limitsWith({ questionsPerCallMax }),
    {
      onListChanged: (kind) => seen.push(`changed ${kind}`),
      onResourceUpdated: (uri) => seen.push(`updated ${uri}`),
      onLimit: (limit) => seen.push(`limit ${limit}`),
      onOddity: (what) => seen.push(what),
    },
    {
      post: (bytes) => {
        posted.push(bytes.toString());
        return deliver();
      },
      codec: () => codecOf(revision),
      kind: () => kind,
      wheel,
      shared,
    },
  );
  const call = (id: number, change: Parameters<typeof madeCall>[1] & { token?: string; ask?: Ask } = {}): MadeCall => {
    const { token, ask, ...rest } = change;
    const made = madeCall({ id: 1, method: 'tools/call', params: { name: 'x' } }, { revision, ...rest });
    const asking = ask ? { ...made, outlet: { ...made.outlet, ask } } : made;
    incoming.logs.usedBy(asking.sessionId);
    inflight.set(id, { call: asking, progressToken: token, questions: 0 });
    return asking;
  };
  return { incoming, inflight, call, seen, posted };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));
const notice = (method: string, params?: object) => heardMessage({ method, ...(params ? { params } : {}) });
const question = (method = 'elicitation/create') => heardMessage({ id: 'q', method, params: {} });
const answerIt: Ask = async () => heardMessage({ id: 99, result: { action: 'accept' } });

describe('progress', () => {
  const progress = (token: unknown) => notice('notifications/progress', { progressToken: token, progress: 1 });

  test('goes to the call of our token, under the client’s own token in its own type', () => {
    const link = madeLink();
    const text = link.call(1, { token: '"7"' });
    const number = link.call(2, { token: '7' });
    link.incoming.stray(progress(1));
    link.incoming.stray(progress(2));
    assert.match(String(text.notified), /"progressToken":"7"/);
    assert.match(String(number.notified), /"progressToken":7,/);
  });
  test('goes there by its token even on another call’s stream', () => {
    const link = madeLink();
    const one = link.call(1, { token: '5' });
    const other = link.call(2, { token: '5' });
    link.incoming.ofCall(progress(2), 1);
    assert.deepEqual([one.notified.length, other.notified.length], [0, 1]);
  });
  test('gives the call time again', () => {
    const link = madeLink();
    const steps: string[] = [];
    link.call(1, { token: '5', timer: { touch: () => steps.push('touched'), hold: () => () => {} } });
    link.incoming.stray(progress(1));
    assert.deepEqual(steps, ['touched']);
  });
  for (const token of [2, '1', null, [1], 'x']) {
    test(`under token ${JSON.stringify(token)}, which we never gave, goes nowhere`, () => {
      const link = madeLink();
      const call = link.call(1, { token: '5' });
      link.incoming.stray(progress(token));
      assert.deepEqual([call.notified, link.seen], [[], ['progress without a call']]);
    });
  }
  test('of a call that wanted none goes nowhere', () => {
    const link = madeLink();
    assert.deepEqual(
      [link.call(1).notified, link.incoming.stray(progress(1)), link.seen],
      [[], undefined, ['progress without a call']],
    );
  });
});

describe('a log line', () => {
  const line = notice('notifications/message', { level: 'info', data: 1 });

  test('on a call’s stream is the call’s', () => {
    const link = madeLink();
    const call = link.call(1, { sessionId: 's' });
    link.incoming.ofCall(line, 1);
    assert.equal(call.notified.length, 1);
  });
  test('below the level that the client set is held back', () => {
    const link = madeLink();
    const call = link.call(1, { sessionId: 's', client: { ...NO_CLIENT, logLevel: 'error' } });
    link.incoming.ofCall(line, 1);
    assert.deepEqual([call.notified, link.seen], [[], []]);
  });
  test('beside the calls belongs to the only client that has ever used the link', () => {
    const link = madeLink();
    const call = link.call(1, { sessionId: 's' });
    link.call(2, { sessionId: 's' });
    link.incoming.stray(line);
    assert.equal(call.notified.length, 1);
  });
  test('beside the calls of two clients goes nowhere', () => {
    const link = madeLink();
    const calls = [link.call(1, { sessionId: 's' }), link.call(2, { sessionId: 't' })];
    link.incoming.stray(line);
    assert.deepEqual([calls.map((call) => call.notified.length), link.seen], [[0, 0], ['unassignable log message']]);
  });
  test('beside the calls of two clients belongs to the one call there is, and to nobody when there are two', () => {
    const link = madeLink();
    link.call(1, { sessionId: 's' });
    link.inflight.delete(1);
    const call = link.call(2, { sessionId: 't' });
    link.incoming.stray(line);
    const again = link.call(3, { sessionId: 's' });
    link.incoming.stray(line);
    assert.deepEqual([call.notified.length, again.notified], [1, []]);
    assert.deepEqual(link.seen, ['unassignable log message']);
  });
  test('beside the calls of clients without a session belongs to the one call there is', () => {
    const link = madeLink({ revision: '2026-07-28' });
    const wants = { client: { ...NO_CLIENT, logLevel: 'info' } };
    const call = link.call(1, wants);
    link.incoming.stray(line);
    assert.equal(call.notified.length, 1);
    const mute = madeLink({ revision: '2026-07-28' });
    const other = mute.call(1);
    mute.incoming.stray(line);
    assert.deepEqual([other.notified, mute.seen], [[], []]);
  });
  for (const revision of ['2026-07-28', '2025-11-25'] as const) {
    test(`beside the calls goes nowhere while one that was given up may still be worked on, in ${revision}`, () => {
      const link = madeLink({ revision });
      const wants = { client: { ...NO_CLIENT, logLevel: 'info' } };
      link.call(1, wants);
      link.incoming.gaveUp(1);
      link.inflight.delete(1);
      const call = link.call(2, wants);
      link.incoming.stray(line);
      assert.deepEqual(call.notified, []);
      link.incoming.abandoned.over(1);
      link.incoming.stray(line);
      assert.equal(call.notified.length, 1);
    });
  }
  test('on a stream of its own goes nowhere while it may have been overtaken by the end of another call', () => {
    let nowMs = 1_000;
    const wheel = { ...STILL, now: () => nowMs };
    const link = madeLink({ kind: 'stream', wheel });
    const call = link.call(1, { client: { ...NO_CLIENT, logLevel: 'info' } });
    link.incoming.logs.ended();
    link.incoming.stray(line);
    nowMs += 199;
    link.incoming.stray(line);
    assert.deepEqual(call.notified, []);
    nowMs += 1;
    link.incoming.stray(line);
    assert.equal(call.notified.length, 1);
  });
  test('beside the calls goes nowhere on a link that principals share', () => {
    const link = madeLink({ shared: true });
    const call = link.call(1, { sessionId: 's' });
    link.incoming.stray(line);
    assert.deepEqual([call.notified, link.seen], [[], ['unassignable log message']]);
  });
  for (const level of [undefined, 5, null]) {
    test(`whose level is ${JSON.stringify(level)} goes nowhere`, () => {
      const link = madeLink();
      const call = link.call(1, { sessionId: 's' });
      link.incoming.ofCall(notice('notifications/message', level === undefined ? {} : { level }), 1);
      assert.deepEqual([call.notified, link.seen], [[], ['unassignable log message']]);
    });
  }
  test('crosses the eras', () => {
    const link = madeLink();
    const call = link.call(1, { revision: '2026-07-28', client: { ...NO_CLIENT, logLevel: 'debug' } });
    link.incoming.ofCall(line, 1);
    assert.equal(call.notified.length, 1);
  });
});

describe('a question', () => {
  test('on a call’s stream is put to its client, and the answer goes back under the server’s id', async () => {
    const link = madeLink();
    link.call(1, { ask: answerIt });
    link.incoming.ofCall(question(), 1);
    await turn();
    assert.deepEqual(link.posted, ['{"jsonrpc":"2.0","id":"q","result":{"action":"accept"}}']);
  });
  test('of an aggregate that turns out to be no JSON is refused, and the call can still be asked', async () => {
    const link = madeLink({ questionsPerCallMax: 1 });
    const endpointDefinition = {
      name: '',
      naming: 'prefixed',
      separator: '__',
      organisation: 'default',
      scopesSupported: [],
      servers: ['srv'],
    } as const;
    link.call(1, { ask: answerIt, endpointDefinition, target: targetOf('tools', 'x') });
    const messages = '[{"content":{"type":"resource_link","uri":"\\x"}}]';
    const head = '{"id":"q","method":"sampling/createMessage","params":{"messages":';
    link.incoming.ofCall(heardMessage(`${head}${messages}}}`), 1);
    assert.deepEqual([link.seen, link.posted.length], [['unreadable message'], 1]);
    assert.match(String(link.posted), /"id":"q","error":\{"code":-32600,/);
    link.incoming.ofCall(heardMessage(`${head}[]}}`), 1);
    await turn();
    assert.match(String(link.posted[1]), /"accept"/);
  });
  test('stops the call’s clock until it is answered', async () => {
    const link = madeLink();
    const steps: string[] = [];
    const hold = () => {
      steps.push('held');
      return () => void steps.push('released');
    };
    const timer = { touch: () => {}, hold };
    link.call(1, { ask: answerIt, timer });
    link.incoming.ofCall(question(), 1);
    assert.deepEqual(steps, ['held']);
    await turn();
    assert.deepEqual(steps, ['held', 'released']);
  });
  test('beside the calls is put to the client of the only one', async () => {
    const link = madeLink();
    link.call(1, { ask: answerIt });
    link.incoming.stray(question());
    await turn();
    assert.match(String(link.posted), /"accept"/);
    assert.equal(link.incoming.asksAside, true);
  });
  test('beside the calls may be about one whose client cannot be asked, and is then refused', async () => {
    const link = madeLink();
    link.call(1);
    link.call(2, { ask: answerIt });
    link.incoming.stray(question());
    await turn();
    assert.match(String(link.posted), /"code":-31021/);
  });
  test('beside two calls that could be asked is refused, never guessed', async () => {
    const link = madeLink();
    link.call(1, { ask: answerIt });
    link.call(2, { ask: answerIt });
    link.incoming.stray(question());
    await turn();
    assert.match(String(link.posted), /"id":"q","error":\{"code":-31021/);
    assert.deepEqual(link.seen, ['question without a call']);
  });
  test('beside the calls is put to nobody while it may be one of another client’s call that was given up', async () => {
    const link = madeLink();
    link.call(1, { ask: answerIt, sessionId: 'a' });
    link.incoming.gaveUp(1);
    link.inflight.delete(1);
    link.call(2, { ask: answerIt, sessionId: 'b' });
    link.incoming.stray(question());
    assert.match(String(link.posted), /"code":-31021/);
    link.incoming.abandoned.over(1);
    link.incoming.stray(question());
    await turn();
    assert.match(String(link.posted.at(-1)), /"accept"/);
  });
  test('that no client could answer is refused', async () => {
    const link = madeLink();
    link.call(1, { ask: () => Promise.reject(new GatewayError('call_cancelled')) });
    link.incoming.ofCall(question(), 1);
    await turn();
    assert.match(String(link.posted), /"code":-32603/);
  });
  test('too many in one call is refused and counted', async () => {
    const link = madeLink({ questionsPerCallMax: 2 });
    link.call(1, { ask: answerIt });
    for (let i = 0; i < 3; i++) link.incoming.ofCall(question(), 1);
    await turn();
    assert.deepEqual(link.posted.map((text) => text.includes('-31029')).sort(), [false, false, true]);
    assert.deepEqual(link.seen, ['limit questionsPerCallMax']);
  });
  test('that the revision does not know is refused', async () => {
    const link = madeLink({ revision: '2025-03-26' });
    link.call(1, { ask: answerIt });
    link.incoming.ofCall(question(), 1);
    await turn();
    assert.match(String(link.posted), /"code":-32601/);
  });
  test('whether we are alive is answered at once, whoever asks', async () => {
    const link = madeLink();
    link.incoming.stray(question('ping'));
    await turn();
    assert.deepEqual(link.posted, ['{"jsonrpc":"2.0","id":"q","result":{}}']);
    assert.equal(link.incoming.asksAside, false);
  });
  test('too many of which are on their way to be answered is left out and counted, but a client’s answer is not', async () => {
    const link = madeLink({ deliver: () => new Promise(() => {}) });
    link.call(1, { ask: answerIt });
    for (let i = 0; i < 65; i++) link.incoming.stray(question('ping'));
    assert.deepEqual([link.posted.length, link.seen], [64, ['too many answers to deliver']]);
    link.incoming.ofCall(question(), 1);
    await turn();
    assert.match(String(link.posted[64]), /"accept"/);
  });
  test('is answered again when those before were delivered', async () => {
    const link = madeLink();
    for (let i = 0; i < 100; i++) {
      link.incoming.stray(question('ping'));
      if (i % 60 === 0) await turn();
    }
    assert.equal(link.posted.length, 100);
  });
  test('ends for the client when the server takes it back, and when the call ends', () => {
    for (const end of ['server', 'call']) {
      const link = madeLink();
      let ended: string | undefined;
      const never: Ask = (_, cancellation) => {
        cancellation.onCancel((reason) => {
          ended = reason.code;
        });
        return new Promise(() => {});
      };
      const call = link.call(1, { ask: never, cancellation: new Cancellation() });
      link.incoming.ofCall(question(), 1);
      if (end === 'call') call.cancellation.cancel(new GatewayError('upstream_timeout'));
      else link.incoming.stray(notice('notifications/cancelled', { requestId: 'q' }));
      assert.equal(ended, end === 'call' ? 'upstream_timeout' : 'call_cancelled');
    }
  });
});

describe('a notice', () => {
  const rows: [string, Message, string][] = [
    [
      'of a changed list is told once, whatever stream it comes on',
      notice('notifications/tools/list_changed'),
      'changed tools',
    ],
    [
      'of an updated resource is told with its URI',
      notice('notifications/resources/updated', { uri: 'a:b' }),
      'updated a:b',
    ],
    [
      'that nobody knows goes nowhere when it belongs to no call',
      notice('notifications/x'),
      'unassignable notification',
    ],
    [
      'that is called like a member of every object is one that nobody knows',
      notice('constructor'),
      'unassignable notification',
    ],
  ];
  for (const [what, message, seen] of rows) {
    test(what, () => {
      const link = madeLink();
      link.incoming.stray(message);
      assert.deepEqual(link.seen, [seen]);
    });
  }
  test('that nobody knows goes to the client of the call on whose stream it came', () => {
    const link = madeLink();
    const call = link.call(1);
    link.incoming.ofCall(notice('notifications/x', { a: 1 }), 1);
    assert.deepEqual(call.notified, ['{"jsonrpc":"2.0","method":"notifications/x","params":{"a":1}}']);
  });
  test('that nobody knows does not cross the eras', () => {
    const link = madeLink();
    const call = link.call(1, { revision: '2026-07-28' });
    link.incoming.ofCall(notice('notifications/x'), 1);
    assert.deepEqual([call.notified, link.seen], [[], ['unassignable notification']]);
  });
  test('with the id of a listen stream is that stream’s, until it is heard no more', () => {
    const link = madeLink({ revision: '2026-07-28' });
    const heard: string[] = [];
    const unlisten = link.incoming.listening(4, (message) => heard.push(message.method));
    const changed = notice('notifications/tools/list_changed', {
      _meta: { 'io.modelcontextprotocol/subscriptionId': 4 },
    });
    link.incoming.stray(changed);
    unlisten();
    link.incoming.stray(changed);
    assert.deepEqual([heard, link.seen], [['notifications/tools/list_changed'], ['changed tools']]);
  });
});

describe('what cannot be read is dropped and counted, and never thrown at the transport:', () => {
  const texts: [string, string][] = [
    ['a log level with a bad escape', '"method":"notifications/message","params":{"level":"\\x"}'],
    ['a key with a bad escape', '"method":"notifications/progress","params":{"\\x":1}'],
    ['a URI with a bad escape', '"method":"notifications/resources/updated","params":{"uri":"\\x"}'],
    ['a taken back question with a bad escape', '"method":"notifications/cancelled","params":{"\\x":1}'],
  ];
  for (const [what, text] of texts) {
    test(what, () => {
      const link = madeLink();
      link.call(1, { sessionId: 's' });
      const message = heardMessage(`{"jsonrpc":"2.0",${text}}`);
      link.incoming.stray(message);
      link.incoming.ofCall(message, 1);
      assert.deepEqual(link.seen, ['unreadable message', 'unreadable message']);
    });
  }
});
