import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { makeCertificate } from '../../test/rig/certificates.ts';
import { openTlsFiles, readTlsPair, type TlsPaths } from './tls-files.ts';

const [one, two] = [makeCertificate({ name: 'one' }), makeCertificate({ name: 'two' })];

async function folderOf(t: TestContext): Promise<TlsPaths & { readonly folder: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'gatewright-tls-'));
  t.after(() => rm(folder, { recursive: true }));
  return { folder, certFile: join(folder, 'cert.pem'), keyFile: join(folder, 'key.pem') };
}

function write({ certFile, keyFile }: TlsPaths, { cert, key }: { readonly cert: string; readonly key: string }): void {
  writeFileSync(certFile, cert);
  writeFileSync(keyFile, key);
}

test('a certificate, its chain and its key are read', async (t) => {
  const files = await folderOf(t);
  write(files, { cert: one.cert + two.cert, key: one.key });
  const pair = await readTlsPair(files);
  assert.deepEqual([pair.cert.toString(), pair.key.toString()], [one.cert + two.cert, one.key]);
  assert.equal(pair.minVersion, 'TLSv1.2');
});

const locked = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({
  ...{ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' },
}) as string;

const FAULTS: readonly (readonly [what: string, files: (paths: TlsPaths) => void, says: RegExp])[] = [
  [
    'a certificate that is not there',
    ({ certFile }) => rmSync(certFile),
    /certFile: \S+cert\.pem does not exist\. Correct/,
  ],
  ['a key that is not there', ({ keyFile }) => rmSync(keyFile), /keyFile: \S+key\.pem does not exist\. Correct/],
  ['a folder', ({ keyFile }) => [rmSync(keyFile), mkdirSync(keyFile)], /keyFile: \S+ is a folder\. Name the PEM/],
  ['a certificate that is none', ({ certFile }) => writeFileSync(certFile, 'x'), /holds no certificate in PEM/],
  ['an empty certificate', ({ certFile }) => writeFileSync(certFile, ''), /holds no certificate in PEM/],
  ['a key that is none', ({ keyFile }) => writeFileSync(keyFile, one.cert), /holds no private key in PEM/],
  ['a key with a passphrase', ({ keyFile }) => writeFileSync(keyFile, locked), /is encrypted\. Use a key without/],
  ['a key of another certificate', ({ keyFile }) => writeFileSync(keyFile, two.key), /does not belong to the first/],
  [
    'a chain in the wrong order',
    ({ certFile }) => writeFileSync(certFile, two.cert + one.cert),
    /does not belong to the first/,
  ],
  [
    'a file that is far too long',
    ({ certFile }) => writeFileSync(certFile, Buffer.alloc(1024 * 1024 + 1)),
    /has 1048577 bytes/,
  ],
];
for (const [what, spoil, says] of FAULTS) {
  test(`${what} is refused with the way out, and without what stands in it`, async (t) => {
    const files = await folderOf(t);
    write(files, one);
    spoil(files);
    const failure = await readTlsPair(files).then(
      () => assert.fail('read'),
      (thrown: Error) => thrown.message,
    );
    assert.match(failure, says);
    assert.doesNotMatch(failure, /BEGIN|MII/);
  });
}

/** Watches as often as it can; gives the next thing that is told. */
async function watched(t: TestContext, files: TlsPaths) {
  const { watch } = await openTlsFiles(files);
  const told: string[] = [];
  let wake = () => {};
  const tell = (what: string) => {
    told.push(what);
    wake();
  };
  const stop = watch({
    everyMs: 5,
    onPair: ({ cert }) => tell(cert.toString() === two.cert ? 'two' : 'one'),
    onFault: ({ message }) => tell(message),
  });
  t.after(stop);
  return async () => {
    // The watch itself keeps no process alive.
    const alive = setInterval(() => {}, 1_000);
    while (told.length === 0) await new Promise<void>((resolve) => (wake = resolve));
    clearInterval(alive);
    return told.shift();
  };
}

test('a new pair is taken when both files are there, a broken one never', async (t) => {
  const files = await folderOf(t);
  write(files, one);
  const next = await watched(t, files);
  writeFileSync(files.certFile, two.cert);
  assert.match((await next()) ?? '', /does not belong/);
  writeFileSync(files.keyFile, two.key);
  assert.equal(await next(), 'two');
  rmSync(files.certFile);
  assert.match((await next()) ?? '', /does not exist/);
  writeFileSync(files.certFile, 'half');
  assert.match((await next()) ?? '', /no certificate/);
  write(files, one);
  assert.equal(await next(), 'one');
});

test('a pair that is renamed into place is taken, and one behind a link that now leads elsewhere', async (t) => {
  const files = await folderOf(t);
  for (const [name, pair] of Object.entries({ first: one, second: two })) {
    mkdirSync(join(files.folder, name));
    write({ certFile: join(files.folder, name, 'cert.pem'), keyFile: join(files.folder, name, 'key.pem') }, pair);
  }
  const now = join(files.folder, 'now');
  symlinkSync('first', now);
  const next = await watched(t, { certFile: join(now, 'cert.pem'), keyFile: join(now, 'key.pem') });
  symlinkSync('second', `${now}.new`);
  renameSync(`${now}.new`, now);
  assert.equal(await next(), 'two');
});
