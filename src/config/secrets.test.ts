/*
 * No message shows a secret, whatever is wrong with the file that holds it.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseConfig } from './load.ts';
import { maskSecrets, problemLine, shortened } from './problem.ts';

const SECRET = 's3cr3t-s3cr3t-s3cr3t';

const files: { name: string; text: string }[] = [
  { name: 'a token with a blank', text: `auth: {tokens: [{name: a, token: "${SECRET} x"}]}` },
  { name: 'a token as a list', text: `auth: {tokens: [{name: a, token: [${SECRET}]}]}` },
  { name: 'a token twice', text: `auth: {tokens: [{name: a, token: ${SECRET}}, {name: b, token: ${SECRET}}]}` },
  { name: 'a header with a line break', text: `servers: {a: {url: "http://a/", headers: {X: "${SECRET}\\n"}}}` },
  { name: 'a header that is a map', text: `servers: {a: {url: "http://a/", headers: {X: {${SECRET}: 1}}}}` },
  { name: 'a variable with a NUL', text: `servers: {a: {command: x, env: {X: "${SECRET}\\0"}}}` },
  { name: 'credentials in an address', text: `servers: {a: {url: "http://u:${SECRET}@a/"}}` },
  { name: 'credentials in a broken address', text: `servers: {a: {url: "http//u:${SECRET}@a/"}}` },
  { name: 'a quote that never closes', text: `servers:\n  a:\n    headers:\n      X: "${SECRET}\n` },
  { name: 'a tag', text: `servers: {a: {url: !${SECRET} x}}` },
  { name: 'an alias', text: `servers: {a: {url: *${SECRET}}}` },
  { name: 'a reference that is none', text: `servers: {a: {url: "\${${SECRET}}"}}` },
  { name: 'a default beside a broken neighbour', text: `servers: {a: {url: "\${NOPE:-${SECRET}}\${NOPE}"}}` },
  { name: 'a secret as an unknown key', text: `${'x'.repeat(60)}${SECRET}: 1` },
];

for (const { name, text } of files) {
  test(`not shown: ${name}`, () => {
    const loaded = parseConfig(text, 'x.yaml', {});
    assert.ok(!loaded.ok, 'the file should be refused');
    assert.doesNotMatch(JSON.stringify(loaded), new RegExp(SECRET));
  });
}

test('should a message quote a secret all the same, it is masked', () => {
  const problem = { file: 'x', line: 1, column: 2, field: `a.${SECRET}`, say: `no ${SECRET}!`, suggestion: SECRET };
  assert.equal(problemLine(maskSecrets(problem, [SECRET, 'no'])), 'x:1:2 a.***: no ***! ***');
});

test('a key is shortened at 65 characters', () => {
  assert.equal(shortened('k'.repeat(64)), 'k'.repeat(64));
  assert.equal(shortened('k'.repeat(65)), 'kkkkkkkk… (65 characters)');
});
