/*
 * Rotation of the key of stored secrets, on a real store: everything opens with the new one, whatever came in between.
 */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { inspect } from 'node:util';
import { openStore } from '../../src/control/store/open-store.ts';
import { secrets } from '../../src/control/store/queries/objects.ts';
import { SAMPLE_ACTOR } from '../../src/control/store/queries/query.ts';
import { listAudit } from '../../src/control/store/queries/records.ts';
import { resealSecret } from '../../src/control/store/queries/secrets.ts';
import type { SecretRow } from '../../src/control/store/tables.ts';
import type { SecretPlace } from '../../src/control/vault.ts';
import { newKey, writtenKey } from '../../src/control/vault-key.ts';
import { openVault } from '../../src/control/vault-open.ts';
import { SecretKeeper, sealedWith } from '../../src/control/vault-rotate.ts';
import { KeyFileAt } from '../../src/ops/key-file.ts';

const ACTOR = { ...SAMPLE_ACTOR, organisation: 'default' };

/** A store and a vault in a folder of their own, with so many secrets. */
async function opened(t: TestContext, count: number, environment?: string) {
  const folder = await mkdtemp(join(tmpdir(), 'gatewright-rotate-'));
  const store = await openStore({ target: { file: join(folder, 'db') }, now: () => 1_000 });
  t.after(async () => {
    await store.close();
    await rm(folder, { recursive: true });
  });
  const file = new KeyFileAt(join(folder, 'encryption.key'));
  const start = (keys = environment) => openVault({ file, environment: keys, sealedWith: () => sealedWith(store) });
  const { vault, ring } = await start();
  const rows: SecretRow[] = [];
  for (let n = 0; n < count; n++) {
    const fresh = secrets.fresh(
      ACTOR,
      { kind: 'server_header', ownerId: `srv_${n}`, name: 'a', keyId: '', sealed: '' },
      1,
    );
    rows.push({ ...fresh, ...vault.seal(placeOf(fresh), `secret ${n}`) });
  }
  await store.write(ACTOR, { changes: rows.map((row) => secrets.insert(ACTOR, row)), touched: [], audit: [] });
  const all = async () => store.read(secrets.having(ACTOR, { kind: 'server_header' }));
  return { store, vault, ring, file, all, start, keeper: new SecretKeeper({ vault, ring, file, store }) };
}

function placeOf({ id, kind, ownerId, name }: SecretPlace): SecretPlace {
  return { id, kind, ownerId, name };
}

test('a rotation seals everything with a new key, which the next start opens with', async (t) => {
  const { keeper, vault, all, start, store } = await opened(t, 250);
  const before = vault.currentKeyId;
  const report = await keeper.rotate();
  assert.deepEqual(report, { keyId: vault.currentKeyId, made: true, resealed: 250, left: 0, forgotten: [] });
  assert.notEqual(vault.currentKeyId, before);
  const again = await start();
  for (const row of await all()) {
    assert.equal(row.keyId, report.keyId);
    assert.equal(row.version, 1);
    assert.equal(again.vault.open(placeOf(row), row), `secret ${Number(row.ownerId.slice(4))}`);
  }
  const actions = (await store.read(listAudit(ACTOR, { limit: 9 }))).map(({ action, actor }) => `${actor} ${action}`);
  assert.deepEqual(actions, ['local secrets.reseal', 'local secrets.rotate']);
});

test('a rotation keeps the key from before once more, and lets it go with the next one', async (t) => {
  const { keeper, vault, file, ring } = await opened(t, 2);
  const first = vault.currentKeyId;
  const { keyId: second } = await keeper.rotate();
  assert.deepEqual(ring.ids, [second, first]);
  const { keyId: third, forgotten } = await keeper.rotate();
  assert.deepEqual([ring.ids, forgotten], [[third, second], [first]]);
  assert.doesNotMatch(await readFile(file.path, 'utf8'), new RegExp(first));
});

test('a rotation that was asked for twice at once is one', async (t) => {
  const { keeper, ring } = await opened(t, 2);
  const [one, other] = await Promise.all([keeper.rotate(), keeper.rotate()]);
  assert.deepEqual(one, other);
  assert.equal(ring.ids.length, 2);
});

test('a rotation that was cut off goes on with the same key', async (t) => {
  const { keeper, vault, store, all, ring, start, file } = await opened(t, 10);
  const older = vault.currentKeyId;
  const { keyId } = await keeper.rotate();
  // As it is when it ends in the middle: some rows are still the old key's.
  const old = await start();
  old.ring.takeFile(old.ring.all().filter(({ id }) => id === older));
  const some = (await all()).slice(0, 4).map((row) => ({
    statement: resealSecret({
      id: row.id,
      version: 1,
      ...old.vault.seal(placeOf(row), vault.open(placeOf(row), row)),
    }),
  }));
  await store.note(some);
  const next = await start();
  const report = await new SecretKeeper({ ...next, file, store }).rotate();
  assert.deepEqual(report, { keyId, made: false, resealed: 4, left: 0, forgotten: [] });
  assert.deepEqual(ring.ids, [keyId, older]);
});

test('a rotation leaves what does not open, with its key, and says so', async (t) => {
  const { keeper, vault, store, all, ring } = await opened(t, 3);
  const older = vault.currentKeyId;
  const [{ id } = assert.fail()] = await all();
  await store.note([{ statement: resealSecret({ id, version: 1, keyId: older, sealed: 'damaged' }) }]);
  const { resealed, left } = await keeper.rotate();
  assert.deepEqual([resealed, left], [2, 1]);
  assert.deepEqual(new Set(ring.ids), new Set([vault.currentKeyId, older]));
  assert.equal((await keeper.rotate()).made, false);
});

test('a rotation overwrites no secret that was changed meanwhile', async (t) => {
  const { keeper, vault, store, all } = await opened(t, 1);
  const [row = assert.fail()] = await all();
  const changed = vault.seal(placeOf(row), 'changed');
  await store.write(ACTOR, {
    changes: [secrets.update(ACTOR, { id: row.id, set: changed, atMs: 2 })],
    ...{ touched: [], audit: [] },
  });
  await store.note([
    { statement: resealSecret({ id: row.id, version: row.version, ...vault.seal(placeOf(row), 'stale') }) },
  ]);
  await keeper.rotate();
  const [now = assert.fail()] = await all();
  assert.equal(vault.open(placeOf(now), now), 'changed');
});

test('a rotation takes up a key that a person has put back', async (t) => {
  const { keeper, file, ring } = await opened(t, 1);
  const [other, text] = [newKey(), await readFile(file.path, 'utf8')];
  await writeFile(file.path, `${text}${writtenKey(other)}\n`);
  const { forgotten } = await keeper.rotate();
  assert.deepEqual([forgotten, ring.ids.length], [[other.id], 2]);
});

test('a rotation with the key of the environment needs another one there, and then moves everything to it', async (t) => {
  const [one, two] = [newKey(), newKey()];
  const { keeper, start, file, store } = await opened(t, 3, writtenKey(one));
  await assert.rejects(keeper.rotate(), /GATEWRIGHT_ENCRYPTION_KEY.*NEW,OLD/);
  const next = await start(`${writtenKey(two)},${writtenKey(one)}`);
  const report = await new SecretKeeper({ ...next, file, store }).rotate();
  assert.deepEqual(report, { keyId: two.id, made: false, resealed: 3, left: 0, forgotten: [] });
  await assert.rejects(readFile(file.path), { code: 'ENOENT' });
});

test('the status names the keys and how many secrets they seal, and shows no key', async (t) => {
  const { keeper, vault, store, ring, all } = await opened(t, 3);
  const [{ id } = assert.fail()] = await all();
  await store.note([{ statement: resealSecret({ id, version: 1, keyId: 'enc_gone', sealed: '' }) }]);
  const { keys, from } = await keeper.status();
  assert.deepEqual(keys, [
    { id: vault.currentKeyId, current: true, here: true, secrets: 2 },
    { id: 'enc_gone', current: false, here: false, secrets: 1 },
  ]);
  assert.match(from, /encryption\.key$/);
  for (const key of ring.all()) assert.ok(!inspect(keys).includes(writtenKey(key)));
});
