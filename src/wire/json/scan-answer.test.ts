import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { RequestId } from '../../model/message.ts';
import { scanAnswer } from './scan-answer.ts';
import type { ScanFailureCode } from './scan-result.ts';

const LIMITS = { depthMax: 64 };
const scan = (text: string | Buffer) => scanAnswer(Buffer.from(text as string), LIMITS);
const result = (inside: string) => `{"jsonrpc":"2.0","id":1,"result":${inside}}`;
const LONG = 'x'.repeat(5000);

describe('what a server says passes', () => {
  const rows: [string, string, string, RequestId?][] = [
    ['as a result', result('{"content":[]}'), 'result', 1],
    ['as an error', '{"jsonrpc":"2.0","id":"a","error":{"code":-1,"message":""}}', 'error', 'a'],
    ['as an error without id', '{"jsonrpc":"2.0","error":{"code":-1,"message":""}}', 'error'],
    ['as an error with id null', '{"jsonrpc":"2.0","id":null,"error":{"code":-1,"message":""}}', 'error'],
    ['as a notification', '{"jsonrpc":"2.0","method":"notifications/progress","params":{}}', 'notification'],
    ['as a request', '{"jsonrpc":"2.0","id":"q","method":"roots/list"}', 'request', 'q'],
    ['with equal keys below the top', result('{"a":1,"a":2}'), 'result', 1],
    ['with top-level members that nobody knows', '{"jsonrpc":"2.0","id":1,"result":{},"took":3}', 'result', 1],
    ['with an id printed as a double', '{"jsonrpc":"2.0","id":7.0,"result":{}}', 'result', 7],
    ['with brackets and quotes in long strings', result(`{"a":"${LONG}\\"]}${LONG}\\\\","b":"}{"}`), 'result', 1],
    ['with an escaped key of ours', '{"jsonrpc":"2.0","\\u0069d":4,"result":{}}', 'result', 4],
    ['with blanks around', ` \r\n${result('{ }')}\t `, 'result', 1],
  ];
  for (const [what, text, kind, id] of rows) {
    test(what, () => {
      const scanned = scan(text);
      assert.ok(scanned.ok, scanned.ok ? '' : scanned.why);
      assert.deepEqual([scanned.message.kind, scanned.message.id], [kind, id]);
    });
  }

  test('with the spans of its params', () => {
    const text = '{"jsonrpc":"2.0","method":"m","params":{"x":{"uri":0},"uri":"a:b" ,"_meta":{"k":1}}}';
    const scanned = scan(text);
    assert.ok(scanned.ok);
    const { params } = scanned.message;
    assert.equal(params?.uri && text.slice(params.uri.start, params.uri.end), '"a:b"');
    assert.equal(params?.meta && text.slice(params.meta.start, params.meta.end), '{"k":1}');
    assert.equal(params?.name, undefined);
  });
});

describe('what a server says is refused', () => {
  const rows: [string, string | Buffer, ScanFailureCode][] = [
    ['when empty', '', 'json_malformed'],
    ['when it is HTML', '<html></html>', 'json_malformed'],
    ['when it is a string', '"hello"', 'json_malformed'],
    ['when it is cut off', result('{"a":[1,2').slice(0, -1), 'json_malformed'],
    ['when it is cut off in a string', result(`{"a":"${LONG}`), 'json_malformed'],
    ['when it ends in a backslash', `{"a":"${LONG}\\`, 'json_malformed'],
    ['when brackets do not match in kind', result('{"a":[}]'), 'json_malformed'],
    ['when something follows', `${result('{}')} {}`, 'json_malformed'],
    [
      'when it is not UTF-8',
      Buffer.concat([Buffer.from('{"id":1,"result":{"a":"'), Buffer.from([0xc3, 0x22, 0x7d, 0x7d])]),
      'json_malformed',
    ],
    ['when a comma is missing', '{"id":1 "result":{}}', 'json_malformed'],
    ['when a comma is too many', '{"id":1,"result":{},}', 'json_malformed'],
    ['with two ids', '{"id":1,"id":2,"result":{}}', 'request_invalid'],
    ['with two ids, one of them escaped', '{"id":1,"\\u0069d":2,"result":{}}', 'request_invalid'],
    ['with two results', '{"id":1,"result":{},"result":{}}', 'request_invalid'],
    ['with result and error', '{"id":1,"result":{},"error":{}}', 'request_invalid'],
    ['with result and method', '{"id":1,"result":{},"method":"a"}', 'request_invalid'],
    ['with neither', '{"jsonrpc":"2.0","id":1}', 'request_invalid'],
    ['with a result that is no object', '{"id":1,"result":[]}', 'request_invalid'],
    ['with a result but no id', '{"result":{}}', 'request_invalid'],
    ['with a result for id null', '{"id":null,"result":{}}', 'request_invalid'],
    ['with an id that is none', '{"id":1.5,"result":{}}', 'request_invalid'],
    ['with an id that is garbage', '{"id":1x,"result":{}}', 'request_invalid'],
    ['with an error whose id is an object', '{"id":{},"error":{}}', 'request_invalid'],
    ['with a method that is no string', '{"method":[]}', 'request_invalid'],
    ['with a method that has a bad escape', '{"method":"\\x"}', 'json_malformed'],
    ['with params that are no object', '{"method":"a","params":[]}', 'request_invalid'],
    ['with a name twice in params', '{"method":"a","params":{"name":1,"name":2}}', 'request_invalid'],
    ['with 65 levels', result(`{"a":${'['.repeat(63)}${']'.repeat(63)}}`), 'depth_exceeded'],
    ['as an array', `[${result('{}')}]`, 'batch'],
    ['as a broken array', `[${result('{}')}`, 'json_malformed'],
  ];
  for (const [what, text, code] of rows) {
    test(what, () => {
      const scanned = scan(text);
      assert.equal(scanned.ok ? 'good' : scanned.code, code);
    });
  }

  test('but 64 levels pass', () => {
    assert.ok(scan(result(`{"a":${'['.repeat(62)}${']'.repeat(62)}}`)).ok);
  });
});
