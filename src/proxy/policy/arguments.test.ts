import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { sentMessage } from '../../../test/rig/made.ts';
import { argumentsOf, ODD_NUMBERS_MAX } from './arguments.ts';

const read = (text: string) =>
  argumentsOf(sentMessage(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"x","arguments":${text}}}`));

describe('arguments', () => {
  test('are an empty object where there are none', () => {
    assert.deepEqual(argumentsOf(sentMessage({ id: 1, method: 'tools/call', params: { name: 'x' } })), {});
  });
  test('are read once for a message', () => {
    const message = sentMessage({ id: 1, method: 'tools/call', params: { name: 'x', arguments: { a: [1] } } });
    assert.equal(argumentsOf(message), argumentsOf(message));
  });
  const exact = [
    '0',
    '-0',
    '0.1',
    '1.50',
    '9007199254740992',
    '1e3',
    '1E+22',
    '123456789012345680000',
    '5e-324',
    '0e99',
  ];
  for (const number of exact)
    test(`hold ${number}, which stays what it is`, () =>
      assert.deepEqual(read(`{"n":${number}}`), { n: Number(number) }));
  const inexact = ['9007199254740993', '0.30000000000000001', '1e400', '-1e400', '1e-400', '12345678901234567890'];
  for (const number of inexact) {
    test(`with ${number}, which would be another number, cannot be read`, () => {
      assert.throws(() => read(`{"deep":[{"n":${number}}]}`), RangeError);
    });
  }
  test('are never handed to a function of ours value by value, which a large text would keep busy for seconds', (t) => {
    const parsing = t.mock.method(JSON, 'parse');
    read(`{"n":1e3,"list":[${new Array(1_000).fill('1').join(',')}]}`);
    for (const { arguments: given } of parsing.mock.calls) assert.equal(given.length, 1);
  });
  test('cannot be read when more numbers than can be looked at could lose precision', () => {
    const list = (length: number) => `{"list":[${new Array(length).fill('1e1').join(',')}]}`;
    assert.doesNotThrow(() => read(list(ODD_NUMBERS_MAX)));
    assert.throws(() => read(list(ODD_NUMBERS_MAX + 1)), RangeError);
  });
  test('with a number behind a text that ends in escapes are looked at all the same', () => {
    for (const text of ['"\\\\"', '"\\""', '"\\u0022"', '"[{"', '"e"'])
      assert.throws(() => read(`{"text":${text},"n":9007199254740993}`), RangeError);
  });
  test('may hold in text what looks like such a number', () => {
    assert.deepEqual(read('{"n":"9007199254740993"}'), { n: '9007199254740993' });
  });
  test('are what they were, whatever they are', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue(), { noNullPrototype: true }), (value) => {
        const text = JSON.stringify(value);
        assert.deepEqual(read(text), JSON.parse(text));
      }),
    );
  });
});
