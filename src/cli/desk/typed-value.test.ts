/*
 * Words as values of the type that a schema wants.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { wholeSchema } from './schema.ts';
import { typedList, typedValue } from './typed-value.ts';

const whole = { $defs: { size: { type: 'integer' }, loop: { $ref: '#/$defs/loop' } } };
const schema = (own: object) => ({ own: { ...own }, whole });

function outcome(text: string, own: object): unknown {
  const typed = typedValue(text, schema(own));
  return typed.ok ? typed.value : `refused: ${typed.fault}`;
}

describe('a word', () => {
  const rows: readonly (readonly [string, string, object, unknown])[] = [
    ['is text where text is wanted, whatever it looks like', '007', { type: 'string' }, '007'],
    ['is a number', '-1.5e3', { type: 'number' }, -1500],
    ['is a whole number', '42', { type: 'integer' }, 42],
    ['is no whole number with a fraction', '4.2', { type: 'integer' }, 'refused: must be a whole number, not "4.2"'],
    ['is no number when it only begins like one', '12px', { type: 'number' }, 'refused: must be a number, not "12px"'],
    ['is no number when it is empty', '', { type: 'number' }, 'refused: must be a number, not ""'],
    ['is no number beyond all', '1e999', { type: 'number' }, /^refused: is a number that would not arrive/],
    ['is true or false', 'false', { type: 'boolean' }, false],
    ['is not true for being yes', 'yes', { type: 'boolean' }, 'refused: must be true or false, not "yes"'],
    ['is nothing', 'null', { type: ['string', 'null'] }, null],
    ['is the more exact of two types', '5', { type: ['string', 'integer'] }, 5],
    ['is text where the more exact type does not fit', 'five', { type: ['string', 'integer'] }, 'five'],
    ['is a list of one', 'a', { type: 'array', items: { type: 'string' } }, ['a']],
    ['is a whole list', '["a", 1]', { type: 'array' }, ['a', 1]],
    ['is an item of the right type', '7', { type: 'array', items: { type: 'integer' } }, [7]],
    ['is an item of the wrong type', 'x', { type: 'array', items: { type: 'integer' } }, /must be a whole number/],
    ['is an object', '{"a":1}', { type: 'object' }, { a: 1 }],
    ['is a broken object', '{"a":', { type: 'object' }, /not valid JSON/],
    ['is one of a list', 'b', { enum: ['a', 'b'] }, 'b'],
    ['is none of a list', 'c', { enum: ['a', 1] }, 'refused: must be one of: a, 1'],
    ['follows a reference', '3', { $ref: '#/$defs/size' }, 3],
    ['follows a reference in a circle no further', '3', { $ref: '#/$defs/loop' }, 3],
    ['has the types of all alternatives', '3', { anyOf: [{ type: 'null' }, { type: 'number' }] }, 3],
    ['is JSON where nothing is said', 'true', {}, true],
    ['is text where nothing is said and it is no JSON', 'it is true', {}, 'it is true'],
    ['keeps all digits where nothing is said', '12345678901234567890', {}, '12345678901234567890'],
    ['keeps its leading zero where nothing is said', '007', {}, '007'],
  ];
  for (const [what, text, own, expected] of rows) {
    test(what, () => {
      const found = outcome(text, own);
      if (expected instanceof RegExp) assert.match(String(found), expected);
      else assert.deepEqual(found, expected);
    });
  }
});

test('words of a list are its items', () => {
  const list = typedList(['1', '2'], schema({ type: 'array', items: { type: 'integer' } }));
  assert.deepEqual(list, { ok: true, value: [1, 2] });
});

test('a number arrives as the number that was written, or is refused', () => {
  fc.assert(
    fc.property(fc.bigInt(), (number) => {
      const typed = typedValue(String(number), wholeSchema({ type: 'integer' }));
      if (typed.ok) assert.equal(BigInt(typed.value as number), number);
      else assert.ok(number > BigInt(Number.MAX_SAFE_INTEGER) || number < BigInt(Number.MIN_SAFE_INTEGER));
    }),
  );
});

test('text arrives as it is', () => {
  fc.assert(fc.property(fc.string(), (text) => assert.deepEqual(outcome(text, { type: 'string' }), text)));
});
