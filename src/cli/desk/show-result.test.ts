import assert from 'node:assert/strict';
import { test } from 'node:test';
import { resultText } from './show-result.ts';

const text = (...texts: string[]) => texts.map((each) => ({ type: 'text', text: each }));

const rows: readonly (readonly [string, object, string])[] = [
  ['text is printed with a line end', { content: text('a', 'b\n') }, 'a\nb\n'],
  ['structured content is printed as JSON', { content: [], structuredContent: { a: 1 } }, '{\n  "a": 1\n}\n'],
  [
    'JSON that is there as text, too, is printed once',
    { content: text('{"a":1}'), structuredContent: { a: 1 } },
    '{\n  "a": 1\n}\n',
  ],
  [
    'text that is there in an object around it, too, is printed once',
    { content: text('a'), structuredContent: { content: 'a' } },
    'a\n',
  ],
  [
    'an object that says more is printed after the text',
    { content: text('a'), structuredContent: { content: 'a', more: 1 } },
    'a\n{\n  "content": "a",\n  "more": 1\n}\n',
  ],
  [
    'another text is printed, too',
    { content: text('a'), structuredContent: { content: 'b' } },
    'a\n{\n  "content": "b"\n}\n',
  ],
  ['nothing is nothing', { content: [] }, ''],
];

for (const [name, result, printed] of rows)
  test(`what a tool gave: ${name}`, () => assert.equal(resultText({ ...result }), printed));
