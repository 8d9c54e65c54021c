import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { ListFilesIn } from './list-files.ts';

const root = mkdtempSync(join(tmpdir(), 'gatewright-lists-'));
after(() => rmSync(root, { recursive: true }));

test('what was saved is loaded, and only this user can read it', async () => {
  const folder = join(root, 'a', 'lists');
  const files = new ListFilesIn(folder);
  await Promise.all([files.save('one', Buffer.from('1')), files.save('two', Buffer.from('2'))]);
  await files.save('one', Buffer.from('new'));
  assert.equal(String(await files.load('one')), 'new');
  assert.deepEqual(readdirSync(folder).sort(), ['one.json', 'two.json']);
  assert.equal(statSync(folder).mode & 0o777, 0o700);
  assert.equal(statSync(join(folder, 'one.json')).mode & 0o777, 0o600);
});

test('what was never saved is missing, and no folder is made for asking', async () => {
  const files = new ListFilesIn(join(root, 'b'));
  assert.equal(await files.load('one'), undefined);
  await files.removeUnused();
  assert.deepEqual(readdirSync(root).includes('b'), false);
});

test('what cannot be written says so and leaves nothing behind', async () => {
  const folder = join(root, 'c');
  const files = new ListFilesIn(folder);
  await files.save('one', Buffer.from('1'));
  await assert.rejects(files.save('no/such/folder', Buffer.from('1')));
  assert.deepEqual(readdirSync(folder), ['one.json']);
});

test('what nobody used for a month goes; using it keeps it', async () => {
  const folder = join(root, 'd');
  const files = new ListFilesIn(folder);
  await files.save('used', Buffer.from('1'));
  await files.save('unused', Buffer.from('1'));
  const old = new Date(Date.now() - 31 * 24 * 60 * 60 * 1000);
  for (const name of ['used', 'unused']) utimesSync(join(folder, `${name}.json`), old, old);
  await files.load('used');
  await files.removeUnused();
  assert.deepEqual(readdirSync(folder), ['used.json']);
});

test('what is no file is refused, not waited for', async () => {
  const folder = join(root, 'e');
  const files = new ListFilesIn(folder);
  await files.save('one', Buffer.from('1'));
  execFileSync('mkfifo', [join(folder, 'pipe.json')]);
  await assert.rejects(files.load('pipe'), /pipe\.json is no plain file/);
});
