import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { RequestId } from '../../model/message.ts';
import { documentFault, scanCall } from './scan-call.ts';
import type { ScanFailureCode } from './scan-result.ts';
import { splitBatch } from './split-batch.ts';

const LIMITS = { depthMax: 64, keysMax: 10_000 };
const scan = (text: string | Buffer, limits = LIMITS) => scanCall(Buffer.from(text as string), limits);
const call = (args: string, id = '1') =>
  `{"jsonrpc":"2.0","id":${id},"method":"tools/call","params":{"name":"echo","arguments":${args}}}`;
const inParams = (members: string) => `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{${members}}}`;

describe('a call gives its spans', () => {
  test('of everything the gateway reads', () => {
    const text =
      '{"id" : "a\\u0062" ,"params":{"_meta":{},"name":"x","uri":"u:/","cursor":"","arguments":{"name":1}},"method":"m","jsonrpc":"2.0"}';
    const result = scan(text);
    assert.ok(result.ok);
    const { message } = result;
    const at = (span: { start: number; end: number } | undefined) => span && text.slice(span.start, span.end);
    assert.equal(message.id, 'ab');
    assert.equal(at(message.idSpan), '"a\\u0062"');
    assert.equal(message.method, 'm');
    assert.equal(at(message.params?.name), '"x"');
    assert.equal(at(message.params?.uri), '"u:/"');
    assert.equal(at(message.params?.cursor), '""');
    assert.equal(at(message.params?.meta), '{}');
    assert.equal(at(message.params?.arguments), '{"name":1}');
  });

  test('also when protocol keys are written with escapes', () => {
    const result = scan('{"jsonrpc":"2.0","\\u0069d":5,"method":"tools\\/call","par\\u0061ms":{"n\\u0061me":"x"}}');
    assert.ok(result.ok);
    assert.equal(result.message.id, 5);
    assert.equal(result.message.method, 'tools/call');
    assert.ok(result.message.params?.name);
  });

  const kinds: [string, string, RequestId | undefined][] = [
    ['request', '{"jsonrpc":"2.0","id":0,"method":"ping"}', 0],
    ['request', '{"jsonrpc":"2.0","id":"","method":"ping","params":{}}', ''],
    ['notification', '{"jsonrpc":"2.0","method":"notifications/initialized"}', undefined],
    ['result', '{"jsonrpc":"2.0","id":-3,"result":{"a":1}}', -3],
    ['error', '{"jsonrpc":"2.0","id":"x","error":{"code":1,"message":""}}', 'x'],
  ];
  for (const [kind, text, id] of kinds) {
    test(`a ${kind} with id ${JSON.stringify(id)}`, () => {
      const result = scan(text);
      assert.ok(result.ok);
      assert.deepEqual([result.message.kind, result.message.id], [kind, id]);
    });
  }
});

/** What is refused, its code, and the id that may be repeated in the refusal. The corpus has every vector as a file. */
const REFUSED: [string, string | Buffer, ScanFailureCode, RequestId?][] = [
  ['a key twice', '{"jsonrpc":"2.0","id":1,"method":"a","method":"b"}', 'request_invalid'],
  ['an id twice', '{"jsonrpc":"2.0","id":1,"id":1,"method":"b"}', 'request_invalid'],
  ['a key twice in arguments', call('{"a":1,"b":2,"a":3}'), 'request_invalid'],
  ['a key twice, once with an escape', call('{"a":1,"\\u0061":3}'), 'request_invalid'],
  ['a key twice among many', call(`{${Array.from({ length: 40 }, (_, i) => `"k${i}":0`)},"k3":0}`), 'request_invalid'],
  [
    'a key twice, far apart and both late',
    call(`{${Array.from({ length: 40 }, (_, i) => `"k${i}":0`)},"k39":0}`),
    'request_invalid',
  ],
  ['an empty key twice', call('{"":1,"":2}'), 'request_invalid'],
  ['a look-alike of name', inParams('"name":"a","Name":"b"'), 'request_invalid', 1],
  ['a look-alike with a long s', inParams('"name":"a","argument\u017f":{}'), 'request_invalid', 1],
  ['a look-alike with a Kelvin sign, escaped', inParams('"name":"a","ta\\u017f\\u212a":{}'), 'request_invalid', 1],
  ['a top-level key in other case', '{"jsonrpc":"2.0","ID":1,"method":"a"}', 'request_invalid'],
  ['__proto__ at the top', '{"jsonrpc":"2.0","id":1,"method":"a","__proto__":{}}', 'request_invalid', 1],
  ['__proto__ in params', inParams('"__proto__":{}'), 'request_invalid', 1],
  ['__proto__ in _meta', inParams('"_meta":{"__proto__":{}}'), 'request_invalid', 1],
  ['__proto__ inside _meta', inParams('"_meta":{"a":[{"__pro\\u0074o__":{}}]}'), 'request_invalid', 1],
  [
    '__proto__ in the _meta of an answer',
    '{"jsonrpc":"2.0","id":1,"result":{"_meta":{"__proto__":{}}}}',
    'request_invalid',
    1,
  ],
  ['an id of null', call('{}', 'null'), 'request_invalid'],
  ['a fractional id', call('{}', '1.5'), 'request_invalid'],
  ['an id with an exponent', call('{}', '1e3'), 'request_invalid'],
  ['an id above 2^53 − 1', call('{}', '9007199254740992'), 'request_invalid'],
  ['an id below −(2^53 − 1)', call('{}', '-9007199254740993'), 'request_invalid'],
  ['an id of 1025 bytes', call('{}', `"${'x'.repeat(1025)}"`), 'request_invalid'],
  ['half of a surrogate pair', call('{"a":"\\ud83d"}'), 'request_invalid', 1],
  ['U+0000 in a string', call('{"a":"\\u0000"}'), 'request_invalid', 1],
  ['params that are an array', '{"jsonrpc":"2.0","id":"q","method":"a","params":[]}', 'request_invalid', 'q'],
  ['another version of JSON-RPC', '{"jsonrpc":"1.0","id":1,"method":"a"}', 'request_invalid', 1],
  ['a number', '5', 'request_invalid'],
  ['nothing', '', 'json_malformed'],
  ['two documents', `${call('{}')}${call('{}')}`, 'json_malformed'],
  ['a byte order mark', `\ufeff${call('{}')}`, 'json_malformed'],
  ['what is not UTF-8', Buffer.from([0x22, 0xff, 0x22]), 'json_malformed'],
  ['bad JSON behind another breach', call('{"a":1,"a":2,}'), 'json_malformed'],
  ['a batch', '[{"jsonrpc":"2.0","id":1,"method":"ping"}]', 'batch'],
  ['an empty batch', ' [ ] ', 'batch'],
  ['a broken batch', '[{"jsonrpc":"2.0"', 'json_malformed'],
];

describe('a call is refused for', () => {
  for (const [what, text, code, id] of REFUSED) {
    test(what, () => {
      const result = scan(text);
      assert.ok(!result.ok);
      assert.deepEqual([result.code, result.id], [code, id], result.why);
    });
  }
});

describe('a call passes with', () => {
  const rows: [string, string][] = [
    ['__proto__ in arguments', call('{"__proto__":{"a":1},"constructor":{"prototype":{}}}')],
    ['look-alikes in arguments', call('{"Name":1,"name":2,"METHOD":3}')],
    ['__proto__ as a value', inParams('"name":"__proto__"')],
    ['equal keys in different objects', call('{"a":{"a":{"a":1}},"b":[{"a":1},{"a":2}]}')],
    ['40 different keys', call(`{${Array.from({ length: 40 }, (_, i) => `"k${i}":{"k${i}":0}`)}}`)],
    ['an id of 1024 bytes', call('{}', `"${'x'.repeat(1024)}"`)],
    ['the largest id', call('{}', '9007199254740991')],
    ['the smallest id', call('{}', '-9007199254740991')],
    ['numbers beyond doubles in arguments', call('{"a":1e999,"b":12345678901234567890}')],
    ['unknown members of params', inParams('"name":"x","com.example/extra":[1]')],
  ];
  for (const [what, text] of rows) {
    test(what, () => {
      const result = scan(text);
      assert.ok(result.ok, result.ok ? '' : result.why);
    });
  }
});

describe('the limits of a call', () => {
  const nested = (levels: number) => call(`{"a":${'['.repeat(levels - 3)}${']'.repeat(levels - 3)}}`);
  const keyed = (keys: number) => call(`{${Array.from({ length: keys - 6 }, (_, i) => `"${i}":0`)}}`);
  const codeOf = (text: string, limits = LIMITS) => {
    const result = scan(text, limits);
    return result.ok ? 'good' : result.code;
  };

  test('64 levels pass, 65 do not', () => {
    assert.equal(codeOf(nested(64)), 'good');
    assert.equal(codeOf(nested(65)), 'depth_exceeded');
    assert.equal(codeOf(call('['.repeat(100_000))), 'depth_exceeded');
  });

  test('10 000 keys pass, 10 001 do not', () => {
    assert.equal(codeOf(keyed(10_000)), 'good');
    assert.equal(codeOf(keyed(10_001)), 'keys_exceeded');
  });

  test('a batch is measured by message, not as a whole', () => {
    assert.equal(codeOf(`[${nested(64)},${keyed(10_000)},${keyed(10_000)}]`), 'batch');
    assert.equal(codeOf(`[${nested(65)}]`), 'batch');
    assert.deepEqual(splitBatch(Buffer.from(`[${nested(65)}]`), { depthMax: 64, messagesMax: 9 }), {
      ok: false,
      code: 'depth_exceeded',
      why: 'nested too deeply',
    });
  });
});

describe('a batch', () => {
  const limits = { depthMax: 64, messagesMax: 2 };
  const split = (text: string) => splitBatch(Buffer.from(text), limits);

  test('splits into its messages', () => {
    const result = split(' [ {"a":"],["} , [1] ]\n');
    assert.ok(result.ok);
    assert.deepEqual(result.items.map(String), ['{"a":"],["}', '[1]']);
  });

  const rows: [string, string, string][] = [
    ['with one message too many', '[1,2,3]', 'batch_too_long'],
    ['that is empty', '[]', 'request_invalid'],
    ['that is no array', '{}', 'request_invalid'],
    ['that does not end', '[1,', 'json_malformed'],
    ['with a comma too many', '[1,]', 'json_malformed'],
    ['without a comma', '[{}{}]', 'json_malformed'],
    ['with something behind it', '[1]2', 'json_malformed'],
  ];
  for (const [what, text, code] of rows) {
    test(`${what} is refused`, () => {
      const result = split(text);
      assert.equal(result.ok ? 'good' : result.code, code);
    });
  }
});

describe('a document that is no message', () => {
  const limits = { depthMax: 3, keysMax: 4 };
  const rows: readonly (readonly [text: string, fault: RegExp | undefined])[] = [
    ['{"method":1,"METHOD":2}', undefined],
    ['[{"a":[1]}]', undefined],
    [' "x" ', undefined],
    ['', /not JSON/],
    ['{"a":1', /not JSON/],
    ['{"a":1} {}', /more than one/],
    ['{"a":1,"\\u0061":2}', /twice/],
    ['[[[1]]]', undefined],
    ['[[[[1]]]]', /deeply/],
    ['{"a":1,"b":2,"c":3,"d":4}', undefined],
    ['{"a":1,"b":2,"c":3,"d":4,"e":5}', /too many keys/],
    ['"\\ud800"', /surrogate/],
  ];
  for (const [text, fault] of rows) {
    test(`${text || 'nothing'} is ${fault ? `refused: ${fault.source}` : 'taken'}`, () => {
      assert.match(documentFault(Buffer.from(text), limits) ?? 'taken', fault ?? /^taken$/);
    });
  }

  test('is UTF-8', () => {
    assert.equal(documentFault(Buffer.from([0x22, 0xff, 0x22]), limits), 'not UTF-8');
  });
});
