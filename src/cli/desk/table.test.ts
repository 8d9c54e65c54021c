import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CliIo } from '../io.ts';
import { cut, printTable, widthOf } from './table.ts';

function table(rows: readonly (readonly string[])[], outColumns?: number): string[] {
  let out = '';
  const io = {
    out: (text: string) => {
      out += text;
    },
    terminal: { outColumns },
  } as unknown as CliIo;
  printTable(io, ['NAME', 'WHAT'], rows);
  return out.split('\n').slice(0, -1);
}

test('columns stand under one another, also with wide letters and letters without width', () => {
  assert.deepEqual(
    table([
      ['日本', 'x'],
      ['e\u0301e', 'y'],
      ['abcdef', 'z'],
    ]),
    ['NAME    WHAT', '日本    x', 'e\u0301e      y', 'abcdef  z'],
  );
});

test('on a terminal the widest column gives way, elsewhere nothing is cut', () => {
  const long = 'word '.repeat(20).trim();
  assert.deepEqual(table([['a', long]], 30), ['NAME  WHAT', `a     ${long.slice(0, 23)}…`]);
  assert.ok(table([['a', long]])[1]?.endsWith(long));
});

test('a name that would fill the screen leaves room for the rest', () => {
  const [, row = ''] = table([['x'.repeat(10_000), 'about']], 40);
  assert.equal(widthOf(row), 40);
  assert.match(row, /… {2}about$/);
});

test('a cell with a line end is one line', () => {
  assert.deepEqual(table([['a\nb', 'c']]), ['NAME     WHAT', 'a\\u{a}b  c']);
});

test('a cut text is never wider than asked', () => {
  assert.equal(cut('abc', 3), 'abc');
  assert.equal(cut('abcd', 3), 'ab…');
  assert.equal(cut('日本語', 4), '日…');
});
