/*
 * F13, F14, F15 and F18 of a whole gateway: it is killed while it is managed, its disk is full or away, its Postgres stops. Calls go
 * on, writes are 503 and recover by themselves within five seconds; what cannot be served is refused at the start in one line.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chown, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startCli } from '../rig/cli.ts';
import { type ManagedGateway, type ManagedOptions, startManaged } from '../rig/managed-gateway.ts';
import { startPostgres } from '../rig/postgres.ts';
import { modernClient, textOf } from '../rig/raw-client.ts';
import { MODERN } from '../rig/scripted-script.ts';
import { startScripted } from '../rig/scripted-upstream.ts';
import { smallDisk } from '../rig/small-disk.ts';

const RECOVERY_MS_MAX = 5_000;
const FULL = process.env.GATEWRIGHT_FULL !== undefined;
/** Five seconds is what is promised; where everything else is tested at the same time, a start may wait for its turn. */
const START_MS_MAX = FULL ? 5_000 : 15_000;
const KILLS = FULL ? 10 : 2;

interface Play {
  readonly gateway: ManagedGateway;
  readonly calls: Calls;
}

async function played(t: TestContext, options: ManagedOptions & { readonly config?: object } = {}): Promise<Play> {
  const { config = {}, ...more } = options;
  const up = await startScripted({ revision: MODERN, transport: 'http' });
  const gateway = await startManaged({ servers: { up: { url: up.url } }, ...config }, more);
  await gateway.gateway.until((line) => line.event === 'ready');
  const calls = new Calls(`${gateway.url}/mcp/up`);
  t.after(async () => {
    await calls.end();
    await gateway.stop('SIGKILL');
    await up.close();
  });
  return { gateway, calls };
}

/** Calls one after the other, until it is ended. */
class Calls {
  readonly #client: ReturnType<typeof modernClient>;
  readonly #done: Promise<void>;
  #ended = false;
  good = 0;
  readonly bad: string[] = [];

  constructor(url: string) {
    this.#client = modernClient(url);
    this.#done = this.#callOn();
  }

  async end(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    await this.#done;
    this.#client.close();
  }

  async #callOn(): Promise<void> {
    while (!this.#ended) {
      const { answer } = await this.#client.call('tools/call', { name: 'echo', arguments: { n: 1 } });
      if (textOf(answer) === '{"n":1}') this.good += 1;
      else this.bad.push(JSON.stringify(answer));
      await sleep(5);
    }
  }

  /** That they go on, and that none failed so far. */
  async assertGoOn(): Promise<void> {
    const before = this.good;
    while (this.good < before + 5 && this.bad.length === 0) await sleep(5);
    assert.deepEqual(this.bad, []);
  }
}

let made = 0;

function write({ gateway }: Play) {
  made += 1;
  return gateway.ask('POST /api/v1/roles', {
    body: { name: `role-${made}`, permissions: [{ servers: ['*'], tools: ['*'] }] },
  });
}

async function refuses(play: Play): Promise<void> {
  const { status, code, headers } = await write(play);
  assert.deepEqual([status, code], [503, 5003]);
  assert.match(headers.get('retry-after') ?? '', /^\d+$/);
  await play.calls.assertGoOn();
}

async function recovers(play: Play): Promise<void> {
  const begunMs = performance.now();
  for (let status = 0; status !== 201; ) {
    assert.ok(performance.now() - begunMs < RECOVERY_MS_MAX, `still ${status}`);
    status = (await write(play)).status;
    if (status !== 201) await sleep(100);
  }
  await play.calls.assertGoOn();
}

test('F14: no file may grow any more', async (t) => {
  const play = await played(t);
  const limit = (most: string) =>
    execFileSync('prlimit', ['--pid', String(play.gateway.gateway.pid), `--fsize=${most}`]);
  assert.equal((await write(play)).status, 201);
  limit('0:unlimited');
  await refuses(play);
  limit('unlimited:unlimited');
  await recovers(play);
});

test('F14: the disk is full', async (t) => {
  const disk = smallDisk(16);
  if (!disk) return t.skip('nothing may be mounted here');
  t.after(() => disk.remove());
  const play = await played(t, { dataDir: join(disk.folder, 'data') });
  disk.fill();
  while ((await write(play)).status === 201);
  await refuses(play);
  disk.empty();
  await recovers(play);
});

test('F15: the data folder vanishes while the gateway runs', async (t) => {
  const play = await played(t);
  const { dataDir } = play.gateway;
  await rename(dataDir, `${dataDir}.away`);
  await refuses(play);
  await rename(`${dataDir}.away`, dataDir);
  await recovers(play);
});

test('F15: a data folder that cannot be used is refused at the start, in one line', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'gatewright-refused-'));
  t.after(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, 'file'), '');
  await assertRefused(join(folder, 'file', 'data'), /data folder .* no folder/);
  await t.test('another user’s', { skip: process.getuid?.() !== 0 && 'only root can give a folder away' }, async () => {
    await chown(folder, 65534, 65534);
    await assertRefused(folder, /belongs to another user/);
  });
  const disk = smallDisk(1);
  await t.test(
    'on a disk that is read-only',
    { skip: disk === undefined && 'nothing may be mounted here' },
    async () => {
      disk?.setReadOnly(true);
      await assertRefused(disk?.folder ?? '', /.*/).finally(() => disk?.remove());
    },
  );
});

async function assertRefused(dataDir: string, says: RegExp): Promise<void> {
  const config = join(await mkdtemp(join(tmpdir(), 'gatewright-config-')), 'gatewright.json');
  await writeFile(config, JSON.stringify({ servers: { none: { url: 'http://127.0.0.1:9/mcp' } } }));
  const { code, err } = await startCli(['serve', '--config', config, '--port', '0', '--data-dir', dataDir]).ended;
  await rm(join(config, '..'), { recursive: true });
  assert.equal(code, 1, err);
  assert.equal(err.trim().split('\n').length, 1, err);
  assert.match(err, says);
}

test('F18: Postgres stops, and comes back', async (t) => {
  const postgres = await startPostgres();
  t.after(() => postgres.close());
  const play = await played(t, {
    config: { storage: { url: (await postgres.database()).replace('@/', '@localhost/') } },
  });
  assert.equal((await write(play)).status, 201);
  await postgres.stop();
  await refuses(play);
  await assertHealthTells(play);
  await postgres.start();
  await recovers(play);
});

/** The store fails, and what calls go by gets older. */
async function assertHealthTells({ gateway }: Play): Promise<void> {
  const { status, text, data } = await gateway.ask<Health>('GET /api/v1/health');
  assert.equal(status, 200, text);
  assert.equal(data.store.state, 'failing');
  assert.ok(data.snapshot.ageMs >= 0);
}

interface Health {
  readonly store: { readonly state: string };
  readonly snapshot: { readonly ageMs: number };
}

test(`F13: killed ${KILLS} times while it is managed`, async (t) => {
  const dataDir = await mkdtemp(join(tmpdir(), 'gatewright-killed-'));
  const acknowledged: string[] = [];
  const startsMs: number[] = [];
  for (let round = 0; round <= KILLS; round++) {
    const begunMs = performance.now();
    const gateway = await startManaged({ servers: {} }, { dataDir });
    if (round > 0) startsMs.push(Math.round(performance.now() - begunMs));
    try {
      const names = await rolesOf(gateway);
      assert.deepEqual(
        acknowledged.filter((name) => !names.has(name)),
        [],
        'what was acknowledged is there',
      );
      if (round < KILLS) acknowledged.push(...(await writtenUntilKilled(gateway)));
    } finally {
      await gateway.stop('SIGKILL');
    }
  }
  await rm(dataDir, { recursive: true });
  t.diagnostic(`${acknowledged.length} acknowledged; starts after a kill took ${startsMs.join(', ')} ms`);
  assert.ok(acknowledged.length > 0);
  assert.ok(Math.max(...startsMs) < START_MS_MAX, `the starts took ${startsMs.join(', ')} ms`);
});

async function writtenUntilKilled(gateway: ManagedGateway): Promise<readonly string[]> {
  const acknowledged: string[] = [];
  const writing = (async () => {
    for (;;) {
      const { status, data } = await write({ gateway } as Play);
      if (status === 201) acknowledged.push(String(data.name));
    }
  })().catch(() => undefined);
  await sleep(200 + Math.random() * 300);
  await gateway.stop('SIGKILL');
  await writing;
  return acknowledged;
}

/** Each role with its row in the audit, and no row more. */
async function rolesOf(gateway: ManagedGateway): Promise<ReadonlySet<string>> {
  const names = new Set<string>();
  for (let cursor = ''; ; ) {
    const page = await gateway.ask<{ items: { name: string; origin: string }[]; nextCursor?: string }>(
      `GET /api/v1/roles?limit=200${cursor}`,
    );
    for (const { name, origin } of page.data.items) if (origin === 'store') names.add(name);
    if (page.data.nextCursor === undefined) return names;
    cursor = `&cursor=${encodeURIComponent(page.data.nextCursor)}`;
  }
}
