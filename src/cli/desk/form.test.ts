/*
 * A server's form before a person: what is asked, what is sent.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { CliIo } from '../io.ts';
import { askForm } from './form.ts';

const FORM = {
  type: 'object',
  properties: {
    name: { type: 'string', title: 'Your name' },
    age: { type: 'integer' },
    mood: { type: 'string', enum: ['good', 'bad'], enumNames: ['Fine', 'Not so'] },
    colour: {
      type: 'string',
      oneOf: [
        { const: 'r', title: 'Red' },
        { const: 'b', title: 'Blue' },
      ],
    },
    many: { type: 'array', items: { type: 'string', enum: ['x', 'y', 'z'] } },
    sure: { type: 'boolean', default: true },
  },
  required: ['name'],
};

async function answer(lines: readonly string[], requestedSchema: object = FORM, message = 'Who are you?') {
  const left = [...lines];
  let shown = '';
  const io = { err: (text: string) => (shown += text) } as unknown as CliIo;
  const ask = async (question: string) => {
    shown += `${question}\n`;
    return left.shift();
  };
  const given = await askForm({ io, server: 'shop', ask }, { message, requestedSchema: { ...requestedSchema } });
  return { given: JSON.parse(JSON.stringify(given)), shown, left };
}

describe('a form', () => {
  const rows: readonly (readonly [string, readonly string[], object])[] = [
    [
      'is sent as it was filled in, each value with its type',
      ['Ann', '42', '2', 'b', '1, 3', 'false', 'y'],
      { action: 'accept', content: { name: 'Ann', age: 42, mood: 'bad', colour: 'b', many: ['x', 'z'], sure: false } },
    ],
    [
      'leaves out what was skipped, and takes what is preset',
      ['Ann', '', '', '', '', '', 'yes'],
      { action: 'accept', content: { name: 'Ann', sure: true } },
    ],
    [
      'asks again for what is needed or does not fit',
      ['', 'Ann', 'old', '7', '9', '1', '', '', '', 'maybe', 'y'],
      { action: 'accept', content: { name: 'Ann', age: 7, mood: 'good', sure: true } },
    ],
    ['can be declined', ['Ann', '', '', '', '', '', 'n'], { action: 'decline' }],
    ['can be cancelled', ['Ann', '', '', '', '', '', 'c'], { action: 'cancel' }],
    ['is cancelled at the end of the input', ['Ann', '4'], { action: 'cancel' }],
    ['is cancelled at the end of the input before anything', [], { action: 'cancel' }],
  ];
  for (const [what, lines, expected] of rows) {
    test(what, async () => {
      const { given, left } = await answer(lines);
      assert.deepEqual(given, expected);
      assert.deepEqual(left, []);
    });
  }

  test('without fields is a question', async () => {
    assert.deepEqual((await answer(['y'], { type: 'object' })).given, { action: 'accept', content: {} });
  });

  test('says who asks', async () => {
    assert.match((await answer([])).shown, /^\nThe server shop asks:\nWho are you\?\nYour name \(text\): \n/);
  });

  test('shows nothing that a terminal would obey (A-T23)', async () => {
    const evil = '\u001b[2J\u009b\u202e\rgatewright: all is well';
    const properties = { [evil]: { type: 'string', title: evil, description: evil, enum: [evil], enumNames: [evil] } };
    const { shown } = await answer(['1', 'y'], { type: 'object', properties }, evil);
    assert.doesNotMatch(shown, /(?!\n)[\p{Cc}\p{Cf}]/u);
  });
});
