import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { chmod, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, test } from 'node:test';
import { KeyFileAt } from '../ops/key-file.ts';
import { newKey, writtenKey } from './vault-key.ts';
import { openVault, type SealedWith } from './vault-open.ts';
import { textOfKeys, VaultError } from './vault-ring.ts';

const root = mkdtempSync(join(tmpdir(), 'gatewright-vault-'));
const path = join(root, 'data', 'encryption.key');
afterEach(() => rmSync(join(root, 'data'), { recursive: true, force: true }));
process.on('exit', () => rmSync(root, { recursive: true, force: true }));

const PLACE = { id: 'sec_1', kind: 'server_header', ownerId: 'srv_1', name: 'authorization' };

function open(environment?: string, sealed: readonly SealedWith[] = []) {
  return openVault({ file: new KeyFileAt(path), environment, sealedWith: async () => sealed });
}

describe('the first start', () => {
  test('makes a key for this user alone, and the next start opens with it what was sealed', async () => {
    const first = await open();
    const sealed = first.vault.seal(PLACE, 'secret');
    assert.equal((await stat(path)).mode & 0o777, 0o600);
    assert.equal((await stat(join(root, 'data'))).mode & 0o777, 0o700);
    const second = await open(undefined, [{ keyId: sealed.keyId, secrets: 1 }]);
    assert.equal(second.vault.open(PLACE, sealed), 'secret');
    assert.deepEqual([first.made, second.made], [true, false]);
  });

  test('of two at once agree on one key', async () => {
    const opened = await Promise.all([open(), open(), open(), open()]);
    assert.equal(new Set(opened.map(({ vault }) => vault.currentKeyId)).size, 1);
    assert.equal(opened.filter(({ made }) => made).length, 1);
    assert.deepEqual(await readdir(join(root, 'data')), ['encryption.key']);
  });

  test('makes no file when the key is in the environment', async () => {
    const key = newKey();
    const { vault, made } = await open(writtenKey(key));
    assert.deepEqual([vault.currentKeyId, made], [key.id, false]);
    await assert.rejects(stat(path), { code: 'ENOENT' });
  });
});

describe('keys of the environment and of the file', () => {
  test('open together, and what is named first in the environment seals', async () => {
    const inFile = await open();
    const sealed = inFile.vault.seal(PLACE, 'secret');
    const [now, older] = [newKey(), newKey()];
    const { vault, ring } = await open(`${writtenKey(now)}, ${older.secret.export().toString('hex')}`);
    assert.equal(vault.open(PLACE, sealed), 'secret');
    assert.deepEqual(ring.ids, [now.id, older.id, sealed.keyId]);
    assert.equal(vault.seal(PLACE, 'x').keyId, now.id);
  });

  test('that a person has made without an id are taken', async () => {
    await open();
    await writeFile(path, `# ours\n\n${randomBytes(32).toString('base64')}\r\n`);
    assert.match((await open()).vault.currentKeyId, /^enc_/);
  });
});

describe('the start is refused, in one line that names no key,', () => {
  const key = newKey();
  const missing = { keyId: 'enc_0123456789abcdef', secrets: 2 };
  const ROWS: readonly (readonly [string, () => Promise<unknown>, RegExp])[] = [
    ['for a key of the environment that is too short', () => open('c2hvcnQ='), /^GATEWRIGHT_ENCRYPTION_KEY: .*openssl/],
    ['for a key of the environment that can be guessed', () => open('ab'.repeat(32)), /can be guessed.*openssl/],
    ['for a comma with nothing behind it', () => open(`${writtenKey(key)},`), /^GATEWRIGHT_ENCRYPTION_KEY: /],
    ['for a file that others can read', () => written(textOfKeys([key]), 0o640), /Type: chmod 600 \S+encryption\.key$/],
    ['for a file without a key', () => written('# none\n'), /encryption\.key has no encryption key/],
    ['for a file of nothing', () => written(''), /Put back a copy/],
    [
      'for half a key',
      () => written(textOfKeys([key]).slice(0, -9)),
      /encryption\.key:2: An encryption key is 32 random bytes/,
    ],
    ['for a key of another id', () => written(`${newKey().id} ${writtenKey(key)}`), /encryption\.key:1: .*damaged/],
    [
      'when what is stored is sealed with a key that is not here',
      () => open(writtenKey(key), [missing, { keyId: key.id, secrets: 9 }]),
      /^2 stored secrets are sealed with the key enc_0123456789abcdef, found neither in GATEWRIGHT_ENCRYPTION_KEY nor in \/.*encryption\.key\./,
    ],
  ];
  for (const [when, start, says] of ROWS) {
    test(when, async () => {
      await assert.rejects(start(), (error) => {
        assert.ok(error instanceof VaultError);
        assert.match(error.message, says);
        return !error.message.includes('\n') && !error.message.includes(writtenKey(key).slice(0, 20));
      });
    });
  }

  test('and no key is made for a store whose key is lost', async () => {
    await assert.rejects(open(undefined, [missing]), VaultError);
    await assert.rejects(stat(path), { code: 'ENOENT' });
  });

  async function written(text: string, mode = 0o600): Promise<unknown> {
    await open();
    await writeFile(path, text);
    await chmod(path, mode);
    const before = await readFile(path, 'utf8');
    return open().finally(async () => assert.equal(await readFile(path, 'utf8'), before));
  }
});
