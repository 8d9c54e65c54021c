import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { memberOf, membersOf, readString, readValue } from './members.ts';
import { insertMembers, removeMembers, replaceMembers, splice } from './splice.ts';

const whole = (bytes: Buffer) => ({ start: 0, end: bytes.length });

describe('a splice', () => {
  const bytes = Buffer.from('0123456789');
  test('puts new bytes in place of old ones', () => {
    assert.equal(splice(bytes, [{ start: 2, end: 4, put: 'ä' }]).toString(), '01ä456789');
    assert.equal(
      splice(bytes, [
        { start: 0, end: 0, put: 'a' },
        { start: 0, end: 1, put: '' },
        { start: 10, end: 10, put: Buffer.from('z') },
      ]).toString(),
      'a123456789z',
    );
  });
  test('without edits gives the same bytes', () => {
    assert.equal(splice(bytes, []), bytes);
  });
  test('refuses edits that overlap, are out of order, or leave the bytes', () => {
    for (const [a, b] of [
      [
        [0, 3],
        [2, 4],
      ],
      [
        [5, 6],
        [1, 2],
      ],
      [
        [4, 3],
        [5, 5],
      ],
      [
        [0, 1],
        [9, 11],
      ],
    ] as const) {
      const edits = [a, b].map(([start, end]) => ({ start, end, put: '' }));
      assert.throws(() => splice(bytes, edits), TypeError);
    }
  });
});

describe('members leave an object with the right commas', () => {
  const rows: [string, string, string[], string][] = [
    ['the first', '{"a":1, "b":2,"c":3}', ['a'], '{"b":2,"c":3}'],
    ['one in the middle', '{"a":1, "b":2,"c":3}', ['b'], '{"a":1,"c":3}'],
    ['the last', '{"a":1, "b":2 , "c":3 }', ['c'], '{"a":1, "b":2 }'],
    ['the only one', '{ "a":1 }', ['a'], '{  }'],
    ['the first two', '{"a":1, "b":2,"c":3}', ['a', 'b'], '{"c":3}'],
    ['the last two', '{"a":1, "b":2,"c":3}', ['b', 'c'], '{"a":1}'],
    ['the first and the last', '{"a":1, "b":2,"c":3}', ['c', 'a'], '{"b":2}'],
    ['all', '{"a":1,"b":[{"a":0}],"c":3}', ['a', 'b', 'c'], '{}'],
    ['none', '{"a":1}', ['x'], '{"a":1}'],
    ['one written with an escape', '{"\\u0061":1,"b":2}', ['a'], '{"b":2}'],
    ['all of the same name', '{"a":1,"b":2,"a":3}', ['a'], '{"b":2}'],
  ];
  for (const [what, text, keys, expected] of rows) {
    test(what, () => {
      const bytes = Buffer.from(text);
      assert.equal(splice(bytes, removeMembers(bytes, whole(bytes), keys)).toString(), expected);
    });
  }
});

describe('members enter an object at its start', () => {
  const put = (text: string, members: string, keys: string[] = []) => {
    const bytes = Buffer.from(text);
    const edits =
      keys.length > 0
        ? replaceMembers(bytes, whole(bytes), keys, members)
        : [insertMembers(bytes, whole(bytes), members)];
    return splice(bytes, edits).toString();
  };
  test('with a comma before those that are there', () => assert.equal(put('{"a":1}', '"b":2'), '{"b":2,"a":1}'));
  test('without one when it is empty', () => assert.equal(put('{ }', '"b":2'), '{"b":2 }'));
  test('without one when there is nothing to put', () => assert.equal(put('{"a":1}', ''), '{"a":1}'));
  test('in place of the first', () => assert.equal(put('{"a":1,"c":3}', '"b":2', ['a']), '{"b":2,"c":3}'));
  test('in place of all', () => assert.equal(put('{"a":1,"c":3}', '"b":2', ['a', 'c']), '{"b":2}'));
});

describe('the members of an object', () => {
  const bytes = Buffer.from('[{"a" : "x\\n" , "\\u0062":{"c":[1,2]},"d":-1.5e3}]');
  const span = { start: 1, end: bytes.length - 1 };
  test('come with key and value', () => {
    assert.deepEqual(
      membersOf(bytes, span).map((m) => [m.key, readValue(bytes, m.value)]),
      [
        ['a', 'x\n'],
        ['b', { c: [1, 2] }],
        ['d', -1500],
      ],
    );
    const a = memberOf(bytes, span, 'a');
    assert.ok(a);
    assert.equal(readString(bytes, a.value), 'x\n');
    assert.equal(memberOf(bytes, span, 'c'), undefined);
  });
  test('keep the name of an escaped key, whatever V8 has parsed before', () => {
    JSON.parse('{"g":1,"\\\\":1,"x\\\\u0":1}');
    const escaped = Buffer.from('{"g":1,"\\u0061":[{"x\\u0062":"\\\\"}],"__proto__":2}');
    const value = readValue(escaped, { start: 0, end: escaped.length }) as Record<string, unknown>;
    assert.deepEqual(Object.entries(value), [
      ['g', 1],
      ['a', [{ xb: '\\' }]],
      ['__proto__', 2],
    ]);
    assert.throws(() => readValue(Buffer.from('{"a\\n":1'), { start: 0, end: 9 }), SyntaxError);
  });
  test('are none when there is no object', () => {
    assert.deepEqual(membersOf(bytes, { start: 0, end: bytes.length }), []);
  });
});
