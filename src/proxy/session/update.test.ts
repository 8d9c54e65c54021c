import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { heardMessage } from '../../../test/rig/made.ts';
import { updateFor } from './update.ts';

const ID = 'io.modelcontextprotocol/subscriptionId';
const shown = (uri: string) => `srv+${uri}`;
const shownOf = (params: string, subscriptionId: string | undefined = '"mine"') =>
  updateFor(heardMessage(`{"jsonrpc":"2.0","method":"notifications/resources/updated","params":${params}}`), {
    ...{ shown, subscriptionId },
  }).toString();
const paramsOf = (params: string) => JSON.parse(shownOf(params)).params;

describe('an update reaches the client under its own name and id', () => {
  const rows: [string, string, object][] = [
    [
      'in place of ours, and with what else the server said',
      `{"x":1.0,"_meta":{"y":2,"${ID}":10},"uri":"a:b"}`,
      { x: 1, _meta: { y: 2, [ID]: 'mine' }, uri: 'srv+a:b' },
    ],
    ['put in when there is none', '{"uri":"a:b","_meta":{"y":2}}', { uri: 'srv+a:b', _meta: { y: 2, [ID]: 'mine' } }],
    ['put in when there is no _meta', '{"uri":"a:b"}', { uri: 'srv+a:b', _meta: { [ID]: 'mine' } }],
    [
      'in place of a _meta that is no object',
      '{"_meta":[10],"uri":"a:b"}',
      { uri: 'srv+a:b', _meta: { [ID]: 'mine' } },
    ],
    [
      'in place of ours said twice',
      `{"uri":"a:b","_meta":{"${ID}":10,"${ID}":10}}`,
      { uri: 'srv+a:b', _meta: { [ID]: 'mine' } },
    ],
    ['for a part of what is watched', '{"uri":"a:b/1"}', { uri: 'srv+a:b/1', _meta: { [ID]: 'mine' } }],
    ['for a part of a folder', '{"uri":"a:c/1"}', { uri: 'srv+a:c/1', _meta: { [ID]: 'mine' } }],
  ];
  for (const [what, params, expected] of rows) {
    test(what, () => {
      assert.deepEqual(paramsOf(params), expected);
      assert.ok(!shownOf(params).includes('10'));
    });
  }
});

describe('an update reaches a session, which has no ids,', () => {
  const told = (params: string) => {
    const message = heardMessage(`{"jsonrpc":"2.0","method":"notifications/resources/updated","params":${params}}`);
    const text = updateFor(message, { shown, subscriptionId: undefined }).toString();
    return text.slice(text.indexOf('{', 2), -1);
  };
  const rows: [string, string, string][] = [
    ['without ours', `{"uri":"a:b","_meta":{"y":1.0,"${ID}":10}}`, '{"uri":"srv+a:b","_meta":{"y":1.0}}'],
    ['without a _meta that held nothing else', `{"_meta":{"${ID}":10},"uri":"a:b","x":2}`, '{"uri":"srv+a:b","x":2}'],
    ['with a _meta that the server left empty', '{"uri":"a:b","_meta":{}}', '{"uri":"srv+a:b","_meta":{}}'],
    ['with whatever the server put for a _meta', '{"uri":"a:b","_meta":7}', '{"uri":"srv+a:b","_meta":7}'],
  ];
  for (const [what, params, expected] of rows) test(what, () => assert.equal(told(params), expected));

  test('as it is when it has the same name there', () => {
    const message = heardMessage('{"jsonrpc":"2.0","method":"notifications/resources/updated","params":{"uri":"a:b"}}');
    assert.equal(updateFor(message, { shown: (uri) => uri, subscriptionId: undefined }), message.bytes);
  });
});
