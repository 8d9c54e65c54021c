/*
 * One child process in a process group of its own, and the way to end it so that nothing of it stays.
 *
 * A server is often a wrapper (`npx`, a shell) around the program that does the work. Signals go to the whole group, so
 * that the work ends with the wrapper. When the child itself is gone, what is left of its group is killed: nobody could
 * reach it any more. Groups that the gateway itself leaves behind are the affair of process-groups.ts.
 *
 * Windows has no process groups: there the child alone is signalled.
 */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { kill, type ProcessGroups } from './process-groups.ts';

const HAS_GROUPS = process.platform !== 'win32';

/** How long the operating system may take to clear away a killed group before we stop looking. */
const CLEARED_WITHIN_MS = 100;

/** Steps of a stop (MCP, stdio › Shutdown): stdin is closed, then SIGTERM, then SIGKILL, each after this silence. */
export interface StopTimes {
  readonly termAfterMs: number;
  readonly killAfterMs: number;
}

export interface ChildCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string | undefined;
}

export type Child = ChildProcessByStdio<Writable, Readable, Readable>;

/**
 * Starts a child, without a shell. Failures come as its `error` event, with `pid` undefined.
 *
 * @throws when the arguments cannot be given to a process at all (a NUL byte), the system refuses in an unusual way, or
 * the gateway has stopped.
 */
export function spawnChild({ command, args, env, cwd }: ChildCommand, groups: ProcessGroups): Child {
  const start = (): Child =>
    spawn(command, [...args], {
      ...(cwd === undefined ? {} : { cwd }),
      env: { ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: HAS_GROUPS,
      windowsHide: true,
      shell: false,
    });
  if (!HAS_GROUPS) return start();
  const child = groups.begin(start);
  const { pid } = child;
  if (pid !== undefined) child.once('exit', () => groups.end(pid));
  return child;
}

/** Signals the whole group of a child; does nothing once the child is gone. */
export function signalGroup(child: Child, signal: NodeJS.Signals, groups: ProcessGroups): void {
  const { pid } = child;
  if (pid === undefined) return;
  if (!HAS_GROUPS) child.kill(signal);
  else groups.signal(pid, signal);
}

/** True while the child has not been seen to end. */
export function isRunning(child: Child): boolean {
  return child.pid !== undefined && child.exitCode === null && child.signalCode === null;
}

/** Waits for the child to end by itself after its stdin was closed, then makes it end. Resolves when it is gone. */
export async function stopChild(
  child: Child,
  { termAfterMs, killAfterMs }: StopTimes,
  groups: ProcessGroups,
): Promise<void> {
  if (isRunning(child)) {
    await new Promise<void>((resolve) => {
      let timer = setTimeout(() => {
        signalGroup(child, 'SIGTERM', groups);
        timer = setTimeout(() => signalGroup(child, 'SIGKILL', groups), killAfterMs);
      }, termAfterMs);
      child.once('exit', () => {
        clearTimeout(timer);
        resolve();
      });
    });
  }
  await groupCleared(child);
}

/** The kill on exit is asynchronous for the rest of the group; a zombie that nobody reaps must not keep us waiting. */
async function groupCleared({ pid }: Child): Promise<void> {
  if (pid === undefined || !HAS_GROUPS) return;
  for (let waitedMs = 0; waitedMs < CLEARED_WITHIN_MS && kill(-pid, 0); waitedMs += 5) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
