/*
 * The real gateway as a process: started with a configuration, listening on a free port, stopped without a trace.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseObject } from './json-rpc.ts';
import type { JsonObject } from './scripted-script.ts';

const BINARY = fileURLToPath(new URL('../../bin/gatewright', import.meta.url));

export interface GatewayOptions {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Another program to run, for example the one of an installed package. */
  readonly binary?: string;
}

export interface RunningGateway {
  /** Where it listens, without a path: `http://127.0.0.1:12345`. */
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** Everything it has said on stdout, line by line. */
  readonly said: readonly JsonObject[];
  /** Everything on stderr. */
  stderr(): string;
  /** The first line on stdout that fits, now or later. Rejects when the gateway ends first. */
  until(fits: (line: JsonObject) => boolean): Promise<JsonObject>;
  /** SIGTERM, unless another signal is asked for; resolves with the exit code (null: ended by a signal). */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

/** Rejects with what the gateway said when it ends before it listens. */
export async function startGateway(config: JsonObject, options: GatewayOptions = {}): Promise<RunningGateway> {
  const folder = await mkdtemp(join(tmpdir(), 'gatewright-test-'));
  const file = join(folder, 'gatewright.json');
  await writeFile(file, JSON.stringify(config));
  const args = [options.binary ?? BINARY, 'serve', '--config', file, '--port', '0', '--json', ...(options.args ?? [])];
  const child = spawn(process.execPath, args, {
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said: JsonObject[] = [];
  const watchers = new Set<() => void>();
  let errors = '';
  let ended = false;
  const look = (): void => {
    for (const watcher of watchers) watcher();
  };
  createInterface(child.stdout).on('line', (line) => {
    said.push(parseObject(line) ?? { text: line });
    look();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk.toString('utf8');
  });
  // A test that fails or times out must not leave its gateway behind.
  const onTestEnd = (): void => void child.kill('SIGKILL');
  process.once('exit', onTestEnd);
  const exited = new Promise<number | null>((resolve) => {
    child.once('close', async (code) => {
      ended = true;
      process.removeListener('exit', onTestEnd);
      look();
      await rm(folder, { recursive: true, force: true });
      resolve(code);
    });
  });
  const until = (fits: (line: JsonObject) => boolean): Promise<JsonObject> =>
    new Promise((resolve, reject) => {
      const watcher = (): void => {
        const found = said.find(fits);
        if (found) resolve(found);
        else if (ended) reject(new Error(`the gateway ended: ${JSON.stringify(said)}\n${errors}`));
        else return;
        watchers.delete(watcher);
      };
      watchers.add(watcher);
      watcher();
    });
  const listening = await until((line) => line.event === 'listening');
  const url = String(listening.url).replace(/\/+$/, '');
  return {
    url: new URL(url).origin,
    port: Number(new URL(url).port),
    pid: child.pid ?? 0,
    said,
    stderr: () => errors,
    until,
    stop: (signal = 'SIGTERM') => {
      child.kill(signal);
      return exited;
    },
  };
}
