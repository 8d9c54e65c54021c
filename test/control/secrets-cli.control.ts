/*
 * `gatewright secrets` without a gateway: on the store itself, through kills, and with keys that cannot be used.
 */
import assert from 'node:assert/strict';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { openStore } from '../../src/control/store/open-store.ts';
import { secrets } from '../../src/control/store/queries/objects.ts';
import { SAMPLE_ACTOR } from '../../src/control/store/queries/query.ts';
import { openVault } from '../../src/control/vault-open.ts';
import { sealedWith } from '../../src/control/vault-rotate.ts';
import { KeyFileAt } from '../../src/ops/key-file.ts';
import { startCli } from '../rig/cli.ts';
import { ADMIN_PASSWORD, startManaged } from '../rig/managed-gateway.ts';

const ACTOR = { ...SAMPLE_ACTOR, organisation: 'default' };
const SECRETS = process.env.GATEWRIGHT_FULL === undefined ? 1_000 : 10_000;
const KILLS = process.env.GATEWRIGHT_FULL === undefined ? 3 : 20;

async function placed(t: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), 'gatewright-secrets-'));
  t.after(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, 'gatewright.json'), '{"servers": {}}');
  const [dataDir, config] = [join(folder, 'data'), join(folder, 'gatewright.json')];
  const start = (action: string, ...more: string[]) =>
    startCli(['secrets', action, '--config', config, '--data-dir', dataDir, ...more]);
  return { start, dataDir, keyFile: join(dataDir, 'encryption.key') };
}

/** The vault of this folder, over its store. */
async function withVault<Result>(dataDir: string, act: (opened: Opened) => Promise<Result>): Promise<Result> {
  const store = await openStore({ target: { file: join(dataDir, 'gatewright.db') }, now: Date.now });
  try {
    const file = new KeyFileAt(join(dataDir, 'encryption.key'));
    const { vault } = await openVault({ file, environment: undefined, sealedWith: () => sealedWith(store) });
    return await act({ store, vault });
  } finally {
    await store.close();
  }
}

interface Opened {
  readonly store: Awaited<ReturnType<typeof openStore>>;
  readonly vault: Awaited<ReturnType<typeof openVault>>['vault'];
}

async function seed({ store, vault }: Opened): Promise<void> {
  const changes = Array.from({ length: SECRETS }, (_, n) => {
    const blank = { kind: 'server_header', ownerId: `srv_${n}`, name: 'a', keyId: '', sealed: '' };
    const fresh = secrets.fresh(ACTOR, blank, 1);
    return secrets.insert(ACTOR, { ...fresh, ...vault.seal(fresh, `secret ${n}`) });
  });
  await store.write(ACTOR, { changes, touched: [], audit: [] });
}

/** How many keys seal them now. */
async function assertAllOpen({ store, vault }: Opened): Promise<number> {
  const rows = await store.read(secrets.having(ACTOR, { kind: 'server_header' }));
  assert.equal(rows.length, SECRETS);
  for (const row of rows) assert.equal(vault.open(row, row), `secret ${row.ownerId.slice(4)}`);
  return new Set(rows.map(({ keyId }) => keyId)).size;
}

/** Some moment after the new key is there. When one was cut off before, there is no new one. */
async function isRotating(keyFile: string): Promise<void> {
  const before = await readFile(keyFile, 'utf8');
  const untilMs = performance.now() + 1_500;
  while ((await readFile(keyFile, 'utf8')) === before && performance.now() < untilMs) await sleep(1);
  await sleep(Math.random() * 40);
}

test('a rotation that is killed again and again leaves everything open, and comes to its end', async (t) => {
  const { start, dataDir, keyFile } = await placed(t);
  await withVault(dataDir, seed);
  let cutOff = 0;
  for (let n = 0; n < KILLS; n++) {
    const rotation = start('rotate');
    await Promise.race([rotation.ended, isRotating(keyFile)]);
    rotation.kill('SIGKILL');
    await rotation.ended;
    if ((await withVault(dataDir, assertAllOpen)) > 1) cutOff += 1;
  }
  const { code, json } = await start('rotate', '--json').ended;
  assert.deepEqual([code, json.left], [0, 0]);
  assert.equal(await withVault(dataDir, assertAllOpen), 1);
  t.diagnostic(`${cutOff} of ${KILLS} kills came in the middle`);
});

test('the status and the rotation say which keys there are, and show none', async (t) => {
  const { start, keyFile } = await placed(t);
  const before = await start('status', '--json').ended;
  const rotated = await start('rotate').ended;
  const after = await start('status').ended;
  const keys = (await readFile(keyFile, 'utf8')).match(/[A-Za-z0-9+/]{43}=/g) ?? [];
  assert.equal(keys.length, 2);
  assert.match(rotated.out, /^New key enc_[0-9a-f]{16}: 0 secrets encrypted anew/);
  assert.match(after.out, /enc_\w+ +current +0\nenc_\w+ +older +0\n/);
  for (const { out, err, code } of [before, rotated, after]) {
    assert.deepEqual([code, err], [0, '']);
    assert.ok(keys.every((key) => !out.includes(key)));
  }
});

test('what cannot be done is one line with the way out', async (t) => {
  const { start, keyFile } = await placed(t);
  assert.equal((await start('status').ended).code, 0);
  assert.match((await start('forget').ended).err, /^gatewright: There is no "secrets forget".*\n$/);
  await chmod(keyFile, 0o644);
  const { code, err } = await start('rotate').ended;
  assert.equal(code, 1);
  assert.match(err, /^gatewright: .*Type: chmod 600 \S+encryption\.key\n$/);
});

test('a gateway that runs is asked, and goes on sealing with the new key', async (t) => {
  const gateway = await startManaged({ servers: {} });
  t.after(() => gateway.stop('SIGKILL'));
  const command = (action: string) =>
    startCli(['secrets', action, '--json'], { env: { GATEWRIGHT_DATA_DIR: gateway.dataDir } }).ended;
  const { keyId } = (await command('rotate')).json;
  const made = await gateway.ask('POST /api/v1/me/password', {
    body: { oldPassword: ADMIN_PASSWORD, newPassword: 'another sentence that is long' },
  });
  assert.equal(made.status, 200, made.text);
  const { code, json } = await command('status');
  assert.equal(code, 0);
  const [current] = json.keys as { id: string; current: boolean; here: boolean; secrets: number }[];
  assert.deepEqual([current?.id, current?.current, current?.here], [keyId, true, true]);
  assert.ok((current?.secrets ?? 0) > 0, 'what sessions are signed with is sealed anew');
});
