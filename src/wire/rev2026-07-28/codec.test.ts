import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { heardMessage, NO_CLIENT, sentMessage } from '../../../test/rig/made.ts';
import { codecOf } from '../codecs.ts';
import { splice } from '../json/splice.ts';
import { codec20260728 as codec } from './codec.ts';

const INFO = '{"name":"old","version":"1"}';
const from = { codec: codecOf('2025-11-25'), serverInfo: INFO, outputWrapped: false };
const V = '"io.modelcontextprotocol/protocolVersion":"2026-07-28"';
const C = '"io.modelcontextprotocol/clientCapabilities":{}';
const S = `"io.modelcontextprotocol/serverInfo":${INFO}`;

describe('a request of an older client gets an envelope', () => {
  const rows: [string, string, string][] = [
    ['when it has no params', '"method":"tools/list"', `"params":{"_meta":{${V},${C}}},`],
    ['when it has no `_meta`', '"method":"tools/list","params":{"cursor":"a"}', `"_meta":{${V},${C}},`],
    ['when its params are empty', '"method":"tools/list","params":{ }', `"_meta":{${V},${C}}`],
    ['beside what stands in `_meta`', '"method":"tools/list","params":{"_meta":{"progressToken":1}}', `${V},${C},`],
  ];
  for (const [what, members, put] of rows) {
    test(what, () => {
      const message = sentMessage(`{"jsonrpc":"2.0","id":1,${members}}`);
      const edits = codec.requestEdits(message, NO_CLIENT);
      assert.deepEqual(
        edits.map((edit) => edit.put),
        [put],
      );
      JSON.parse(splice(message.bytes, edits).toString());
    });
  }

  const enveloped = (meta: string, client = NO_CLIENT) => {
    const message = sentMessage(
      `{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":${meta},"cursor":""}}`,
    );
    return splice(message.bytes, codec.requestEdits(message, client)).toString();
  };
  const around = (meta: string) =>
    `{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":${meta},"cursor":""}}`;

  for (const meta of ['null', '5', '"{}"', '[]', '[1]', 'true']) {
    test(`in place of a \`_meta\` that is ${meta}`, () => {
      assert.equal(enveloped(meta), around(`{${V},${C}}`));
    });
  }
  test('in place of reserved keys that are no envelope, and every other key stays as it was', () => {
    const stale = '"io.modelcontextprotocol/logLevel":"debug"';
    assert.equal(
      enveloped(`{"n":12345678901234567890,${stale},"m":1.0}`),
      around(`{${V},${C},"n":12345678901234567890,"m":1.0}`),
    );
    assert.equal(enveloped(`{${stale}}`), around(`{${V},${C}}`));
  });
  test('that says what the session knew about the client', () => {
    const client = {
      capabilities: '{"roots":{}}',
      fingerprint: 'f',
      info: '{"name":"c","version":"2"}',
      logLevel: 'error',
    };
    assert.deepEqual(JSON.parse(enveloped('{}', client)).params._meta, {
      'io.modelcontextprotocol/protocolVersion': '2026-07-28',
      'io.modelcontextprotocol/clientCapabilities': { roots: {} },
      'io.modelcontextprotocol/clientInfo': { name: 'c', version: '2' },
      'io.modelcontextprotocol/logLevel': 'error',
    });
  });
  test('but not a second one', () => {
    const given = `{${V},${C}}`;
    assert.equal(enveloped(given), around(given));
  });
  test('and stays valid JSON, whatever `_meta` was', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (meta) => {
        const text = JSON.stringify(meta);
        fc.pre(!text.includes('__proto__'));
        assert.ok(JSON.parse(enveloped(text)).params._meta['io.modelcontextprotocol/protocolVersion'] !== undefined);
      }),
    );
  });
});

describe('an answer of an older server', () => {
  const told = (outcome: string, method = 'tools/call') => {
    const answer = heardMessage(`{"jsonrpc":"2.0","id":1,${outcome}}`);
    return splice(answer.bytes, codec.answerEdits(answer, method, from))
      .toString()
      .slice('{"jsonrpc":"2.0","id":1,'.length, -1);
  };
  const rows: [string, string, string, string?][] = [
    [
      'gets a type and the server’s name',
      '"result":{"content":[]}',
      `"result":{"resultType":"complete","_meta":{${S}},"content":[]}`,
    ],
    ['gets them when it is empty', '"result":{}', `"result":{"resultType":"complete","_meta":{${S}}}`],
    ['keeps its own `_meta`', '"result":{"_meta":{"a":1}}', `"result":{"resultType":"complete","_meta":{${S},"a":1}}`],
    ['keeps a name of its own', `"result":{"_meta":{${S}}}`, `"result":{"resultType":"complete","_meta":{${S}}}`],
    ['keeps a `_meta` that is no object', '"result":{"_meta":5}', '"result":{"resultType":"complete","_meta":5}'],
    [
      'gets cache fields where the method has them',
      '"result":{"contents":[]}',
      `"result":{"resultType":"complete","ttlMs":0,"cacheScope":"private","_meta":{${S}},"contents":[]}`,
      'resources/read',
    ],
    [
      'loses fields that by chance are called like ours',
      '"result":{"ttlMs":9,"n":12345678901234567890,"resultType":"x"}',
      `"result":{"resultType":"complete","_meta":{${S}},"n":12345678901234567890}`,
    ],
    [
      'gets the name although it had such fields',
      '"result":{"resultType":"x","_meta":{"a":1.0}}',
      `"result":{"resultType":"complete","_meta":{${S},"a":1.0}}`,
    ],
    [
      'that had such fields alone is as good as empty',
      '"result":{"resultType":"x"}',
      `"result":{"resultType":"complete","_meta":{${S}}}`,
    ],
    [
      'that is an unknown resource gets today’s code',
      '"error":{"code":-32002,"message":"m"}',
      '"error":{"code":-32602,"message":"m"}',
    ],
    ['that is any other error stays', '"error":{"code":-32000,"message":"m"}', '"error":{"code":-32000,"message":"m"}'],
  ];
  for (const [what, said, expected, method] of rows) test(what, () => assert.equal(told(said, method), expected));

  test('can always be read, and one of this revision is not touched', () => {
    const answer = heardMessage('{"jsonrpc":"2.0","id":1,"result":{}}');
    assert.equal(codec.unreadable(answer, from), undefined);
    assert.deepEqual(codec.answerEdits(answer, 'tools/call', { ...from, codec }), []);
  });
});

describe('what is our own', () => {
  const about = { serverInfo: INFO };
  const rows: [string, string, Parameters<typeof codec.ownResult>[1], string][] = [
    ['has a type and a name', '"a":1', about, `{"resultType":"complete","a":1,"_meta":{${S}}}`],
    ['may be empty', '', about, `{"resultType":"complete","_meta":{${S}}}`],
    [
      'may say how long it is good',
      '',
      { ...about, cache: { ttlMs: 5, scope: 'public' } },
      `{"resultType":"complete","ttlMs":5,"cacheScope":"public","_meta":{${S}}}`,
    ],
    ['may have more in `_meta`', '', { ...about, meta: '"x":1' }, `{"resultType":"complete","_meta":{"x":1,${S}}}`],
  ];
  for (const [what, members, said, expected] of rows)
    test(what, () => assert.equal(codec.ownResult(members, said), expected));

  test('a cancellation closes the stream, and is a notice on a pipe', () => {
    assert.equal(codec.cancelNotice(5, 'stream'), undefined);
    assert.equal(
      codec.cancelNotice(5, 'pipe')?.toString(),
      '{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":5}}',
    );
  });
  test('headers mirror the method, and the name where there is one', () => {
    const common = ['mcp-protocol-version', '2026-07-28', 'mcp-method'];
    assert.deepEqual(codec.requestHeaders('tools/list', undefined), [...common, 'tools/list']);
    assert.deepEqual(codec.requestHeaders('tools/call', 'ü'), [...common, 'tools/call', 'mcp-name', '=?base64?w7w=?=']);
  });
});
