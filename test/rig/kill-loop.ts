/*
 * Starts a program again and again, kills it at a random moment, and looks for what it left running.
 *
 * The program is stopped (SIGSTOP) before its family is listed, so that it cannot have a child between the listing and
 * the signal. Its children may have process groups of their own, so they are watched by their ids.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { assertNoneLeft, descendantsOf, groupMembers, type ProcessEntry, processesRunning } from './process-watcher.ts';

export interface KillLoopOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly times: number;
  readonly signal: 'SIGKILL' | 'SIGTERM';
  /** A line of stdout or stderr that says that it is up. */
  readonly ready: RegExp;
  /** The kill comes at a random moment up to this long after `ready`. */
  readonly withinMs: number;
  /** Between 0 and 1; hand in a seeded source to repeat a run. */
  readonly random: () => number;
  /** Something to do while it runs, for example calls; not awaited, failures are its own affair. */
  readonly meanwhile?: (readyLine: string, round: number) => void;
  /** How long after the signal it and all that it started must be gone. */
  readonly leftWithinMs?: number;
  /** More to watch than what descends from it at the moment of the signal. */
  readonly alsoLeft?: (round: number) => readonly ProcessEntry[];
  /** When a round is over and nothing is left. */
  readonly after?: (round: number) => unknown;
}

export interface KillRound {
  readonly exitCode: number | null;
  readonly signalCode: NodeJS.Signals | null;
  /** How many processes it had when it was killed. */
  readonly familySize: number;
  /** How long after the signal nothing was left. */
  readonly goneAfterMs: number;
}

/** Fails when a round leaves a process behind or the program exits before it is killed. */
export async function killLoop(options: KillLoopOptions): Promise<KillRound[]> {
  const rounds: KillRound[] = [];
  for (let round = 0; round < options.times; round++) rounds.push(await killOnce(options, round));
  return rounds;
}

async function killOnce(options: KillLoopOptions, round: number): Promise<KillRound> {
  const child = spawn(options.command, [...options.args], {
    detached: true,
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const { pid } = child;
  if (pid === undefined) throw new Error(`cannot start ${options.command}`);
  try {
    const line = await lineOf(child, options.ready);
    options.meanwhile?.(line, round);
    await sleep(options.random() * options.withinMs);
    child.kill('SIGSTOP');
    const family = descendantsOf(pid);
    const signalledMs = performance.now();
    child.kill(options.signal);
    child.kill('SIGCONT');
    const left = () => [...stillRunning(family), ...groupMembers(pid), ...(options.alsoLeft?.(round) ?? [])];
    await assertNoneLeft(left, options.leftWithinMs);
    const goneAfterMs = performance.now() - signalledMs;
    await exited;
    await options.after?.(round);
    return { exitCode: child.exitCode, signalCode: child.signalCode, familySize: family.length, goneAfterMs };
  } finally {
    child.kill('SIGKILL');
  }
}

/** A process id may be used anew, but not by the same command. */
function stillRunning(family: ReturnType<typeof descendantsOf>): ReturnType<typeof descendantsOf> {
  const seen = new Set(family.map(({ pid, command }) => `${pid} ${command}`));
  return processesRunning().filter(({ pid, command }) => seen.has(`${pid} ${command}`));
}

/** The first line on stdout or stderr that fits. Rejects with everything that was said when the program exits first. */
export function lineOf(child: ChildProcess, fits: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = '';
    const look = (chunk: Buffer): void => {
      said += chunk.toString('utf8');
      const line = said
        .split('\n')
        .slice(0, -1)
        .find((each) => fits.test(each));
      if (line !== undefined) resolve(line);
    };
    child.stdout?.on('data', look);
    child.stderr?.on('data', look);
    child.once('error', reject);
    // Not `exit`: its last words may still be on the way.
    child.once('close', (code, signal) => reject(new Error(`ended (${code ?? signal}) before it was ready: ${said}`)));
  });
}
