import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { chmod, mkdir, readdir, stat, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, test } from 'node:test';
import { KeyFileAt } from './key-file.ts';

const root = mkdtempSync(join(tmpdir(), 'gatewright-keys-'));
const path = join(root, 'data', 'keys.json');
afterEach(() => rmSync(root, { recursive: true, force: true }));

test('what is kept is read again, by this user alone, and nothing else is left in the folder', async () => {
  const file = new KeyFileAt(path);
  assert.equal(await file.load(), undefined);
  await file.save(Buffer.from('one'));
  await file.save(Buffer.from('two'));
  assert.equal(String(await new KeyFileAt(path).load()), 'two');
  assert.equal((await stat(path)).mode & 0o777, 0o600);
  assert.deepEqual(await readdir(join(root, 'data')), ['keys.json']);
});

test('of several that make it at once, one does, and all read the same whole file', async () => {
  const made = await Promise.all(
    Array.from({ length: 8 }, (_, at) => new KeyFileAt(path).create(Buffer.from(`key ${at}`))),
  );
  assert.equal(made.filter(Boolean).length, 1);
  assert.equal(String(await new KeyFileAt(path).load()), `key ${made.indexOf(true)}`);
  assert.equal((await stat(path)).mode & 0o777, 0o600);
  assert.deepEqual(await readdir(join(root, 'data')), ['keys.json']);
});

test('a refusal says what to type', async () => {
  const spaced = join(root, 'data', "it's keys");
  await mkdir(join(root, 'data'), { recursive: true });
  await writeFile(spaced, 'x', { mode: 0o644 });
  await assert.rejects(new KeyFileAt(spaced).load(), (error: Error) => {
    execFileSync('sh', ['-c', error.message.split('Type: ')[1] ?? 'false']);
    return true;
  });
  assert.equal(String(await new KeyFileAt(spaced).load()), 'x');
});

const REFUSED: [string, () => Promise<unknown>][] = [
  ['can be read by others', () => writeFile(path, 'x').then(() => chmod(path, 0o640))],
  ['can be written by others', () => writeFile(path, 'x').then(() => chmod(path, 0o602))],
  ['is a link', () => writeFile(`${path}.else`, 'x', { mode: 0o600 }).then(() => symlink(`${path}.else`, path))],
  ['is a folder', () => mkdir(path)],
  ['is a pipe that nobody writes to', async () => execFileSync('mkfifo', ['-m', '600', path])],
  ['is far too large', () => writeFile(path, 'x', { mode: 0o600 }).then(() => truncate(path, 2 * 1024 * 1024))],
];
for (const [what, make] of REFUSED) {
  test(`a file that ${what} is not used`, async () => {
    await mkdir(join(root, 'data'), { recursive: true });
    await make();
    await assert.rejects(new KeyFileAt(path).load(), /no plain file|by others|more than/);
  });
}
