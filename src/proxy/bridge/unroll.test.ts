import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { codeRejected, heardMessage, limitsWith, madeCall, targetOf } from '../../../test/rig/made.ts';
import type { ClientFacts, Outlet } from '../../model/call.ts';
import { Cancellation } from '../../model/cancellation.ts';
import { GatewayError } from '../../model/errors.ts';
import type { Limits } from '../../model/limits.ts';
import type { Message } from '../../model/message.ts';
import { codecOf } from '../../wire/codecs.ts';
import type { RoutedCall, Way } from '../route/route.ts';
import type { LinkCall } from '../upstream/outgoing.ts';
import type { BridgeParts } from './bridge.ts';
import { unroll } from './unroll.ts';

const CLIENT: ClientFacts = {
  capabilities: '{"elicitation":{},"roots":{"listChanged":true}}',
  fingerprint: 'f',
  info: '{"name":"c"}',
  logLevel: 'info',
};
const DONE = { result: { resultType: 'complete', content: [] } };
const required = (members: object) => ({ result: { resultType: 'input_required', ...members } });
const form = { method: 'elicitation/create', params: { message: 'Who?' } };

interface World {
  readonly answers: readonly object[];
  readonly ask?: Outlet['ask'];
  readonly limits?: Partial<Limits>;
  readonly method?: string;
  readonly cancellation?: Cancellation;
  /** The client may not make this call any more. */
  readonly forbidden?: boolean;
}

/** A server that gives these answers, one by one, and a client that answers what it is asked. */
function world({
  answers,
  ask = answerIt,
  limits = {},
  method = 'tools/call',
  cancellation = new Cancellation(),
  forbidden = false,
}: World) {
  const sent: LinkCall[] = [];
  const slept: number[] = [];
  const holds: string[] = [];
  const link = {
    codec: codecOf('2026-07-28'),
    options: { limits: limitsWith(limits) },
    call: async (call: LinkCall) => {
      sent.push(call);
      const answer = answers[sent.length - 1];
      if (answer instanceof GatewayError) throw answer;
      return { message: heardMessage({ id: 1, ...answer }), status: 200, sessionId: undefined };
    },
  };
  const failed: string[] = [];
  const healing = { failed: (_: unknown, why: string) => failed.push(why) };
  const way = { upstream: { name: 'srv', healing }, link } as unknown as Way;
  const sleep = (ms: number) => {
    slept.push(ms);
    return { done: Promise.resolve(), wake: () => {} };
  };
  const parts = {
    ...{ wheel: { sleep }, catalogues: { of: () => ({ serverInfo: '{}' }) } },
    recheck: () => {
      if (forbidden) throw new GatewayError('tool_unknown');
    },
  } as unknown as BridgeParts;
  const made = madeCall(
    { id: 'mine', method, params: { name: 'x' } },
    {
      ...{ client: CLIENT, target: targetOf('tools', 'x'), cancellation },
      outlet: { notify: () => {}, ask },
      timer: {
        touch: () => {},
        hold: () => {
          holds.push('held');
          return () => holds.push('released');
        },
      },
    },
  );
  const call = { ...made, way, serverHeaders: [] } as RoutedCall;
  const run = () => unroll(call, way, parts).then(({ body }) => JSON.parse(String(body)));
  const params = (n: number) => JSON.parse(String(sent[n]?.message.bytes)).params;
  return { run, call, sent, slept, holds, params, failed };
}

const answerIt = async (): Promise<Message> => heardMessage({ id: 9, result: { action: 'accept' } });

describe('a call of an older client to a newer server', () => {
  test('that is answered at once is made once, with what the client can do in the server’s words', async () => {
    const { run, sent } = world({ answers: [DONE] });
    assert.deepEqual(await run(), { jsonrpc: '2.0', id: 'mine', result: { content: [] } });
    assert.equal(sent.length, 1);
    assert.deepEqual(sent[0]?.client, { ...CLIENT, capabilities: '{"elicitation":{"form":{}},"roots":{}}' });
  });
  test('of a client that cannot be asked says so to the server', async () => {
    const { run, call, sent } = world({ answers: [DONE, DONE] });
    await run();
    Object.assign(call, { outlet: { notify: () => {}, ask: undefined } });
    await run();
    assert.equal(sent[1]?.client.capabilities, '{}');
  });
  test('is made again with answers and state, and the time of who answers does not count', async () => {
    const asks = required({ inputRequests: { k: form }, requestState: 's' });
    const { run, params, holds, slept } = world({ answers: [asks, DONE] });
    await run();
    assert.deepEqual(params(1), { name: 'x', inputResponses: { k: { action: 'accept' } }, requestState: 's' });
    assert.deepEqual([holds, slept], [['held', 'released'], []]);
  });
  test('keeps no state of an earlier round', async () => {
    const first = required({ inputRequests: { a: form }, requestState: 's' });
    const { run, params } = world({ answers: [first, required({ inputRequests: { b: form } }), DONE] });
    await run();
    assert.deepEqual(params(2), { name: 'x', inputResponses: { b: { action: 'accept' } } });
  });
  test('waits a moment where nobody is asked', async () => {
    const { run, params, slept } = world({ answers: [required({ requestState: '' }), DONE] });
    await run();
    assert.deepEqual([slept, params(1)], [[250], { name: 'x', requestState: '' }]);
  });
  test('ends with the answers in hand, when it could not begin any more', async () => {
    const asks = required({ inputRequests: { k: form } });
    const { run, sent } = world({ answers: [asks, DONE], forbidden: true });
    assert.deepEqual([await codeRejected(run()), sent.length], ['tool_unknown', 1]);
  });
  test('ends while it waits, when it is over', async () => {
    const cancellation = new Cancellation();
    const { run, sent } = world({ answers: [required({ requestState: 's' })], cancellation });
    const running = codeRejected(run());
    cancellation.cancel(new GatewayError('call_cancelled'));
    assert.equal(await running, 'call_cancelled');
    assert.equal(sent.length, 1);
  });
});

describe('the server is told off, and nobody is asked,', () => {
  const asked: string[] = [];
  const ask = async (question: Message) => {
    asked.push(question.method);
    return answerIt();
  };
  const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, n) => [`q${n}`, form]));
  const rows: [string, World, string][] = [
    [
      'when it asks for what there is not',
      { answers: [required({ inputRequests: { a: { method: 'x' } } })] },
      'upstream_invalid',
    ],
    ['when it asks for nothing', { answers: [required({})] }, 'upstream_invalid'],
    [
      'when it asks where it may not',
      { answers: [required({ requestState: 's' })], method: 'completion/complete' },
      'upstream_invalid',
    ],
    [
      'when it asks too much at once',
      { answers: [required({ inputRequests: many(3) })], limits: { questionsPerCallMax: 2 } },
      'upstream_insists',
    ],
    [
      'when it asks once too often',
      { answers: Array(3).fill(required({ requestState: 's' })), limits: { questionRoundsMax: 2 } },
      'upstream_insists',
    ],
    [
      'when one of two things is beyond the client',
      { answers: [required({ inputRequests: { a: form, b: { method: 'sampling/createMessage', params: {} } } })] },
      'client_unable',
    ],
  ];
  for (const [what, made, code] of rows) {
    test(what, async () => {
      assert.equal(await codeRejected(world({ ask, ...made }).run()), code);
      assert.deepEqual(asked, []);
    });
  }
});

describe('an answer that does not come', () => {
  const asks = required({ inputRequests: { a: form, b: { method: 'roots/list' } } });
  test('because the client refuses withdraws what else was asked', async () => {
    const ends: (string | undefined)[] = [];
    const ask = (question: Message, cancellation: Cancellation) =>
      new Promise<Message>((resolve) => {
        cancellation.onCancel((reason) => ends.push(`${question.method} ${reason.code}`));
        if (question.method === form.method) resolve(heardMessage({ id: 9, error: { code: -1, message: 'No' } }));
      });
    const { run, holds } = world({ answers: [asks], ask });
    assert.equal(await codeRejected(run()), 'client_unable');
    assert.ok(ends.includes('roots/list call_cancelled'));
    assert.deepEqual(holds, ['held', 'released']);
  });
  test('because the client has gone ends the call', async () => {
    const ask = () => Promise.reject(new GatewayError('call_cancelled'));
    assert.equal(await codeRejected(world({ answers: [asks], ask }).run()), 'client_unable');
  });
  test('because the time is over ends the call with that reason', async () => {
    const cancellation = new Cancellation();
    const ask = (_: Message, asked: Cancellation) =>
      new Promise<Message>((_resolve, reject) => void asked.onCancel(() => reject(new GatewayError('call_cancelled'))));
    const running = codeRejected(world({ answers: [asks], ask, cancellation }).run());
    await new Promise(setImmediate);
    cancellation.cancel(new GatewayError('upstream_timeout'));
    assert.equal(await running, 'upstream_timeout');
  });
});

describe('a server that is gone', () => {
  const gone = new GatewayError('upstream_down');
  test('before anybody was asked was never reached', async () => {
    assert.equal(await codeRejected(world({ answers: [gone] }).run()), 'upstream_down');
  });
  test('after somebody was asked is lost, so that nobody is asked again', async () => {
    const asks = required({ inputRequests: { a: form } });
    const { run, failed } = world({ answers: [asks, gone] });
    assert.equal(await codeRejected(run()), 'upstream_lost');
    assert.equal(failed.length, 1);
  });
});

describe('a capability that the server misses', () => {
  test('ends the call in plain words', async () => {
    const error = { code: -32021, message: 'm', data: { requiredCapabilities: { sampling: {} } } };
    assert.equal(await codeRejected(world({ answers: [{ error }] }).run()), 'client_unable');
  });
  test('is no such thing in a result', async () => {
    const answer = { result: { code: -32021, content: [] } };
    assert.deepEqual((await world({ answers: [answer] }).run()).result, { code: -32021, content: [] });
  });
});
