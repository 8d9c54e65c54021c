/*
 * The gateway under test as the process a user would start: the command of this checkout,
 * a configuration file with one server, the address read from its JSON output.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';

export interface RunningGateway {
  url: string;
  /* What it wrote besides the address, for the one who must find out why. */
  words(): string;
  close(): Promise<void>;
}

const command = fileURLToPath(new URL('../../bin/gatewright', import.meta.url));
const startTimeoutMs = 30_000;
const stopTimeoutMs = 5_000;

/* `more`: other sections of its configuration. */
export async function startGateway(
  servers: Readonly<Record<string, object>>,
  more: Readonly<Record<string, object>> = {},
): Promise<RunningGateway> {
  const dir = await mkdtemp(join(tmpdir(), 'gatewright-conformance-'));
  const config = join(dir, 'gatewright.yaml');
  await writeFile(config, stringify({ servers, ...more }));
  const child = spawn(command, ['serve', '--config', config, '--port', '0', '--json'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
    env: environment(dir),
  });
  let words = '';
  child.stderr.setEncoding('utf8').on('data', (text) => (words += text));
  const close = async () => {
    await stop(child);
    await rm(dir, { recursive: true, force: true });
  };
  try {
    const url = await address(child, (line) => (words += `${line}\n`));
    return { url, words: () => words, close };
  } catch (error) {
    await close();
    throw new Error(`${error instanceof Error ? error.message : error}\n${words}`);
  }
}

/* Its data stays in the folder of the run, and its Node is ours. */
function environment(dir: string): NodeJS.ProcessEnv {
  const path = [dirname(process.execPath), process.env.PATH].join(delimiter);
  return { ...process.env, PATH: path, XDG_DATA_HOME: dir, XDG_STATE_HOME: dir, XDG_CACHE_HOME: dir };
}

function address(child: ChildProcess & { stdout: NodeJS.ReadableStream }, onLine: (line: string) => void) {
  return new Promise<string>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('the gateway did not say where it listens')), startTimeoutMs);
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`the gateway ended with exit code ${code}`)));
    createInterface({ input: child.stdout }).on('line', (line) => {
      const url = listeningAt(line);
      if (url === undefined) return onLine(line);
      clearTimeout(timer);
      resolve(url.replace(/\/$/, ''));
    });
  });
}

function listeningAt(line: string): string | undefined {
  try {
    const { event, url } = JSON.parse(line) as { event?: string; url?: string };
    return event === 'listening' ? url : undefined;
  } catch {
    return undefined;
  }
}

/* The group, not the process alone: the command may start another Node for itself. */
async function stop(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  const group = -child.pid;
  process.kill(group, 'SIGTERM');
  const timer = setTimeout(() => process.kill(group, 'SIGKILL'), stopTimeoutMs);
  await ended;
  clearTimeout(timer);
}
