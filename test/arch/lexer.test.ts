/* The measure measured: a wrong lexer would let the tests of the shape pass for nothing. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { functionsOf } from './functions.ts';
import { importsOf } from './imports.ts';
import { codeLines, tokensOf } from './lexer.ts';

test('comments, strings, templates and regular expressions are not code', () => {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a source as text
  const source = "a('x // y', `p ${b({ c: `}` })} q`, /[/]'/) // any\n/* d */ e / f / g";
  assert.deepEqual(
    codeLines(source).map((line) => line.replace(/\s+/g, ' ').trim()),
    ['a( , b({ c: }) , )', 'e / f / g'],
  );
});

test('lines are counted through templates and comments', () => {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a source as text
  assert.equal(tokensOf('`\n\n${a}\n`\n/*\n*/ last').at(-1)?.line, 6);
});

test('functions are found by name and length, and blocks are not functions', () => {
  const source = [
    'export function one(a: { b: string }): { c: number } {',
    '  if (a) {',
    '    for (const x of y) {',
    '    }',
    '  }',
    '}',
    'class K { #p(q: () => void): void {',
    '} }',
    'const two = async (a: number): Promise<void> => {',
    '};',
    'test("s", () => {});',
  ].join('\n');
  assert.deepEqual(functionsOf(source), [
    { name: 'one', line: 1, lines: 6 },
    { name: '#p', line: 7, lines: 2 },
    { name: 'two', line: 9, lines: 2 },
    { name: '(anonymous)', line: 11, lines: 1 },
  ]);
});

test('imports are found in every form, and not in comments', () => {
  const source =
    "import type { A } from './a.ts';\nexport * from './b.ts'; // from './no.ts'\nawait import('./c.ts');\nimport './d.ts';";
  assert.deepEqual(importsOf(source), [
    { specifier: './a.ts', line: 1 },
    { specifier: './b.ts', line: 2 },
    { specifier: './c.ts', line: 3 },
    { specifier: './d.ts', line: 4 },
  ]);
});
