import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { heardMessage, NO_CLIENT, sentMessage } from '../../../test/rig/made.ts';
import { codecOf } from '../codecs.ts';
import { splice } from '../json/splice.ts';
import { codec20251125 as codec } from './codec.ts';

const from = { codec: codecOf('2026-07-28'), serverInfo: '{}', outputWrapped: false };
const R = 'io.modelcontextprotocol/';

describe('a request that describes itself', () => {
  const sent = (params: string) => {
    const message = sentMessage(`{"jsonrpc":"2.0","id":1,"method":"tools/list"${params}}`);
    return splice(message.bytes, codec.requestEdits(message, NO_CLIENT))
      .toString()
      .slice('{"jsonrpc":"2.0","id":1,"method":"tools/list"'.length, -1);
  };
  const rows: [string, string, string][] = [
    [
      'loses its envelope',
      `,"params":{"_meta":{"${R}protocolVersion":"2026-07-28","${R}clientCapabilities":{}}}`,
      ',"params":{"_meta":{}}',
    ],
    [
      'keeps every other key as it was',
      `,"params":{"_meta":{"progressToken":1.0, "${R}clientInfo":{} ,"n":12345678901234567890}}`,
      ',"params":{"_meta":{"progressToken":1.0 ,"n":12345678901234567890}}',
    ],
    [
      'keeps keys under the same prefix that are none of the envelope',
      `,"params":{"_meta":{"${R}related":1}}`,
      `,"params":{"_meta":{"${R}related":1}}`,
    ],
    ['loses nothing when there is no `_meta`', ',"params":{"cursor":"a"}', ',"params":{"cursor":"a"}'],
    ['loses nothing when there are no params', '', ''],
    ['loses nothing when `_meta` is no object', ',"params":{"_meta":[1]}', ',"params":{"_meta":[1]}'],
  ];
  for (const [what, params, expected] of rows) test(what, () => assert.equal(sent(params), expected));
});

describe('an answer of a newer server', () => {
  const told = (outcome: string) => {
    const answer = heardMessage(`{"jsonrpc":"2.0","id":1,${outcome}}`);
    return splice(answer.bytes, codec.answerEdits(answer, 'tools/call', from))
      .toString()
      .slice(24, -1);
  };
  const rows: [string, string, string][] = [
    [
      'loses its type, its cache fields and the server’s name',
      `"result":{"resultType":"complete","ttlMs":1,"tools":[],"cacheScope":"public","_meta":{"${R}serverInfo":{},"a":1}}`,
      '"result":{"tools":[],"_meta":{"a":1}}',
    ],
    [
      'loses them in any order',
      `"result":{"_meta":{"a":1,"${R}serverInfo":{}},"ttlMs":1,"resultType":"complete"}`,
      '"result":{"_meta":{"a":1}}',
    ],
    [
      'keeps fields of the same name further in',
      '"result":{"structuredContent":{"ttlMs":1}}',
      '"result":{"structuredContent":{"ttlMs":1}}',
    ],
    [
      'has its content put in an object, right beside what is taken away',
      '"result":{"ttlMs":1,"structuredContent":[1],"resultType":"complete","content":[],"cacheScope":"public"}',
      '"result":{"structuredContent":{"result":[1]},"content":[{"type":"text","text":"[1]"}]}',
    ],
    [
      'gets content where there is nothing else',
      '"result":{"resultType":"complete","structuredContent":1}',
      '"result":{"content":[{"type":"text","text":"1"}],"structuredContent":{"result":1}}',
    ],
    ['keeps a `_meta` that is no object', '"result":{"_meta":null}', '"result":{"_meta":null}'],
    [
      'that is an error of the hop becomes an internal one',
      '"error":{"code":-32020,"message":"m"}',
      '"error":{"code":-32603,"message":"m"}',
    ],
    ['that is any other error stays', '"error":{"code":-32602,"message":"m"}', '"error":{"code":-32602,"message":"m"}'],
  ];
  for (const [what, said, expected] of rows) test(what, () => assert.equal(told(said), expected));

  test('that says which resource does not exist has the older code for that, and only where a resource is read', () => {
    const gone = (data: string, code: number) => `"error":{"code":${code},"message":"m","data":${data}}`;
    const read = (said: string) => {
      const answer = heardMessage(`{"jsonrpc":"2.0","id":1,${said}}`);
      return splice(answer.bytes, codec.answerEdits(answer, 'resources/read', from))
        .toString()
        .slice(24, -1);
    };
    assert.equal(read(gone('{"uri":"a:1"}', -32602)), gone('{"uri":"a:1"}', -32002));
    for (const data of ['{}', '"uri"', '[{"uri":"a:1"}]']) assert.equal(read(gone(data, -32602)), gone(data, -32602));
    assert.equal(read(gone('{"uri":"a:1"}', -32603)), gone('{"uri":"a:1"}', -32603));
    assert.equal(told(gone('{"uri":"a:1"}', -32602)), gone('{"uri":"a:1"}', -32602));
  });

  const refusals: [string, string, string | undefined][] = [
    ['passes when it is complete', '"result":{"resultType":"complete"}', undefined],
    ['passes when it says no type', '"result":{}', undefined],
    ['passes when it is an error', '"error":{"resultType":"input_required","code":1,"message":"m"}', undefined],
    ['cannot be read when it wants input first', '"result":{"resultType":"input_required"}', '"input_required"'],
    ['cannot be read when its type is no text', '"result":{"resultType":["\\\\"]}', '["\\\\"]'],
  ];
  for (const [what, said, code] of refusals) {
    test(what, () => assert.equal(codec.unreadable(heardMessage(`{"jsonrpc":"2.0","id":1,${said}}`), from), code));
  }
  test('is only looked at when it comes from a newer server', () => {
    const answer = heardMessage('{"jsonrpc":"2.0","id":1,"result":{"resultType":"input_required"}}');
    const same = { ...from, codec: codecOf('2024-11-05') };
    assert.equal(codec.unreadable(answer, same), undefined);
    assert.deepEqual(codec.answerEdits(answer, 'tools/call', same), []);
  });
});

test('an unknown method is told with 200, and everything else as the table says', () => {
  assert.equal(codec.statusOf('method_unknown'), 200);
  assert.equal(codec.statusOf('over_limit'), 429);
});

test('a result of our own is its members, with `_meta` when there is any', () => {
  assert.equal(codec.ownResult('', { serverInfo: '{}' }), '{}');
  assert.equal(codec.ownResult('"a":1', { serverInfo: '{}', cache: { ttlMs: 1, scope: 'public' } }), '{"a":1}');
  assert.equal(codec.ownResult('', { serverInfo: '{}', meta: '"x":1' }), '{"_meta":{"x":1}}');
  assert.equal(codec.ownResult('"a":1', { serverInfo: '{}', meta: '"x":1' }), '{"a":1,"_meta":{"x":1}}');
});

test('a cancellation is a notice, on a stream and on a pipe', () => {
  for (const how of ['stream', 'pipe'] as const) {
    assert.match(String(codec.cancelNotice(7, how)), /"notifications\/cancelled","params":\{"requestId":7\}/);
  }
});
