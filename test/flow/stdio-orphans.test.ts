/*
 * What a gateway leaves behind when it ends without grace: nothing, even where its reaper has been killed as well, in which
 * case the next gateway on the same data folder cleans up.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { runningGateways } from '../../src/instance/run-file.ts';
import { type RunningGateway, startGateway } from '../rig/gateway.ts';
import { assertNoneLeft, descendantsOf, processesMarked, processesRunning } from '../rig/process-watcher.ts';
import { modernClient } from '../rig/raw-client.ts';
import type { JsonObject } from '../rig/scripted-script.ts';
import { startScripted } from '../rig/scripted-upstream.ts';

let marks = 0;

/** A gateway with a server that ends by nothing but a kill, and has a grandchild like that. */
async function start(t: TestContext, dataDir: string, config: JsonObject = {}) {
  const mark = `orphans-${process.pid}-${++marks}`;
  const up = await startScripted({ transport: 'stdio', revision: '2025-11-25', stubborn: true, grandchild: true });
  const entry = { command: up.command, args: up.args, env: { GATEWRIGHT_MARK: mark } };
  const gateway = await startGateway({ servers: { stubborn: entry }, ...config }, { args: ['--data-dir', dataDir] });
  await gateway.until((line) => line.event === 'ready');
  const left = () => processesMarked(`GATEWRIGHT_MARK=${mark}`);
  t.after(async () => {
    await gateway.stop('SIGKILL');
    for (const { pid } of left()) process.kill(pid, 'SIGKILL');
    await up.close();
  });
  assert.ok(left().length >= 2);
  return { gateway, up, left };
}

function dataFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'gatewright-orphans-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const reaperOf = ({ pid }: RunningGateway): number =>
  descendantsOf(pid).find(({ command }) => command.endsWith('gatewright-reaper'))?.pid ?? assert.fail('no reaper');

describe('a gateway', () => {
  it('that is told twice to stop is gone at once, with all its processes', async (t) => {
    const limits = { drainTimeoutMs: 600_000 };
    const { gateway, up, left } = await start(t, dataFolder(t), { limits });
    const client = modernClient(`${gateway.url}/mcp/stubborn`);
    t.after(() => client.close());
    client.call('tools/call', { name: 'slow', arguments: { ms: 600_000 } }).catch(() => {});
    await up.received.until(({ method }) => method === 'tools/call');
    const reaper = reaperOf(gateway);
    const stopped = gateway.stop();
    await gateway.until((line) => line.event === 'stopping');
    assert.equal(await gateway.stop(), 1);
    assert.equal(await stopped, 1);
    await assertNoneLeft(left, 1_000);
    await assertNoneLeft(() => processesRunning().filter(({ pid }) => pid === reaper), 1_000);
  });

  it('that is killed together with its reaper is cleaned up after by the next one', async (t) => {
    const dataDir = dataFolder(t);
    const { gateway, left } = await start(t, dataDir);
    assert.deepEqual(
      runningGateways(dataDir).map(({ pid, url }) => ({ pid, url })),
      [{ pid: gateway.pid, url: gateway.url }],
    );
    process.kill(gateway.pid, 'SIGSTOP');
    process.kill(reaperOf(gateway), 'SIGKILL');
    await gateway.stop('SIGKILL');
    assert.ok(left().length >= 2, 'nobody was there to end them');
    const next = await startGateway({ servers: {} }, { args: ['--data-dir', dataDir] });
    t.after(() => next.stop('SIGKILL'));
    await assertNoneLeft(left, 1_000);
    assert.match(next.stderr(), /cleared away after a gateway that was killed/);
    assert.equal(await next.stop(), 0);
    assert.deepEqual(readdirSync(join(dataDir, 'gateways')), []);
  });

  it('that has no processes has no reaper', async (t) => {
    const gateway = await startGateway({ servers: {} });
    t.after(() => gateway.stop('SIGKILL'));
    assert.deepEqual(descendantsOf(gateway.pid), []);
    await gateway.stop();
  });
});
