/*
 * Who is still running: the processes of a group, or all that descend from a process, as /proc tells (Linux only).
 *
 * A zombie counts as gone: it runs nothing and holds nothing, its parent has just not asked how it ended.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

export interface ProcessEntry {
  readonly pid: number;
  readonly parentPid: number;
  readonly groupId: number;
  readonly command: string;
}

/** Every process that runs now. One that ends while we look is left out. */
export function processesRunning(): ProcessEntry[] {
  const found: ProcessEntry[] = [];
  for (const name of readdirSync('/proc')) {
    const entry = /^\d+$/.test(name) ? readEntry(name) : undefined;
    if (entry) found.push(entry);
  }
  return found;
}

function readEntry(name: string): ProcessEntry | undefined {
  try {
    const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
    // The name of the program stands in parentheses and may itself hold blanks and parentheses: proc_pid_stat(5).
    const [state, parentPid, groupId] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (state === 'Z' || state === 'X') return undefined;
    const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
    return { pid: Number(name), parentPid: Number(parentPid), groupId: Number(groupId), command };
  } catch {
    return undefined;
  }
}

/** The members of a process group. */
export function groupMembers(groupId: number): ProcessEntry[] {
  return processesRunning().filter((entry) => entry.groupId === groupId);
}

/**
 * Every process with this text in the environment it was started with, whoever started it and whatever group it is in.
 * Handed down from parent to child, it finds also those that were orphaned.
 */
export function processesMarked(mark: string): ProcessEntry[] {
  return processesRunning().filter(({ pid }) => environmentOf(pid).includes(mark));
}

function environmentOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'latin1');
  } catch {
    return '';
  }
}

/** Children, their children, and so on. What was orphaned belongs to nobody here: watch its group instead. */
export function descendantsOf(pid: number): ProcessEntry[] {
  const all = processesRunning();
  const family = new Set([pid]);
  for (let before = 0; before !== family.size; ) {
    before = family.size;
    for (const entry of all) if (family.has(entry.parentPid)) family.add(entry.pid);
  }
  return all.filter((entry) => entry.pid !== pid && family.has(entry.pid));
}

/** True while the process runs. */
export function isAlive(pid: number): boolean {
  return readEntry(String(pid)) !== undefined;
}

/** Waits until `look` finds nothing; fails with what it still finds when `withinMs` have passed. */
export async function assertNoneLeft(look: () => readonly ProcessEntry[], withinMs = 5_000): Promise<void> {
  const untilMs = performance.now() + withinMs;
  let left = look();
  while (left.length > 0 && performance.now() < untilMs) {
    await sleep(10);
    left = look();
  }
  assert.deepEqual(
    left.map(({ pid, command }) => `${pid} ${command}`),
    [],
    'processes left behind',
  );
}
