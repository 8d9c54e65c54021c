import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { heardMessage } from '../../test/rig/made.ts';
import { splice } from './json/splice.ts';
import { contentEdits, type Reads } from './output-content.ts';

function told(result: string, { wrapped = false, reads = 'objects' as Reads } = {}): string {
  const answer = heardMessage(`{"jsonrpc":"2.0","id":1,"result":${result}}`);
  const edits = contentEdits(answer, wrapped, reads).toSorted((a, b) => a.start - b.start);
  const text = splice(answer.bytes, edits).toString();
  return text.slice('{"jsonrpc":"2.0","id":1,"result":'.length, -1);
}

describe('structured content for an older client', () => {
  const image = '{"type":"image","data":"","mimeType":"image/png"}';
  const text = '{"text":"t","type":"text"}';
  const rows: [string, string, string][] = [
    [
      'an object stays as it is',
      '{"structuredContent":{"n":1.0},"content":[]}',
      '{"structuredContent":{"n":1.0},"content":[]}',
    ],
    [
      'a list is put in an object, and said in words',
      '{"content":[],"structuredContent":[12345678901234567890, 1.0]}',
      '{"content":[{"type":"text","text":"[12345678901234567890, 1.0]"}],"structuredContent":{"result":[12345678901234567890, 1.0]}}',
    ],
    [
      'null is a value',
      `{"content":[${image}],"structuredContent":null}`,
      `{"content":[${image},{"type":"text","text":"null"}],"structuredContent":{"result":null}}`,
    ],
    [
      'words that are there are enough',
      `{"content":[${image}, ${text}],"structuredContent":"x"}`,
      `{"content":[${image}, ${text}],"structuredContent":{"result":"x"}}`,
    ],
    [
      'words are put where there is no content at all',
      '{"structuredContent":"a\\u0041\\""}',
      '{"content":[{"type":"text","text":"\\"a\\\\u0041\\\\\\"\\""}],"structuredContent":{"result":"a\\u0041\\""}}',
    ],
    [
      'content that is no list is left alone',
      '{"content":5,"structuredContent":1}',
      '{"content":5,"structuredContent":{"result":1}}',
    ],
    ['nothing is nothing', '{"content":[]}', '{"content":[]}'],
    [
      'only the result’s own counts',
      '{"_meta":{"structuredContent":1},"content":[]}',
      '{"_meta":{"structuredContent":1},"content":[]}',
    ],
  ];
  for (const [what, said, expected] of rows) test(what, () => assert.equal(told(said), expected));

  test('an object is put in one, too, where the schema says that anything may come', () => {
    const wrapped = told('{"structuredContent":{"a":[]},"content":[]}', { wrapped: true });
    assert.equal(wrapped, '{"structuredContent":{"result":{"a":[]}},"content":[]}');
  });
  test('is said in words to who cannot read it at all', () => {
    const said = told('{"structuredContent":{"a":1},"content":[]}', { reads: 'nothing' });
    assert.equal(said, '{"structuredContent":{"a":1},"content":[{"type":"text","text":"{\\"a\\":1}"}]}');
    const spoken = `{"content":[${text}],"structuredContent":{}}`;
    assert.equal(told(spoken, { reads: 'nothing' }), spoken);
  });
  test('is an object whatever it was, and in words the same', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.boolean(), fc.boolean(), (value, wrapped, first) => {
        const members = first ? { structuredContent: value, content: [] } : { content: [], structuredContent: value };
        const result = JSON.parse(told(JSON.stringify(members), { wrapped }));
        const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
        const expected = JSON.parse(JSON.stringify(value));
        assert.deepEqual(result.structuredContent, isObject && !wrapped ? expected : { result: expected });
        assert.deepEqual(result.content, isObject ? [] : [{ type: 'text', text: JSON.stringify(value) }]);
      }),
    );
  });
});
