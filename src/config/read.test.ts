import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { textOf } from './read.ts';

const folder = mkdtempSync(join(tmpdir(), 'gatewright-read-'));
after(() => rmSync(folder, { recursive: true }));

const MiB = 1024 * 1024;

function file(name: string, bytes: number): string {
  const path = join(folder, name);
  writeFileSync(path, Buffer.alloc(bytes, 'x'));
  return path;
}

test('a file of the largest size is read, one byte more is refused', async () => {
  const read = await textOf(file('whole.yaml', MiB));
  assert.equal('text' in read && read.text.length, MiB);
  assert.deepEqual(await textOf(file('more.yaml', MiB + 1)), { say: 'The file is larger than 1 MiB.' });
  assert.ok('text' in (await textOf(file('history.json', MiB + 1))));
  assert.deepEqual(await textOf(file('more.json', 16 * MiB + 1)), { say: 'The file is larger than 16 MiB.' });
});

test('a file without end is too large', { skip: process.platform === 'win32' }, async () => {
  assert.deepEqual(await textOf('/dev/zero'), { say: 'The file is larger than 1 MiB.' });
});

test('what is no file is said to be so', async () => {
  assert.match(JSON.stringify(await textOf(folder)), /This is a folder/);
  assert.match(JSON.stringify(await textOf(join(folder, 'none.yaml'))), /There is no such file/);
});
