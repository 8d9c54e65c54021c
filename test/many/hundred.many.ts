/*
 * A hundred stdio servers behind one address (30 in a short run): never more than `startingMax` of them start at once, and
 * after a restart their lists are served before any of them is up.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type RunningGateway, startGateway } from '../rig/gateway.ts';
import { at, type RpcMessage } from '../rig/json-rpc.ts';
import { modernClient, textOf } from '../rig/raw-client.ts';
import type { JsonObject } from '../rig/scripted-script.ts';

const COUNT = process.env.GATEWRIGHT_FULL === undefined ? 30 : 100;
const TOOLS = 10;
const STARTING_MAX = 4;
const LISTS_MAX_MS = 1_000;
const SMALL = fileURLToPath(new URL('../rig/small-server.js', import.meta.url));

let folder = '';
let log = '';
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatewright-hundred-'));
  log = join(folder, 'log');
  writeFileSync(log, '');
});
after(() => rmSync(folder, { recursive: true, force: true }));

function servers(): JsonObject {
  const names = Array.from({ length: COUNT }, (_, n) => `small-${n}`);
  const entry = (name: string) => ({ command: process.execPath, args: [SMALL, name, String(TOOLS), log], cwd: folder });
  return Object.fromEntries(names.map((name) => [name, entry(name)]));
}

async function started(t: TestContext): Promise<RunningGateway> {
  truncateSync(log);
  const config = { servers: servers(), limits: { startingMax: STARTING_MAX } };
  const gateway = await startGateway(config, { env: { GATEWRIGHT_DATA_DIR: join(folder, 'data') } });
  t.after(() => gateway.stop());
  return gateway;
}

/** Every tool, over all pages. */
async function toolsOf(gateway: RunningGateway): Promise<string[]> {
  const client = modernClient(`${gateway.url}/mcp`, {});
  const names: string[] = [];
  try {
    for (let cursor: unknown; ; ) {
      const { answer } = await client.call('tools/list', cursor === undefined ? {} : { cursor });
      names.push(...(at(answer, 'result', 'tools') as RpcMessage[]).map(({ name }) => String(name)));
      cursor = at(answer, 'result', 'nextCursor');
      if (cursor === undefined) return names;
    }
  } finally {
    client.close();
  }
}

type Step = readonly [name: string, what: string, atMs: number];

function steps(): Step[] {
  const lines = readFileSync(log, 'utf8').trim().split('\n').filter(Boolean);
  return lines.map((line) => line.split(' ')).map(([name = '', what = '', ms]) => [name, what, Number(ms)]);
}

/** How many servers were between their start and their list at the same time, at most. */
function mostAtOnce(): number {
  const changes = steps()
    .map(([, what, ms]) => ({ ms, by: what === 'start' ? 1 : -1 }))
    .sort((a, b) => a.ms - b.ms || a.by - b.by);
  let now = 0;
  return Math.max(...changes.map(({ by }) => (now += by)));
}

it(`${COUNT} servers all come up, at most ${STARTING_MAX} starting at once`, async (t) => {
  const gateway = await started(t);
  await gateway.until((line) => line.event === 'ready');
  const names = await toolsOf(gateway);
  assert.equal(new Set(names).size, COUNT * TOOLS);
  assert.equal(steps().filter(([, what]) => what === 'list').length, COUNT);
  assert.ok(mostAtOnce() <= STARTING_MAX, `${mostAtOnce()} at once`);
  assert.ok(mostAtOnce() > 1, 'several at once, or the limit would not have been tried');
});

it('all are listed whole after a restart before they are up', async (t) => {
  const gateway = await started(t);
  const began = performance.now();
  const names = await toolsOf(gateway);
  const tookMs = performance.now() - began;
  const up = steps().filter(([, what]) => what === 'list').length;
  assert.equal(new Set(names).size, COUNT * TOOLS);
  assert.ok(up < COUNT / 2, `${up} of ${COUNT} servers were up already`);
  t.diagnostic(`${COUNT * TOOLS} tools of ${COUNT} servers listed after ${tookMs.toFixed(0)} ms, ${up} servers up`);
  assert.ok(tookMs <= LISTS_MAX_MS, `${tookMs} ms`);
});

it('after a restart the one that is called comes first', async (t) => {
  const gateway = await started(t);
  const client = modernClient(`${gateway.url}/mcp`, {});
  t.after(() => client.close());
  const last = `small-${COUNT - 1}`;
  const { answer } = await client.call('tools/call', { name: `${last}__tool-3` });
  assert.match(String(textOf(answer)), new RegExp(`^${last} tool-3 \\d+$`));
  const upWhenAnswered = steps().filter(([, what]) => what === 'list').length;
  assert.ok(upWhenAnswered < COUNT, `it was waited for all ${COUNT}`);
  await gateway.until((line) => line.event === 'ready');
  assert.ok(mostAtOnce() <= STARTING_MAX, `${mostAtOnce()} at once`);
});
