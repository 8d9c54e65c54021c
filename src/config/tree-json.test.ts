import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodeAt, placeOf } from './tree.ts';
import { parseJson } from './tree-json.ts';

function rootOf(text: string) {
  const parsed = parseJson(text);
  assert.ok(parsed.ok && parsed.root !== undefined);
  return { root: parsed.root, faults: parsed.faults };
}

const SETTINGS = '// of an editor\n{\n  /* one */ "a": [1, "x",], // two\n  "b": { "c": true },\n}\n';

test('comments and trailing commas are read over, and every value knows its place', () => {
  const { root, faults } = rootOf(SETTINGS);
  assert.deepEqual(faults, []);
  const places = [['a'], ['a', 1], ['b', 'c']].map((path) => Object.values(placeOf(root, path)).join(':'));
  assert.deepEqual(places, ['3:13', '3:22', '4:10']);
});

test('a number keeps how it was written, a text its value', () => {
  const { root } = rootOf('{"n": 1e2, "t": "a\\u0041"}');
  const written = ['n', 't'].map((key) => nodeAt(root, [key])).map((node) => node?.kind === 'scalar' && node.source);
  assert.deepEqual(written, ['1e2', 'aA']);
});

for (const key of ['a', '__proto__']) {
  test(`a key that may not stand there is a fault at its place: ${key}`, () => {
    const { faults } = rootOf(`{"a": 1,\n "${key}": 2}`);
    assert.deepEqual(
      faults.map(({ place, path }) => `${place?.line}:${place?.column} ${path.join('.')}`),
      [`2:2 ${key}`],
    );
  });
}

const SECRET = 'sk-0123456789';
const broken: { name: string; text: string; at: string; say: RegExp }[] = [
  { name: 'a missing comma', text: `{"a": "${SECRET}"\n "b": 1}`, at: '2:2', say: /comma is missing/ },
  { name: 'a missing colon', text: '{"a" 1}', at: '1:6', say: /colon is missing/ },
  { name: 'a key without quotes', text: `{a: "${SECRET}"}`, at: '1:2', say: /./ },
  { name: 'a text without an end', text: `{"a": "${SECRET}`, at: '1:7', say: /closing quote/ },
  { name: 'a brace that is not closed', text: '{"a": {\n', at: '2:1', say: /closing brace/ },
  { name: 'more than one value', text: '{} {}', at: '1:4', say: /must end/ },
  { name: 'endless nesting', text: '['.repeat(100_000), at: '1:1', say: /nested too deeply/ },
  { name: 'one level too many', text: `${'['.repeat(34)}1${']'.repeat(34)}`, at: '1:1', say: /nested too deeply/ },
];

for (const { name, text, at, say } of broken) {
  test(`told in one message that quotes nothing: ${name}`, () => {
    const parsed = parseJson(text);
    assert.ok(!parsed.ok);
    assert.deepEqual(
      parsed.faults.map((fault) => 'line' in fault && `${fault.line}:${fault.column}`),
      [at],
    );
    assert.match(parsed.faults[0]?.say ?? '', say);
    assert.ok(!JSON.stringify(parsed.faults).includes(SECRET));
  });
}

test('an empty file has no root', () => {
  const parsed = parseJson(' \n');
  assert.ok(parsed.ok);
  assert.equal(parsed.root, undefined);
});
