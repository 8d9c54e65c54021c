/*
 * The gateway of one command, beside a store that others write to: it starts what the command needs, and stays with that.
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { parseConfig } from '../../src/config/load.ts';
import { openStore } from '../../src/control/store/open-store.ts';
import { overlay } from '../../src/control/store/queries/objects.ts';
import { startGateway } from '../../src/main.ts';
import { ADA } from './store-stage.ts';

const FILE = 'servers: {needed: {url: "http://127.0.0.1:1/mcp"}, other: {url: "http://127.0.0.1:1/mcp"}}';

test('what others write meanwhile holds there too, and starts no server that the command does not need', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'gatewright-own-'));
  const store = await openStore({ target: { file: join(dataDir, 'gatewright.db') }, now: Date.now });
  const loaded = parseConfig(FILE, join(dataDir, 'gatewright.yaml'), {});
  assert.ok(loaded.ok);
  const options = { version: '0', logLevel: 'silent', dataDir, listens: false, need: () => ['needed'] };
  const gateway = await startGateway(loaded.config, options);
  try {
    const states = () => gateway.servers().map(({ name, state }) => `${name} ${state}`);
    assert.equal(states().length, 1);
    const row = overlay.fresh(ADA, { kind: 'server', target: 'needed', state: 'disabled', reason: '' }, 1);
    const touched = [{ kind: 'overlay' as const, id: row.id, organisation: 'default' }];
    await store.write(ADA, { changes: [overlay.insert(ADA, row)], touched, audit: [] });
    while (!states().some((each) => each.endsWith('disabled'))) await wait(20);
    assert.deepEqual(states(), ['needed disabled']);
  } finally {
    await gateway.stop();
    await store.close();
    await rm(dataDir, { recursive: true });
  }
});
