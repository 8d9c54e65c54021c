/*
 * The limits of asking the store: up to the limit it answers, beyond it refuses, counts, and answers again afterwards.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, describe, it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { openStore } from '../../src/control/store/open-store.ts';
import { servers } from '../../src/control/store/queries/objects.ts';
import type { Touched } from '../../src/control/store/store.ts';
import type { StoreLimits } from '../../src/model/limits-store.ts';
import { ADA, addServers, serverNamed, touchedOne } from '../control/store-stage.ts';

const folder = mkdtempSync(join(tmpdir(), 'gatewright-store-limits-'));
after(() => rmSync(folder, { recursive: true, force: true }));

async function limited(name: string, limits: Partial<StoreLimits>) {
  const file = join(folder, `${name}.db`);
  const hits: string[] = [];
  const store = await openStore({ target: { file }, now: Date.now, limits, onLimit: (limit) => hits.push(limit) });
  /** Another program that has the file to itself. */
  const other = new DatabaseSync(file);
  const close = async () => {
    other.close();
    await store.close();
  };
  return { store, hits, other, close };
}

describe('the limits of the store', () => {
  it('storeRequestsMax: as many as the limit are answered, one more is refused at once and counted', async () => {
    const { store, hits, close } = await limited('requests', { storeRequestsMax: 3 });
    const reads = () => Array.from({ length: 3 }, () => store.read(servers.get(ADA, 'x')));
    await Promise.all(reads());
    assert.deepEqual(hits, []);
    const [waiting, over] = [reads(), addServers(store, [serverNamed('over')])];
    await assert.rejects(over, { kind: 'unavailable' });
    await Promise.all(waiting);
    assert.deepEqual(hits, ['storeRequestsMax']);
    await addServers(store, [serverNamed('after')]);
    await close();
  });

  it('storeStatementMs: a file that another program has locked is waited for so long, and no longer', async () => {
    const { store, hits, other, close } = await limited('locked', { storeStatementMs: 50, storeFollowMs: 20 });
    other.exec('begin immediate');
    await assert.rejects(addServers(store, [serverNamed('refused')]), { kind: 'unavailable' });
    assert.deepEqual(hits, ['storeStatementMs']);
    assert.equal(store.status().state, 'failing');
    assert.deepEqual(await store.read(servers.having(ADA, { name: 'refused' })), [], 'reads go on');
    other.exec('rollback');
    while (store.status().state !== 'ready') await wait(10);
    await addServers(store, [serverNamed('after')]);
    await close();
  });

  it('storeAnswerMs: what is not answered by then is refused; when it happens all the same, whoever follows hears it', async () => {
    const { store, hits, other, close } = await limited('slow', { storeStatementMs: 30_000, storeAnswerMs: 100 });
    const heard: (readonly Touched[])[] = [];
    store.onWritten((touched) => heard.push(touched));
    const row = serverNamed('told');
    const write = { changes: [servers.insert(ADA, row)], touched: [touchedOne(row)], audit: [] };
    other.exec('begin immediate');
    const late = [addServers(store, [serverNamed('late')]), store.write(ADA, write)];
    for (const each of late) await assert.rejects(each, { kind: 'unavailable' });
    assert.deepEqual(hits, ['storeAnswerMs', 'storeAnswerMs']);
    assert.deepEqual(heard, []);
    other.exec('rollback');
    while (heard.length === 0) await wait(10);
    assert.deepEqual(heard, [[]], 'it is not known any more which');
    // The answers stand in line behind that write.
    for (let found = 0; found === 0; await wait(10)) {
      found = (await store.read(servers.having(ADA, { name: 'late' })).catch(() => [])).length;
    }
    await close();
  });

  it('storeWaitMs: a Postgres that takes the connection and says nothing is given up', async () => {
    const sockets: Socket[] = [];
    const silent = createServer((socket) => sockets.push(socket));
    await once(silent.listen(0, '127.0.0.1'), 'listening');
    const url = `postgres://ada@127.0.0.1:${(silent.address() as AddressInfo).port}/x`;
    const opening = openStore({ target: { url }, now: Date.now, limits: { storeWaitMs: 100 } });
    await assert.rejects(opening, /cannot be reached: .*timeout/);
    for (const socket of sockets) socket.destroy();
    silent.close();
  });
});
