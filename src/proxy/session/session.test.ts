import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { codeRejected, freshCall, heardMessage, NO_CLIENT, sentMessage } from '../../../test/rig/made.ts';
import { Cancellation } from '../../model/cancellation.ts';
import { GatewayError } from '../../model/errors.ts';
import { LOCAL_USER } from '../../model/principal.ts';
import { Session } from './session.ts';

const made = (capabilities = '{"elicitation":{}}') =>
  new Session(
    { id: 's', reportId: 'open_1' },
    {
      door: 'mcp-http',
      principal: LOCAL_USER,
      endpoint: 'srv',
      revision: '2025-11-25',
      client: { ...NO_CLIENT, capabilities },
    },
  );
const question = heardMessage({ id: 'theirs', method: 'elicitation/create', params: {} });

/** A stream that counts how often it was closed. */
const streamOf = () => {
  const stream = { closed: 0, send: () => {}, close: () => void stream.closed++ };
  return stream;
};

describe('a question to the client', () => {
  test('goes out under an id of ours, and the posted answer comes back', async () => {
    const session = made();
    const sent: string[] = [];
    const ask = () => session.ask(question, (message) => sent.push(message.toString()), new Cancellation());
    const asked = [ask(), ask()];
    assert.deepEqual(
      sent.map((text) => JSON.parse(text).id),
      [1, 2],
    );
    assert.equal(session.answered(sentMessage({ id: 2, result: { a: 2 } })), true);
    assert.equal(session.answered(sentMessage({ id: 1, result: { a: 1 } })), true);
    assert.deepEqual(
      (await Promise.all(asked)).map((answer) => JSON.parse(answer.bytes.toString()).result),
      [{ a: 1 }, { a: 2 }],
    );
  });
  test('is answered once, by its own id in its own type, and not by what was never asked', async () => {
    const session = made();
    const asked = session.ask(question, () => {}, new Cancellation());
    for (const id of ['1', 2, 'theirs', '__proto__'])
      assert.equal(session.answered(sentMessage({ id, result: {} })), false);
    assert.equal(session.answered(sentMessage({ id: 1, error: { code: 1, message: 'm' } })), true);
    assert.equal((await asked).kind, 'error');
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(session.answered(sentMessage({ id: 1, result: {} })), false);
  });
  test('that was withdrawn or ended with its call is taken back at the client, once, by the id it was put under', async () => {
    const session = made();
    const sent: string[] = [];
    const cancellation = new Cancellation();
    const asked = session.ask(question, (message) => sent.push(message.toString()), cancellation);
    cancellation.cancel(new GatewayError('call_cancelled'));
    assert.equal(await codeRejected(asked), 'call_cancelled');
    assert.deepEqual(JSON.parse(sent[1] ?? ''), {
      ...{ jsonrpc: '2.0', method: 'notifications/cancelled' },
      params: { requestId: 1 },
    });
    assert.equal(await codeRejected(session.ask(question, () => assert.fail('sent'), cancellation)), 'call_cancelled');
  });
  test('that was answered is not taken back', async () => {
    const session = made();
    const sent: string[] = [];
    const cancellation = new Cancellation();
    const asked = session.ask(question, (message) => sent.push(message.toString()), cancellation);
    session.answered(sentMessage({ id: 1, result: {} }));
    await asked;
    await new Promise((resolve) => setImmediate(resolve));
    cancellation.cancel(new GatewayError('call_cancelled'));
    assert.equal(sent.length, 1);
  });
  test('ends with its call, and with the session', async () => {
    const session = made();
    const cancellation = new Cancellation();
    const outcomes = [cancellation, new Cancellation()].map((one) =>
      codeRejected(session.ask(question, () => {}, one)),
    );
    cancellation.cancel(new GatewayError('upstream_timeout'));
    session.end();
    assert.deepEqual(await Promise.all(outcomes), ['upstream_timeout', 'session_unknown']);
  });
  test('is not put to a client that never said it could answer', async () => {
    const ask = made('{}').ask(question, () => assert.fail('sent'), new Cancellation());
    assert.equal(await codeRejected(ask), 'capability_missing');
  });
});

describe('the stream of a session', () => {
  test('is the newest one: an older one is closed, and its end changes nothing', () => {
    const session = made();
    const [old, young] = [streamOf(), streamOf()];
    session.attach(old);
    session.attach(young);
    session.detach(old);
    assert.deepEqual([old.closed, young.closed, session.stream === young], [1, 0, true]);
    session.detach(young);
    assert.equal(session.stream, undefined);
  });
  test('keeps the session busy, and so does a call in flight', () => {
    const session = made();
    const [stream, call] = [streamOf(), freshCall({ id: 1, method: 'ping' })];
    assert.equal(session.busy, false);
    session.attach(stream);
    assert.equal(session.busy, true);
    session.detach(stream);
    session.entered(call);
    assert.equal(session.busy, true);
    session.left(call);
    assert.equal(session.busy, false);
  });
});

describe('the calls of a session', () => {
  const entered = (session: Session, id: string | number) => {
    const call = freshCall({ id, method: 'ping' });
    session.entered(call);
    return call;
  };
  test('are cancelled by the client’s own id, in its own type, while they are in flight', () => {
    const session = made();
    const [number, text] = [entered(session, 1), entered(session, '1')];
    session.cancelCall('1');
    assert.deepEqual([number.cancellation.cancelled, text.cancellation.cancelled], [false, true]);
    session.left(number);
    session.cancelCall(1);
    assert.equal(number.cancellation.cancelled, false);
  });
  test('all end with the session', () => {
    const session = made();
    const calls = [entered(session, 1), entered(session, 1)];
    const stream = streamOf();
    session.attach(stream);
    session.end();
    assert.deepEqual(
      calls.map(({ cancellation }) => cancellation.reason?.code),
      ['call_cancelled', 'call_cancelled'],
    );
    assert.equal(stream.closed, 1);
  });
});

describe('the subscriptions of a session', () => {
  test('are as many as allowed, and one more is not remembered', () => {
    const session = made();
    assert.deepEqual(
      ['a', 'b', 'c', 'b'].map((uri) => session.subscribed(uri, () => {}, 2)),
      [true, true, false, true],
    );
    assert.deepEqual(
      ['a', 'c'].map((uri) => session.hasSubscription(uri)),
      [true, false],
    );
  });
  test('end one by one, and all of them with the session, each once', () => {
    const session = made();
    const ended: string[] = [];
    for (const uri of ['a', 'b', 'c']) session.subscribed(uri, () => ended.push(uri), 9);
    session.unsubscribe('b');
    session.unsubscribe('b');
    session.end();
    session.end();
    assert.deepEqual(ended, ['b', 'a', 'c']);
  });
});
