import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const ROOT = fileURLToPath(new URL('../../', import.meta.url));

test('every file that the table of promises names is there', () => {
  const page = readFileSync(`${HERE}README.md`, 'utf8');
  const named = [...page.matchAll(/`([\w./*-]+\.(?:test|identity)\.ts)`/g)].map(([, path = '']) => path);
  assert.ok(named.length > 20);
  const missing = named.filter((path) => globSync(path, { cwd: path.startsWith('src/') ? ROOT : HERE }).length === 0);
  assert.deepEqual(missing, []);
});
