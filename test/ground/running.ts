/*
 * A gateway as a stranger starts it: a command in a folder, its address read from its `--json` lines.
 *
 * The command gets a process group of its own, so that stopping it takes along whatever npm or a wrapper put between.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { dataFolder } from '../rig/data-folder.ts';

const START_TIME_MS = 60_000;
const STOP_TIME_MS = 10_000;

export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
}

export interface RunningCommand {
  /** Without a slash at the end. */
  readonly url: string;
  readonly ready: number;
  readonly servers: number;
  /** Ends it as Ctrl-C would, waits, and gives the exit code. */
  readonly stop: () => Promise<number | null>;
}

interface Line {
  readonly event?: string;
  readonly url?: string;
  readonly ready?: number;
  readonly servers?: number;
}

/** Starts the command and waits until it says that its servers are settled. */
export async function startCommand({ program, args, cwd, env: more }: Command): Promise<RunningCommand> {
  const env = { ...process.env, ...dataFolder(), ...more };
  const child = spawn(program, [...args], { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  let words = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    words += text;
  });
  const timer = setTimeout(() => signalGroup(child, 'SIGKILL'), START_TIME_MS);
  try {
    const { url, ready } = await settled(child, createInterface({ input: child.stdout }));
    return { url, ready: ready.ready ?? 0, servers: ready.servers ?? 0, stop: () => stop(child) };
  } catch (error) {
    await stop(child);
    throw new Error(`${[program, ...args].join(' ')} did not start\n${words}`, { cause: error });
  } finally {
    clearTimeout(timer);
  }
}

async function settled(child: ChildProcess, lines: AsyncIterable<string>): Promise<{ url: string; ready: Line }> {
  let url = '';
  for await (const text of lines) {
    const line = lineOf(text);
    if (line.event === 'listening') url = line.url ?? '';
    if (line.event === 'ready') return { url, ready: line };
  }
  throw new Error(`it ended (exit code ${child.exitCode})`);
}

/** npm prints lines of its own in between. */
function lineOf(text: string): Line {
  return text.startsWith('{') ? (JSON.parse(text) as Line) : {};
}

async function stop(child: ChildProcess): Promise<number | null> {
  child.stdout?.resume();
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return child.exitCode;
  const ended = once(child, 'exit');
  signalGroup(child, 'SIGTERM');
  const timer = setTimeout(() => signalGroup(child, 'SIGKILL'), STOP_TIME_MS);
  await ended;
  clearTimeout(timer);
  return child.exitCode;
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
