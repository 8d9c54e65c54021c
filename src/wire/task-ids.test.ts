import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { heardMessage } from '../../test/rig/made.ts';
import { isTask, namedTask, resultTask } from './task-ids.ts';

const result = (text: string) => heardMessage(`{"jsonrpc":"2.0","id":1,"result":${text}}`);
const notice = (text: string) => heardMessage(`{"jsonrpc":"2.0","method":"notifications/tasks","params":${text}}`);

describe('a result is a task', () => {
  const rows: [string, string, boolean][] = [
    ['when its type says so', '{"resultType":"task","taskId":"a"}', true],
    ['when its type says so in another spelling', '{"resultType":"t\\u0061sk"}', true],
    ['not when it is complete', '{"resultType":"complete","taskId":"a"}', false],
    ['not without a type', '{"taskId":"a"}', false],
    ['not with a type that is no text', '{"resultType":["task"]}', false],
  ];
  for (const [what, text, expected] of rows) test(what, () => assert.equal(isTask(result(text)), expected));
  test('and no error is', () => {
    assert.equal(isTask(heardMessage('{"jsonrpc":"2.0","id":1,"error":{"code":1,"resultType":"task"}}')), false);
  });
});

test('the id of a task is a string, wherever it stands', () => {
  const text = (message: ReturnType<typeof result>, of: typeof namedTask) => {
    const span = of(message);
    return span && message.bytes.toString('utf8', span.start, span.end);
  };
  assert.equal(text(result('{"x":{"taskId":"b"},"taskId":"a"}'), resultTask), '"a"');
  assert.equal(text(notice('{"taskId":"a"}'), namedTask), '"a"');
  assert.equal(text(result('{"taskId":7}'), resultTask), undefined);
  assert.equal(text(notice('{"taskId":null}'), namedTask), undefined);
  assert.equal(text(heardMessage('{"jsonrpc":"2.0","method":"notifications/tasks"}'), namedTask), undefined);
});
