import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { elementsOf } from './elements.ts';

/** The texts of the elements, as the spans cut them. */
function cut(text: string, before = ''): string[] {
  const bytes = Buffer.from(before + text);
  const start = Buffer.byteLength(before);
  return elementsOf(bytes, { start, end: bytes.length }).map((span) => bytes.toString('utf8', span.start, span.end));
}

test('the elements of any array are those that JSON.parse finds', () => {
  fc.assert(
    fc.property(
      fc.array(fc.jsonValue()),
      fc.constantFrom(0, 1, '\t', '\r\n  '),
      fc.string(),
      (values, indent, before) => {
        assert.deepEqual(
          cut(JSON.stringify(values, null, indent), before),
          values.map((value) => reprinted(value, indent)),
        );
      },
    ),
  );
});

/** How `value` stands inside an array that was printed with `indent`. */
function reprinted(value: unknown, indent: number | string): string {
  const whole = JSON.stringify([value], null, indent);
  return whole.slice(1, -1).trim();
}

test('brackets, commas and quotes inside strings count for nothing', () => {
  const odd = fc.array(fc.constantFrom('"', '\\', ',', ']', '[', '{', '}', ' ', 'x')).map((parts) => parts.join(''));
  fc.assert(
    fc.property(fc.array(odd), (values) => {
      assert.deepEqual(
        cut(JSON.stringify(values)),
        values.map((value) => JSON.stringify(value)),
      );
    }),
  );
});

describe('an array', () => {
  const rows: [string, string, string[]][] = [
    ['that is empty has no elements', '[]', []],
    ['of blanks has none either', '[ \n\t ]', []],
    ['gives its elements without the blanks around them', '[ 1 ,\n"a" ]', ['1', '"a"']],
    ['keeps the blanks inside an element', '[[ 1 ]]', ['[ 1 ]']],
    ['ends a string at its own quote', '["\\\\","\\"]"]', ['"\\\\"', '"\\"]"']],
  ];
  for (const [what, text, elements] of rows) test(what, () => assert.deepEqual(cut(text), elements));
  test('that is none has no elements', () => assert.deepEqual(cut('{"a":[1]}'), []));
});
