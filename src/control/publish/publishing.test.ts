import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { parseConfig } from '../../config/load.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import { inTable } from '../../model/table.ts';
import type { Actor } from '../actor.ts';
import { openStore } from '../store/open-store.ts';
import { overlay, servers } from '../store/queries/objects.ts';
import { keys, users } from '../store/queries/people.ts';
import type { Change, Store, Touched } from '../store/store.ts';
import { openPublishing, type Publishing } from './publishing.ts';

const ACTOR: Actor = {
  ...{ id: 'local', userId: undefined, username: undefined, organisation: 'default', roles: [], rights: new Set() },
  ...{ by: 'local', sessionId: undefined, requestId: '', address: '' },
};

const folder = await mkdtemp(join(tmpdir(), 'gatewright-publishing-'));
const opened: Store[] = [];
after(async () => {
  for (const store of opened) await store.close();
  await rm(folder, { recursive: true, force: true });
});

async function newStore(): Promise<Store> {
  const store = await openStore({ target: { file: join(folder, `${opened.length}.db`) }, now: Date.now });
  opened.push(store);
  return store;
}

const configOf = (text: string) => {
  const loaded = parseConfig(text, '/some/gatewright.yaml', {});
  assert.ok(loaded.ok);
  return loaded.config;
};
const [EMPTY, FILE] = [configOf('servers: {}'), configOf('servers: {a: {url: "https://file.example"}}')];

const failures: unknown[] = [];
let nowMs = 0;

function publishingOver(store: Store): Promise<Publishing> {
  const parts = { vault: { open: () => '' }, conditionFault: () => undefined, clock: () => performance.now() };
  return openPublishing({ ...parts, store, now: () => ++nowMs, onFailure: (_, error) => failures.push(error) }, EMPTY);
}

const URL_OF = { url: 'https://a.example/mcp', owner: null, visibility: 'private', tagsJson: '[]', weight: 1 };

async function written(store: Store, table: Touched['kind'], row: { id: string }, change: Change): Promise<void> {
  await store.write(ACTOR, {
    changes: [change],
    touched: [{ kind: table, id: row.id, organisation: 'default' }],
    audit: [],
  });
}

async function addServer(store: Store, name: string): Promise<{ readonly id: string; readonly name: string }> {
  const row = servers.fresh(ACTOR, { name, title: '', description: '', definitionJson: '{}', ...URL_OF }, 1);
  await written(store, 'servers', row, servers.insert(ACTOR, row));
  return row;
}

async function switchOff(store: Store, target: string): Promise<void> {
  const row = overlay.fresh(ACTOR, { kind: 'server', target, state: 'disabled', reason: '' }, 1);
  await written(store, 'overlay', row, overlay.insert(ACTOR, row));
}

test('what is stored is in the first snapshot, and what is written then is in the next', async () => {
  const store = await newStore();
  await addServer(store, 'a');
  const publishing = await publishingOver(store);
  const seen: Snapshot[] = [publishing.snapshot()];
  publishing.follow(async (next) => seen.push(next));
  await switchOff(store, 'a');
  await publishing.settled();
  assert.deepEqual(
    seen.map(({ servers: known, overlay: { servers: off } }) => [[...known.keys()], [...off.keys()]]),
    [
      [['a'], []],
      [['a'], ['a']],
    ],
  );
  await publishing.close();
});

test('what is written before anybody goes by it is not forgotten', async () => {
  const store = await newStore();
  const publishing = await publishingOver(store);
  await addServer(store, 'early');
  publishing.follow(async () => {});
  await publishing.settled();
  assert.ok(publishing.snapshot().servers.has('early'));
  await publishing.close();
});

test('however many write while one snapshot is swapped, one more is made for all of them', async () => {
  const store = await newStore();
  const publishing = await publishingOver(store);
  const first = Promise.withResolvers<void>();
  const sizes: number[] = [];
  publishing.follow(async ({ servers: known }) => {
    sizes.push(known.size);
    if (sizes.length === 1) await first.promise;
  });
  await addServer(store, 's0');
  while (sizes.length === 0) await new Promise((resolve) => setImmediate(resolve));
  for (let at = 1; at <= 5; at++) await addServer(store, `s${at}`);
  first.resolve();
  await publishing.settled();
  assert.deepEqual(sizes, [1, 6]);
  await publishing.close();
});

test('a file and writes are swapped one at a time, and both are in the end', async () => {
  const store = await newStore();
  const publishing = await publishingOver(store);
  let [running, most] = [0, 0];
  const apply = publishing.follow(async () => {
    most = Math.max(most, ++running);
    await new Promise((resolve) => setTimeout(resolve, 2));
    running--;
  });
  const writes = ['x1', 'x2', 'x3'].map((name) => addServer(store, name));
  const files = [FILE, EMPTY, FILE].map((config) => apply(config));
  await Promise.all([...writes, ...files]);
  await publishing.settled();
  assert.equal(most, 1);
  assert.deepEqual([...publishing.snapshot().servers.keys()].sort(), ['a', 'x1', 'x2', 'x3']);
  await publishing.close();
});

/** A store whose reads fail as long as it is told to. */
function failing(store: Store) {
  const down = { now: false };
  const readAll: Store['readAll'] = (statements) =>
    down.now ? Promise.reject(new Error('gone')) : store.readAll(statements);
  const methods = { write: store.write.bind(store), onWritten: store.onWritten.bind(store) };
  return { down, store: { ...store, ...methods, status: () => store.status(), readAll } as Store };
}

test('a store that cannot be read leaves the last snapshot, whose age is told; when it can, it is caught up', async () => {
  const { down, store } = failing(await newStore());
  const publishing = await publishingOver(store);
  const apply = publishing.follow(async () => {});
  down.now = true;
  await addServer(store, 'late');
  await assert.rejects(publishing.settled(), /stored, and not in force yet/);
  const readAtMs = publishing.readAtMs();
  assert.deepEqual([[...publishing.snapshot().servers.keys()], failures.length], [[], 1]);
  await apply(FILE);
  assert.deepEqual([...publishing.snapshot().servers.keys()], ['a']);
  assert.equal(publishing.readAtMs(), readAtMs);
  down.now = false;
  await publishing.settled();
  assert.deepEqual([...publishing.snapshot().servers.keys()], ['a', 'late']);
  await publishing.close();
});

test('where it is not known what was written, all of it is read: what is new, what is otherwise, and what is gone', async () => {
  const store = await newStore();
  const listeners: ((touched: readonly Touched[]) => void)[] = [];
  const onWritten = (listener: (typeof listeners)[number]) => {
    listeners.push(listener);
    return () => {};
  };
  const deaf: Store = { ...failing(store).store, onWritten };
  const [gone, kept] = await Promise.all([addServer(store, 'gone'), addServer(store, 'kept')]);
  const publishing = await publishingOver(deaf);
  publishing.follow(async () => {});
  const before = publishing.snapshot().servers.get('kept');
  await written(store, 'servers', gone, servers.remove(ACTOR, { id: gone.id }));
  await addServer(store, 'late');
  await switchOff(store, 'kept');
  await publishing.settled();
  assert.deepEqual([...publishing.snapshot().servers.keys()].sort(), ['gone', 'kept']);
  for (const listener of listeners) listener([]);
  await publishing.settled();
  const now = publishing.snapshot();
  assert.deepEqual([...now.servers.keys()].sort(), ['kept', 'late']);
  assert.deepEqual([...now.overlay.servers.keys()], [kept.name]);
  assert.equal(now.servers.get('kept'), before, 'what did not change is the same object');
  await publishing.close();
});

test('a start that cannot read the store is none', async () => {
  const { down, store } = failing(await newStore());
  down.now = true;
  await assert.rejects(publishingOver(store), /gone/);
});

test('a key of somebody who is not there yet is taken as soon as they are', async () => {
  const store = await newStore();
  const publishing = await publishingOver(store);
  publishing.follow(async () => {});
  const user = users.fresh(
    ACTOR,
    {
      ...{ username: 'ann', displayName: '', email: '', passwordHash: '', mustChangePassword: 0, disabled: 0 },
      sessionsNotBeforeMs: 0,
    },
    1,
  );
  const lists = { rolesJson: null, reachJson: null, apiJson: '[]', expiresAtMs: null, lastUsedAtMs: null, disabled: 0 };
  const key = keys.fresh(ACTOR, { keyId: 'k1', name: 'k', sha256: 'ab', userId: user.id, ...lists }, 1);
  await written(store, 'users', user, users.insert(ACTOR, user));
  await written(store, 'apiKeys', key, keys.insert(ACTOR, key));
  await publishing.settled();
  assert.equal(inTable(publishing.snapshot().people.keys, 'ab')?.user, 'ann');
  await publishing.close();
});
