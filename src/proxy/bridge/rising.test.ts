import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { rising } from './rising.ts';

function told(...messages: object[]): unknown[] {
  const heard: unknown[] = [];
  const outlet = rising({ notify: (bytes) => heard.push(JSON.parse(bytes.toString())), ask: undefined });
  for (const message of messages) outlet.notify(Buffer.from(JSON.stringify({ jsonrpc: '2.0', ...message })));
  return heard;
}

const progress = (value: unknown) => ({
  jsonrpc: '2.0',
  method: 'notifications/progress',
  params: { progressToken: 1, progress: value },
});

describe('the progress of a call that is made several times', () => {
  test('passes as long as it rises, and is not told again', () => {
    const steps = [1, 2, 1, 2, 2.5, 2.5, -1, 3].map(progress);
    assert.deepEqual(told(...steps), [1, 2, 2.5, 3].map(progress));
  });
  test('may begin below zero', () => {
    assert.deepEqual(told(progress(-5), progress(-5)), [progress(-5)]);
  });
  test('that is no number is the client’s to judge', () => {
    const odd = ['x', null, {}].map(progress);
    assert.deepEqual(told(...odd).length, odd.length);
  });
  test('is told apart from what only looks like it', () => {
    const log = {
      jsonrpc: '2.0',
      method: 'notifications/message',
      params: { data: '"notifications/progress"', progress: 0 },
    };
    assert.deepEqual(told(progress(1), log, log), [progress(1), log, log]);
  });
  test('leaves the way to ask as it was', () => {
    const ask = async () => Promise.reject(new Error('never'));
    assert.equal(rising({ notify: () => {}, ask }).ask, ask);
  });
});
