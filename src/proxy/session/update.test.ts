import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { heardMessage } from '../../../test/rig/made.ts';
import { updateFor } from './update.ts';

const ID = 'io.modelcontextprotocol/subscriptionId';
const listening = { uris: ['a:b', 'a:c/'], shown: (uri: string) => `srv+${uri}`, subscriptionId: '"mine"' };
const shownOf = (params: string, method = 'notifications/resources/updated') =>
  updateFor(heardMessage(`{"jsonrpc":"2.0","method":"${method}","params":${params}}`), listening)?.toString();
const paramsOf = (params: string) => JSON.parse(shownOf(params) ?? '{}').params;

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
      assert.ok(!shownOf(params)?.includes('10'));
    });
  }
});

describe('no update is', () => {
  const rows: [string, string, string?][] = [
    ['one without a URI', `{"_meta":{"${ID}":10}}`],
    ['one whose URI is no text', '{"uri":7}'],
    ['one of what is not watched', '{"uri":"a:bc"}'],
    ['one of what is watched as a part only', '{"uri":"a:"}'],
    ['another notice', '{"uri":"a:b"}', 'notifications/message'],
  ];
  for (const [what, ...said] of rows) test(what, () => assert.equal(shownOf(...said), undefined));
});
