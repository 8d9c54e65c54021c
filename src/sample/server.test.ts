import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answerTo } from './server.ts';

function ask(method: string, params: object = {}) {
  return answerTo(JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })) as {
    result?: { content?: { text: string }[]; isError?: boolean; protocolVersion?: string; tools?: { name: string }[] };
    error?: { code: number };
  };
}

const call = (name: string, given: object) => ask('tools/call', { name, arguments: given }).result;

test('the sample shakes hands in the revision that is asked for, else in its newest', () => {
  assert.equal(ask('initialize', { protocolVersion: '2024-11-05' }).result?.protocolVersion, '2024-11-05');
  assert.equal(ask('initialize', { protocolVersion: '1999-01-01' }).result?.protocolVersion, '2025-11-25');
});

test('its tools are listed and do what they say', () => {
  assert.deepEqual(
    ask('tools/list').result?.tools?.map(({ name }) => name),
    ['echo', 'add'],
  );
  assert.equal(call('echo', { text: 'hello' })?.content?.[0]?.text, 'hello');
  assert.equal(call('add', { a: 2, b: 40 })?.content?.[0]?.text, '42');
});

test('what is wrong is said in the way the protocol has for it', () => {
  assert.equal(call('add', { a: '2' })?.isError, true);
  assert.equal(call('echo', {})?.isError, true);
  assert.equal(ask('tools/call', { name: 'rm' }).error?.code, -32602);
  assert.equal(ask('server/discover').error?.code, -32601);
  assert.deepEqual(answerTo('{'), { jsonrpc: '2.0', id: null, error: { code: -32700, message: 'This is not JSON.' } });
});

test('a notification has no answer', () => {
  assert.equal(answerTo('{"jsonrpc":"2.0","method":"notifications/initialized"}'), undefined);
});
