/*
 * Lists outlive the gateway: after a restart they are there before the servers are, calls wait for the server they need,
 * and what turns out different is told.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it, type TestContext } from 'node:test';
import { type RunningGateway, startGateway } from '../rig/gateway.ts';
import { at, type RpcMessage } from '../rig/json-rpc.ts';
import { type ModernClient, modernClient, textOf } from '../rig/raw-client.ts';
import type { Revision } from '../rig/scripted-script.ts';
import { startScripted } from '../rig/scripted-upstream.ts';
import { failureOf } from './stage.ts';

const OLD: Revision = '2025-11-25';
const EXTRA = { name: 'extra', inputSchema: { type: 'object' } };

/** Starts gateways one after the other over the same data folder. */
function restarts(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'gatewright-remembered-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return async (servers: object): Promise<RunningGateway> => {
    const gateway = await startGateway({ servers }, { env: { GATEWRIGHT_DATA_DIR: folder } });
    t.after(() => gateway.stop());
    return gateway;
  };
}

async function upstream(t: TestContext, port?: number, tools: (typeof EXTRA)[] = []) {
  const where = port === undefined ? {} : { port };
  const up = await startScripted({ revision: OLD, transport: 'http', tools, ...where });
  t.after(() => up.close());
  return up;
}

function client(t: TestContext, gateway: RunningGateway, endpoint = ''): ModernClient {
  const made = modernClient(`${gateway.url}/mcp${endpoint}`, {});
  t.after(() => made.close());
  return made;
}

async function names(from: ModernClient): Promise<string[]> {
  const { answer } = await from.call('tools/list');
  return (at(answer, 'result', 'tools') as RpcMessage[]).map(({ name }) => String(name));
}

const ready = (gateway: RunningGateway) => gateway.until((line) => line.event === 'ready');

it('lists are served while their server has not said a word, and a call waits for it', async (t) => {
  const start = restarts(t);
  const first = await upstream(t);
  const before = await start({ up: { url: first.url } });
  await ready(before);
  const known = await names(client(t, before));
  assert.ok(known.includes('up__echo'));
  await before.stop();
  await first.close();

  const second = await upstream(t, first.port);
  await second.set('server/discover', { delayMs: 1_500, times: 1 });
  await second.set('initialize', { delayMs: 1_500, times: 1 });
  const gateway = await start({ up: { url: first.url } });
  for (const endpoint of ['', '/up']) {
    const listed = await names(client(t, gateway, endpoint));
    assert.deepEqual(listed, endpoint === '' ? known : known.map((name) => name.slice('up__'.length)));
  }
  assert.equal(second.received.of('tools/list').length, 0, 'the server was not asked yet');
  const { answer } = await client(t, gateway).call('tools/call', { name: 'up__echo', arguments: { text: 'hi' } });
  assert.match(String(textOf(answer)), /hi/);
});

it('what turned out different replaces what was remembered', async (t) => {
  const start = restarts(t);
  const first = await upstream(t, undefined, [EXTRA]);
  const before = await start({ up: { url: first.url } });
  await ready(before);
  await before.stop();
  await first.close();

  await upstream(t, first.port);
  const gateway = await start({ up: { url: first.url } });
  await ready(gateway);
  const from = client(t, gateway);
  assert.equal((await names(from)).includes('up__extra'), false);
  const { answer } = await from.call('tools/call', { name: 'up__extra' });
  assert.ok(at(answer, 'error'), 'what is not there any more cannot be called');
});

it('a server that is gone is not listed on the strength of a memory', async (t) => {
  const start = restarts(t);
  const first = await upstream(t);
  const before = await start({ up: { url: first.url } });
  await ready(before);
  await before.stop();
  await first.close();

  const gateway = await start({ up: { url: first.url } });
  await ready(gateway);
  const from = client(t, gateway);
  assert.deepEqual(await names(from), []);
  const { answer } = await from.call('tools/call', { name: 'up__echo' });
  assert.equal(failureOf(answer), 'upstream_down');
});

it('an entry that now means another server starts with nothing', async (t) => {
  const start = restarts(t);
  const first = await upstream(t);
  const other = await upstream(t);
  await other.set('server/discover', { hang: true });
  const before = await start({ up: { url: first.url } });
  await ready(before);
  await before.stop();
  const gateway = await start({ up: { url: other.url } });
  assert.deepEqual(await names(client(t, gateway)), []);
});
