import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Message } from '../model/message.ts';
import { isInputRequired, readInputRequired, withInput } from './input-required.ts';
import { scanAnswer } from './json/scan-answer.ts';

function message(text: string): Message {
  const scan = scanAnswer(Buffer.from(text), { depthMax: 64 });
  if (!scan.ok) throw new Error(scan.why);
  return scan.message;
}

const result = (members: string) => message(`{"jsonrpc":"2.0","id":1,"result":{${members}}}`);
const call = (params: string) => message(`{"jsonrpc":"2.0","id":"mine","method":"tools/call","params":${params}}`);
const FORM = '{"method":"elicitation/create","params":{"message":"\\u00e9","big":12345678901234567890}}';

describe('a result that says what is missing', () => {
  test('is known by its type alone', () => {
    assert.equal(isInputRequired(result('"content":[],"resultType":"input_required"')), true);
    assert.equal(isInputRequired(result('"resultType":"input\\u005frequired"')), true);
    for (const other of ['"resultType":"complete"', '"resultType":5', '"inputRequests":{}', '']) {
      assert.equal(isInputRequired(result(other)), false, other);
    }
    assert.equal(isInputRequired(message('{"id":1,"error":{"resultType":"input_required"}}')), false);
  });
  test('gives its questions as requests, in order, and its state, all of it as it was written', () => {
    const { requests, state } = readInputRequired(
      result(`"requestState":"a\\u0041\\/","inputRequests":{ "b\\u0021" : ${FORM} ,"a":{"method":"roots/list"}}`),
    );
    assert.equal(state, '"a\\u0041\\/"');
    assert.deepEqual(
      requests.map(({ key }) => key),
      ['"b\\u0021"', '"a"'],
    );
    assert.deepEqual(
      requests.map(({ question }) => question.bytes.toString()),
      [`{"jsonrpc":"2.0","id":0,${FORM.slice(1)}`, '{"jsonrpc":"2.0","id":0,"method":"roots/list"}'],
    );
    assert.deepEqual(
      requests.map(({ question }) => [question.kind, question.method, question.params !== undefined]),
      [
        ['request', 'elicitation/create', true],
        ['request', 'roots/list', false],
      ],
    );
  });
  test('may have a state alone, or questions alone', () => {
    assert.deepEqual(readInputRequired(result('"requestState":""')), { requests: [], state: '""' });
    assert.equal(readInputRequired(result(`"inputRequests":{"":${FORM}}`)).state, undefined);
  });
  test('does not let a question choose its id', () => {
    const own = '{"id":7,"method":"roots/list","jsonrpc":"1.0"}';
    const [asked] = readInputRequired(result(`"inputRequests":{"a":${own}}`)).requests;
    assert.equal(asked?.question.bytes.toString(), '{"jsonrpc":"2.0","id":0,"method":"roots/list"}');
  });
  for (const [why, members] of [
    ['asks for nothing', '"x":1'],
    ['asks for nothing in an object', '"inputRequests":{}'],
    ['has questions that are no object', '"inputRequests":[]'],
    ['has null for questions', '"inputRequests":null,"requestState":"s"'],
    ['has a question that is no object', '"inputRequests":{"a":"roots/list"}'],
    ['has a question without a method', '"inputRequests":{"a":{"params":{}}}'],
    ['has a question with an outcome', '"inputRequests":{"a":{"method":"roots/list","result":{}}}'],
    ['has a question whose params are no object', '"inputRequests":{"a":{"method":"roots/list","params":[]}}'],
    ['has a form without params', '"inputRequests":{"a":{"method":"elicitation/create"}}'],
    ['has a question that is none', '"inputRequests":{"a":{"method":"ping"}}'],
    ['has one key twice', `"inputRequests":{"a":${FORM},"\\u0061":${FORM}}`],
    ['has a state that is no string', '"requestState":{}'],
    ['has a state that is no JSON', '"requestState":"\\x"'],
  ] as const) {
    test(`is refused when it ${why}`, () => {
      assert.throws(() => readInputRequired(result(members)), SyntaxError);
    });
  }
});

describe('a request made again', () => {
  const responses = [
    ['"b\\u0021"', '{ "n":1.0 }'],
    ['"a"', '{}'],
  ] as const;
  test('brings answers and state, and keeps every other byte', () => {
    const again = withInput(call('{"name":"x","arguments":{"big":12345678901234567890}}'), { responses, state: '"s"' });
    assert.equal(
      again.bytes.toString(),
      '{"jsonrpc":"2.0","id":"mine","method":"tools/call","params":' +
        '{"inputResponses":{"b\\u0021":{ "n":1.0 },"a":{}},"requestState":"s","name":"x","arguments":{"big":12345678901234567890}}}',
    );
    assert.equal(again.id, 'mine');
  });
  test('brings no state where the server gave none, and no answers where nothing was asked', () => {
    const params = (input: Parameters<typeof withInput>[1]) =>
      JSON.parse(withInput(call('{"name":"x"}'), input).bytes.toString()).params;
    assert.deepEqual(params({ responses: [['"a"', '{}']], state: undefined }), {
      name: 'x',
      inputResponses: { a: {} },
    });
    assert.deepEqual(params({ responses: [], state: '"s"' }), { name: 'x', requestState: 's' });
  });
  test('brings nothing that the client made up', () => {
    for (const params of [
      '{"name":"x","requestState":"forged","inputResponses":{"a":1}}',
      '{"inputResponses":{},"name":"x"}',
      '{"request\\u0053tate":"forged","name":"x"}',
    ]) {
      assert.deepEqual(JSON.parse(withInput(call(params)).bytes.toString()).params, { name: 'x' });
      const again = JSON.parse(withInput(call(params), { responses: [], state: '"s"' }).bytes.toString());
      assert.deepEqual(again.params, { name: 'x', requestState: 's' });
    }
    assert.deepEqual(JSON.parse(withInput(call('{"requestState":"x"}')).bytes.toString()).params, {});
  });
  test('is the same message when there is nothing to change', () => {
    const request = call('{"name":"x"}');
    assert.equal(withInput(request), request);
    const bare = message('{"jsonrpc":"2.0","id":1,"method":"tools/call"}');
    assert.equal(withInput(bare, { responses: [], state: '"s"' }), bare);
  });
});
