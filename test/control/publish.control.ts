/*
 * What is stored and what the file says, as a gateway goes by both: from the first start on, over restarts, while either
 * changes, and when the store is gone.
 */
import assert from 'node:assert/strict';
import { chmod, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { cli } from '../rig/cli.ts';
import { askOver } from '../rig/desk-answer.ts';
import type { RunningGateway } from '../rig/gateway.ts';
import { type Ask, manage, newPlace, PASSWORD, type Place, toolsAt } from './publish-stage.ts';

interface Stored {
  readonly id: string;
  readonly version: number;
}

const store = (ask: Ask, { fleet }: Place, name: string) =>
  ask<Stored>('POST /api/v1/servers', { body: { name, url: fleet.url(name), visibility: 'public' } });

/** Asks until it is so; the runner's own limit ends a wait in vain. */
async function untilTools(url: string, expected: readonly string[]): Promise<void> {
  const began = performance.now();
  for (let seen = await toolsAt(url); JSON.stringify(seen) !== JSON.stringify(expected); seen = await toolsAt(url)) {
    assert.ok(performance.now() - began < 30_000, JSON.stringify(seen));
    await sleep(20);
  }
}

const NO_FILE: readonly string[] = [];
const firstAdmin = (gateway: RunningGateway) => gateway.until(({ event }) => event === 'first_admin');

test('the first start tells a password once, which is good for choosing another one', async () => {
  const place = await newPlace();
  const gateway = await place.start({}, NO_FILE);
  const { username, oneTimePassword, url } = await firstAdmin(gateway);
  assert.deepEqual([username, url], ['admin', gateway.url]);
  const told = await askOver<{ token: string; mustChangePassword: boolean }>(gateway.url, '', 'POST /api/auth/login', {
    body: { username, password: oneTimePassword },
  });
  assert.equal(told.data.mustChangePassword, true);
  assert.ok(!gateway.stderr().includes(String(oneTimePassword)));
  await gateway.stop();
  const again = await place.start({}, NO_FILE);
  await manage(again, 'admin', String(oneTimePassword));
  assert.deepEqual(
    again.said.filter(({ event }) => event === 'first_admin' || event === 'key_made'),
    [],
  );
  await again.stop();
});

test('a password file that others may read is refused before anything is served', async () => {
  const place = await newPlace();
  await chmod(place.passwordFile, 0o644);
  await assert.rejects(place.start(), /Others may read the password file .*chmod 600/);
  await chmod(place.passwordFile, 0o600);
  const gateway = await place.start();
  assert.equal((await firstAdmin(gateway)).oneTimePassword, undefined);
  await manage(gateway);
  await gateway.stop();
});

test('a server that is stored is served at once, and what was switched off is off before the first request', async () => {
  const place = await newPlace();
  const first = await place.start();
  await firstAdmin(first);
  const ask = await manage(first);
  const { id } = await store(ask, place, 'files');
  await store(ask, place, 'notes');
  await untilTools(first.url, ['files__tool-0', 'notes__tool-0']);
  await ask(`POST /api/v1/servers/${id}/disable`, { body: {} });
  assert.deepEqual(await toolsAt(first.url), ['notes__tool-0']);
  await first.stop();
  const second = await place.start();
  const seen: (readonly string[])[] = [];
  for (let look = 0; look < 20; look++) seen.push(await toolsAt(second.url));
  assert.ok(seen.every((tools) => !tools.includes('files__tool-0')));
  await untilTools(second.url, ['notes__tool-0']);
  await second.stop();
});

test('the file wins a name, and gives it back when it lets it go', async () => {
  const place = await newPlace();
  const gateway = await place.start();
  await firstAdmin(gateway);
  const ask = await manage(gateway);
  await store(ask, place, 'files');
  await untilTools(gateway.url, ['files__tool-0']);
  const servers = { files: { url: place.fleet.url('other'), tools: { block: ['*'] } } };
  await gateway.rewrite(place.config({ servers }));
  await untilTools(gateway.url, []);
  const { unpublished } = await ask<{ unpublished: { why: string }[] }>('GET /api/v1/health');
  assert.deepEqual(
    unpublished.map(({ why }) => why),
    ['name_conflict'],
  );
  await gateway.rewrite(place.config());
  await untilTools(gateway.url, ['files__tool-0']);
  await gateway.stop();
});

test('files and writes that come at the same time are all there in the end, and a broken file changes nothing', async () => {
  const place = await newPlace();
  const gateway = await place.start();
  await firstAdmin(gateway);
  const ask = await manage(gateway);
  const writes = Array.from({ length: 12 }, (_, at) => `s${String(at).padStart(2, '0')}`);
  const rewriting = (async () => {
    for (let at = 0; at < 20; at++) {
      const half = '{"servers": {"broken": ';
      if (at % 3 === 2) await writeFile(gateway.file, half);
      else await gateway.rewrite(place.config({ servers: { own: { url: place.fleet.url(`own${at % 2}`) } } }));
      await sleep(100);
    }
    // Another name, so that it shows when the last file is the one that holds.
    await gateway.rewrite(place.config({ servers: { last: { url: place.fleet.url('last') } } }));
  })();
  for (const name of writes) await store(ask, place, name);
  await rewriting;
  await untilTools(
    gateway.url,
    ['last', ...writes].map((name) => `${name}__tool-0`),
  );
  const before = await toolsAt(gateway.url);
  await gateway.rewrite({ servers: { last: { comand: 'x' } } });
  const refused = await gateway.until(
    ({ event, problems }) => event === 'reload_refused' && JSON.stringify(problems).includes('servers.last.comand'),
  );
  assert.match(JSON.stringify(refused), /"line":1/);
  assert.deepEqual(await toolsAt(gateway.url), before);
  await store(ask, place, 'later');
  await untilTools(gateway.url, [...before, 'later__tool-0']);
  await gateway.stop();
});

test('a store of a later version is refused, in a line and with a code of its own', async () => {
  const place = await newPlace();
  await (await place.start()).stop();
  const database = new DatabaseSync(join(place.dataDir, 'gatewright.db'));
  database.exec(`insert into schema_migrations select max(id) + 1, 'later', 0 from schema_migrations`);
  database.close();
  const file = join(place.dataDir, 'gatewright.json');
  await writeFile(file, '{"servers": {}}');
  for (const command of [['serve', '--port', '0'], ['tools']]) {
    const { code, err } = await cli([...command, '--config', file, '--data-dir', place.dataDir]);
    assert.notEqual(code, 0);
    if (command[0] === 'serve') assert.equal(code, 10, err);
    assert.match(err.trim().split('\n').at(-1) ?? '', /^gatewright: .*another version .*"later"/);
  }
});

test('without its store a gateway goes on by what it knows, and says how old that is', async () => {
  const place = await newPlace();
  const gateway = await place.start();
  await firstAdmin(gateway);
  const ask = await manage(gateway);
  await store(ask, place, 'files');
  await untilTools(gateway.url, ['files__tool-0']);
  await rename(join(place.dataDir, 'gatewright.db'), join(place.dataDir, 'elsewhere.db'));
  await assert.rejects(store(ask, place, 'more'), /5003/);
  assert.deepEqual(await toolsAt(gateway.url), ['files__tool-0']);
  const age = async () => (await ask<{ snapshot: { ageMs: number } }>('GET /api/v1/health')).snapshot.ageMs;
  while ((await age()) === 0) await sleep(20);
  await gateway.stop();
});

test('who has lost the password gets another one on the host, and what was open ends', async () => {
  const place = await newPlace();
  const gateway = await place.start();
  await firstAdmin(gateway);
  const ask = await manage(gateway);
  const options = ['--config', gateway.file, '--data-dir', place.dataDir];
  const nobody = await cli(['admin', 'reset-password', 'nobody', ...options]);
  assert.deepEqual([nobody.code, nobody.out], [6, '']);
  const { code, json, err } = await cli(['admin', 'reset-password', '--json', ...options]);
  assert.equal(code, 0, err);
  await manage(gateway, 'admin', String(json.oneTimePassword));
  await assert.rejects(manage(gateway, 'admin', PASSWORD), /4003/);
  while (
    await ask('GET /api/v1/me').then(
      () => true,
      () => false,
    )
  )
    await sleep(50);
  await gateway.stop();
});
