/*
 * Files that are refused before any field is looked at: broken, or made to exhaust memory.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseConfig } from './load.ts';

interface Row {
  readonly name: string;
  readonly text: string;
  readonly line: number;
  readonly say: RegExp;
  readonly suggestion?: RegExp;
}

const whole: readonly Row[] = [
  { name: 'an empty file', text: '', line: 1, say: /empty/, suggestion: /servers:/ },
  { name: 'a file that is a list', text: '- a\n', line: 1, say: /must hold a map/, suggestion: /servers:/ },
  { name: 'a bracket that never closes', text: 'servers: {\n', line: 2, say: /not closed|missing/ },
  { name: 'a tab as indentation', text: 'servers:\n\tfs: {}\n', line: 2, say: /tab/, suggestion: /spaces/ },
  {
    name: 'two documents',
    text: 'servers: {}\n---\nservers: {}\n',
    line: 2,
    say: /more than one document/,
    suggestion: /---/,
  },
  {
    name: 'a variable in brackets without quotes',
    text: `listen: {port: \${PORT}}\n`,
    line: 1,
    say: /./,
    suggestion: /quotes/,
  },
  { name: 'a tag', text: 'servers: !!js/function x\n', line: 1, say: /Tags/ },
  { name: 'a file nested without end', text: '['.repeat(20_000), line: 1, say: /nested too deeply/ },
  {
    name: 'a file nested one level too deep',
    text: `servers: ${'['.repeat(33)}${']'.repeat(33)}\n`,
    line: 1,
    say: /nested too deeply/,
  },
  { name: 'one alias too many', text: `a: &a x\nb: [${'*a, '.repeat(101)}]\n`, line: 1, say: /more than 100 aliases/ },
  { name: 'an anchor that contains itself', text: 'a: &a [*a]\n', line: 1, say: /nested too deeply|aliases/ },
  { name: 'aliases that multiply', text: billion(), line: 1, say: /too many values|aliases/ },
];

function billion(): string {
  const lines = [`a0: &a0 [${'x, '.repeat(10)}]`];
  for (let level = 1; level < 9; level++) lines.push(`a${level}: &a${level} [${`*a${level - 1}, `.repeat(10)}]`);
  return `${lines.join('\n')}\n`;
}

for (const { name, text, line, say, suggestion } of whole) {
  test(`refused whole: ${name}`, () => {
    const loaded = parseConfig(text, 'gatewright.yaml', {});
    assert.ok(!loaded.ok);
    const [problem] = loaded.problems;
    assert.ok(problem);
    assert.equal(problem.line, line);
    assert.match(problem.say, say);
    if (suggestion !== undefined) assert.match(problem.suggestion ?? '', suggestion);
  });
}
