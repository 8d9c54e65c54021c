/*
 * A hundred servers on pipes: never more than so many are starting at once, all of them come up, and a gateway that starts
 * again serves what they listed before they are up.
 */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { LIMITS } from '../../src/model/limits.ts';
import { type RunningGateway, startGateway } from '../rig/gateway.ts';
import { at } from '../rig/json-rpc.ts';
import { modernClient } from '../rig/raw-client.ts';
import { startsIn, tellingEntry } from '../rig/telling-server.ts';

const FULL = process.env.GATEWRIGHT_FULL !== undefined;
const SERVERS = FULL ? 100 : 20;
const LISTED_WITHIN_MS = FULL ? 1_000 : 4_000;

const folder = await mkdtemp(join(tmpdir(), 'gatewright-starts-'));
after(() => rm(folder, { recursive: true, force: true }));
const startLog = join(folder, 'starts');
const names = Array.from({ length: SERVERS }, (_, n) => `server-${n}`);
// The configuration is written anew for each start; a server is the same one only in the same folder.
const entry = { ...tellingEntry({ startLog, startMs: 20 }), cwd: folder };
const servers = Object.fromEntries(names.map((name) => [name, entry]));

const start = () => startGateway({ servers }, { env: { GATEWRIGHT_DATA_DIR: join(folder, 'data') } });

async function listed(gateway: RunningGateway): Promise<number> {
  const client = modernClient(`${gateway.url}/mcp`);
  const { answer } = await client.call('tools/list');
  client.close();
  return (at(answer, 'result', 'tools') as unknown[]).length;
}

describe(`${SERVERS} servers on pipes`, () => {
  it('come up, no more than startingMax at once', async (t) => {
    const fromMs = performance.now();
    const gateway = await start();
    t.after(() => gateway.stop());
    const ready = await gateway.until((line) => line.event === 'ready');
    t.diagnostic(`all up after ${(performance.now() - fromMs).toFixed(0)} ms`);
    assert.equal(ready.ready, SERVERS);
    const { peak, done } = startsIn(await readFile(startLog, 'utf8'));
    assert.equal(done, SERVERS);
    assert.ok(peak > 1 && peak <= LIMITS.startingMax.initial, `${peak} at once`);
    assert.equal(await listed(gateway), SERVERS);
    assert.equal(await gateway.stop(), 0);
  });

  it('are listed by the next gateway before they are up', async (t) => {
    const fromMs = performance.now();
    const gateway = await start();
    const listeningMs = performance.now() - fromMs;
    t.after(() => gateway.stop());
    assert.equal(await listed(gateway), SERVERS);
    const tookMs = performance.now() - fromMs;
    t.diagnostic(`listening after ${listeningMs.toFixed(0)} ms, all listed after ${tookMs.toFixed(0)} ms`);
    assert.ok(tookMs <= LISTED_WITHIN_MS, `listed after ${tookMs} ms`);
    assert.ok(!gateway.said.some(({ event }) => event === 'ready'), 'they were up before');
  });
});
