/*
 * `${file:PATH}`: the text of a plain file, bounded, without its last newline, and never shown.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { parseConfig } from './load.ts';

const folder = mkdtempSync(join(tmpdir(), 'gatewright-secrets-'));
after(() => rmSync(folder, { recursive: true }));

const SECRET = `a-secret-in-a-file-of-its-own-with-\${NOPE}`;
writeFileSync(join(folder, 'secret'), `${SECRET}\n`);
writeFileSync(join(folder, 'windows'), `${SECRET}\r\n`);
writeFileSync(join(folder, 'two-lines'), `${SECRET}\n\n`);
writeFileSync(join(folder, 'largest'), 'x'.repeat(64 * 1024));
writeFileSync(join(folder, 'too-large'), 'x'.repeat(64 * 1024 + 1));
writeFileSync(join(folder, 'latin'), Buffer.from([0x61, 0xe9]));
mkdirSync(join(folder, 'folder'));
execFileSync('mkfifo', [join(folder, 'pipe')]);

function load(path: string, more = '') {
  const text = `servers: {a: {command: x, env: {S: "\${file:${path}}"}${more}}}`;
  return parseConfig(text, join(folder, 'gatewright.yaml'), {});
}

function valueIn(path: string): string | undefined {
  const loaded = load(path);
  assert.ok(loaded.ok, JSON.stringify(loaded));
  const transport = loaded.config.servers[0]?.transport;
  return transport?.kind === 'stdio' ? transport.env.S : undefined;
}

test('it is read beside the configuration, without one newline, and not expanded again', () => {
  assert.equal(valueIn('secret'), SECRET);
  assert.equal(valueIn(join(folder, 'windows')), SECRET);
  assert.equal(valueIn('./two-lines'), `${SECRET}\n`);
});

const faults: [what: string, path: string, say: RegExp][] = [
  ['one that is not there', 'nowhere', /cannot be read \(ENOENT\)/],
  ['a folder', 'folder', /no plain file/],
  ['a pipe, without waiting for it', 'pipe', /no plain file/],
  ['one that is no text', 'latin', /cannot be read \(ERR_ENCODING_INVALID_ENCODED_DATA\)/],
  ['one that is too large', 'too-large', /larger than 64 KiB/],
];

for (const [what, path, say] of faults) {
  test(`refused with its place: ${what}`, () => {
    const loaded = load(path);
    assert.ok(!loaded.ok);
    const [problem, ...others] = loaded.problems;
    assert.equal(`${problem?.line}:${problem?.field}`, '1:servers.a.env.S');
    assert.match(problem?.say ?? '', say);
    assert.deepEqual(others, []);
    assert.deepEqual(loaded.reads, [join(folder, path)], 'it is known which file would put it right');
  });
}

test('what a file may hold at most is taken, where the field takes it', () => {
  const loaded = load('largest');
  assert.match(loaded.ok ? '' : (loaded.problems[0]?.say ?? ''), /at most 8192 characters/);
});

test('its content is not shown, whatever is wrong around it', () => {
  const loaded = load('secret', `, type: "\${file:secret}"`);
  assert.ok(!loaded.ok);
  assert.doesNotMatch(JSON.stringify(loaded), /a-secret-in-a-file/);
});

test('a file of another client names no files', () => {
  const text = JSON.stringify({ mcpServers: { a: { command: 'x', env: { S: `\${file:secret}` } } } });
  const loaded = parseConfig(text, join(folder, 'mcp.json'), {});
  assert.deepEqual(loaded.reads, []);
  assert.ok(!JSON.stringify(loaded).includes(SECRET));
});
