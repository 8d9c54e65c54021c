import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jsonBlock, jsonLine, jsonTextLine, plain, plainText } from './terminal.ts';

const rows: { name: string; text: string; want: string }[] = [
  { name: 'ordinary text stays, in any script', text: 'Größe 日本 👍', want: 'Größe 日本 👍' },
  { name: 'an escape sequence is shown, not obeyed', text: 'a\u001b[2Jb', want: 'a\\u{1b}[2Jb' },
  { name: 'a line break cannot fake a line of ours', text: 'a\r\nb', want: 'a\\u{d}\\u{a}b' },
  { name: 'the one-byte escape sequences of C1 are shown', text: 'a\u009b31m', want: 'a\\u{9b}31m' },
  { name: 'a change of direction is shown', text: 'a\u202eb', want: 'a\\u{202e}b' },
  { name: 'an invisible character is shown', text: 'a\u200bb\u2060', want: 'a\\u{200b}b\\u{2060}' },
  { name: 'a separator of lines or paragraphs is shown', text: '\u2028\u2029', want: '\\u{2028}\\u{2029}' },
  { name: 'half a character is shown', text: 'a\ud800b', want: 'a\\u{d800}b' },
  { name: '500 characters are shown', text: 'x'.repeat(500), want: 'x'.repeat(500) },
  { name: 'the 501st is not', text: 'x'.repeat(501), want: `${'x'.repeat(500)}…` },
];

for (const { name, text, want } of rows) test(name, () => assert.equal(plain(text), want));

test('a line of JSON holds no character that a terminal obeys, and still says the same', () => {
  const value = { reason: 'a\u001b\u009b\u202e\u2028\nb', tag: '\u{e0041}' };
  const line = jsonLine(value);
  assert.match(line, /^[\x20-\x7e]+\n$/);
  assert.deepEqual(JSON.parse(line), value);
});

test('text with lines keeps them, its tabs and the joiners of letters, and nothing else that is not seen', () => {
  assert.equal(plainText('a\r\nb\tc\u200dd\n'), 'a\nb\tc\u200dd\n');
  assert.equal(plainText('a\rb\u001b[2J\u202e\u2028'), 'a\\u{d}b\\u{1b}[2J\\u{202e}\\u{2028}');
  assert.equal(plainText('x'.repeat(10_000)).length, 10_000);
});

test('JSON that came as text becomes one line that means the same, digit for digit', () => {
  const line = jsonTextLine('{\n\t"a": 12345678901234567890,\r\n "b": "\u202e\u009b"}');
  assert.equal(line, '{  "a": 12345678901234567890,   "b": "\\u202e\\u009b"}\n');
});

test('JSON for people has lines, and no other character that a terminal obeys', () => {
  const value = { a: ['\u001b\u202e\n'] };
  assert.match(jsonBlock(value), /^[\x20-\x7e\n]+\n$/);
  assert.deepEqual(JSON.parse(jsonBlock(value)), value);
});
