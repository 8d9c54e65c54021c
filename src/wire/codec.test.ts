import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { heardMessage } from '../../test/rig/made.ts';
import {
  errorCodeEdits,
  jsonRpcError,
  jsonRpcFailure,
  jsonRpcResult,
  jsonRpcResultOf,
  notificationText,
  opensSession,
  sameEra,
} from './codec.ts';
import { codecOf, knownMethods, SELF_DESCRIBING, SESSIONFUL } from './codecs.ts';
import { splice } from './json/splice.ts';

const modern = codecOf('2026-07-28');
const legacy = codecOf('2025-11-25');
const oldest = codecOf('2024-11-05');

describe('the revisions', () => {
  test('each is found under its own name', () => {
    for (const revision of [...SELF_DESCRIBING, ...SESSIONFUL]) assert.equal(codecOf(revision).revision, revision);
  });
  test('describe themselves, or open a session, and never both', () => {
    assert.deepEqual(SELF_DESCRIBING, ['2026-07-28']);
    assert.deepEqual(SESSIONFUL, ['2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05']);
    assert.deepEqual(
      [...SELF_DESCRIBING, ...SESSIONFUL].map((revision) => opensSession(codecOf(revision))),
      [false, ...SESSIONFUL.map(() => true)],
    );
  });
  test('know batches in 2025-03-26 alone', () => {
    const batching = [...SELF_DESCRIBING, ...SESSIONFUL].filter((revision) => codecOf(revision).batches);
    assert.deepEqual(batching, ['2025-03-26']);
  });
  test('let servers ask for elicitation since 2025-06-18, and not any more when requests describe themselves', () => {
    const asking = [...SELF_DESCRIBING, ...SESSIONFUL].filter((r) => codecOf(r).questions.has('elicitation/create'));
    assert.deepEqual(asking, ['2025-11-25', '2025-06-18']);
  });
  test('name the methods of all of them as one closed set', () => {
    const methods = knownMethods();
    assert.ok(methods.has('initialize') && methods.has('server/discover'));
    assert.ok(!methods.has('sampling/createMessage'));
  });
});

describe('eras', () => {
  test('revisions with sessions are one era', () => {
    assert.equal(sameEra(oldest, legacy), true);
    assert.equal(sameEra(modern, legacy), false);
  });
});

describe('messages of our own', () => {
  test('a result around text, and around bytes', () => {
    const said = '{"jsonrpc":"2.0","id":"x","result":{"a":1}}';
    assert.equal(jsonRpcResult('"x"', '{"a":1}').toString(), said);
    assert.equal(jsonRpcResultOf('"x"', [Buffer.from('{"a"'), Buffer.from(':1}')]).join(''), said);
  });
  test('an error with an id, and one without', () => {
    const error = { code: -1, message: 'no "way"' };
    assert.deepEqual(JSON.parse(jsonRpcError('7', error).toString()), { jsonrpc: '2.0', id: 7, error });
    assert.deepEqual(JSON.parse(jsonRpcFailure(error).toString()), { jsonrpc: '2.0', error });
  });
  test('a notification with params, and one without', () => {
    assert.equal(notificationText('a/b'), '{"jsonrpc":"2.0","method":"a/b"}');
    assert.equal(notificationText('a/b', '{}'), '{"jsonrpc":"2.0","method":"a/b","params":{}}');
  });
});

describe('the code of an error', () => {
  const swapped = (text: string) => {
    const answer = heardMessage(`{"jsonrpc":"2.0","id":1,${text}}`);
    return splice(answer.bytes, errorCodeEdits(answer, new Map([[-1, -2]]))).toString();
  };
  test('is put in its place, and nothing else is touched', () => {
    assert.equal(
      swapped('"error":{"data":{"code":-1},"code" : -1 ,"message":"m"}'),
      '{"jsonrpc":"2.0","id":1,"error":{"data":{"code":-1},"code" : -2 ,"message":"m"}}',
    );
  });
  test('stays when it is not in the table, and when there is none', () => {
    for (const text of ['"error":{"code":-3,"message":"m"}', '"error":{"message":"m"}', '"error":{"code":"-1x"}']) {
      assert.equal(swapped(text), `{"jsonrpc":"2.0","id":1,${text}}`);
    }
  });
});
