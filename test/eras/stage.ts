/*
 * The stage of the matrix: each server as a process, one gateway in front of all of them, and clients where they are
 * wanted. Nothing of it outlives the run.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { runningGateways } from '../../src/instance/run-file.ts';
import { type RunningGateway, startGateway } from '../rig/gateway.ts';
import { parseObject } from '../rig/json-rpc.ts';
import type { JsonObject } from '../rig/scripted-script.ts';
import type { EraClient, Place } from './client.ts';
import { RawClient } from './drivers/raw.ts';
import { Sdk1Client } from './drivers/sdk1.ts';
import { Sdk2Client } from './drivers/sdk2.ts';
import type { Pair } from './feature.ts';
import { type DriverName, KINDS, type Kind } from './kinds.ts';
import { Ledger } from './servers/ledger.ts';

const PROGRAM = fileURLToPath(new URL('servers/main.ts', import.meta.url));
const DRIVERS = { raw: RawClient, sdk1: Sdk1Client, sdk2: Sdk2Client };

export interface EraStage {
  readonly gateway: RunningGateway;
  readonly ledger: Ledger;
  /** Opened. */
  client(pair: Pair, driver: DriverName): Promise<EraClient>;
  close(): Promise<void>;
}

export async function openEraStage(): Promise<EraStage> {
  await using opened = new AsyncDisposableStack();
  const folder = mkdtempSync(join(tmpdir(), 'gatewright-eras-'));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  process.once('exit', remove);
  opened.defer(() => {
    remove();
    process.off('exit', remove);
  });
  const ledger = join(folder, 'ledger');
  mkdirSync(ledger);
  const servers: Record<string, JsonObject> = {};
  const endpoints: Record<string, JsonObject> = {};
  for (const kind of KINDS) {
    servers[kind.name] = await entryOf(kind, ledger, opened);
    endpoints[`only-${kind.name}`] = { servers: [kind.name] };
  }
  const gateway = await startGateway({ servers, endpoints }, { env: { GATEWRIGHT_DATA_DIR: folder } });
  opened.defer(async () => void (await gateway.stop()));
  await gateway.until((line) => line.event === 'ready');
  const args = ['--config', runningGateways(folder)[0]?.config ?? '', '--data-dir', folder];
  const stack = opened.move();
  return {
    gateway,
    ledger: new Ledger(ledger),
    client: (pair, driver) => clientAt(gateway, args, pair, driver),
    close: () => stack.disposeAsync(),
  };
}

/** An HTTP server is started here; one on a pipe is the gateway's to start. */
async function entryOf(kind: Kind, ledger: string, opened: AsyncDisposableStack): Promise<JsonObject> {
  if (kind.via === 'stdio') return { command: process.execPath, args: [PROGRAM, kind.name, ledger] };
  const child = spawn(process.execPath, [PROGRAM, kind.name, ledger], { stdio: ['pipe', 'pipe', 'inherit'] });
  const kill = (): void => void child.kill('SIGKILL');
  process.once('exit', kill);
  const ended = once(child, 'close');
  opened.defer(async () => {
    kill();
    await ended;
    process.off('exit', kill);
  });
  for await (const line of createInterface(child.stdout)) {
    const url = parseObject(line)?.url;
    if (typeof url === 'string') return { url };
  }
  throw new Error(`the server ${kind.name} ended before it listened`);
}

async function clientAt(
  gateway: RunningGateway,
  args: readonly string[],
  { client, server, endpoint }: Pair,
  driver: DriverName,
): Promise<EraClient> {
  const name = { transparent: server.name, aggregate: `only-${server.name}`, mixed: '' }[endpoint];
  const path = `/${client.via === 'sse' ? 'sse' : 'mcp'}${name === '' ? '' : `/${name}`}`;
  const place: Place = { url: gateway.url + path, args: [...(name === '' ? [] : [name]), ...args] };
  const opened = new DRIVERS[driver](client, place);
  try {
    await opened.open();
    return opened;
  } catch (error) {
    await opened.vanish().catch(() => {});
    throw error;
  }
}
