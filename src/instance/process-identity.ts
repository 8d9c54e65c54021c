/*
 * Which process a number means: the number and the time of birth, since the system gives numbers out again.
 *
 * Linux tells the time in ticks since boot (proc_pid_stat(5)), other systems as `ps` prints it. Both are compared as text,
 * and only with what this file has made on the same host since the same boot (host.ts).
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** `''` when there is no such process, or only a zombie: it runs nothing, its parent has not asked how it ended. */
export function startTimeOf(pid: number): string {
  if (process.platform !== 'linux') return startTimeFromPs(pid);
  const fields = fieldsOf(pid);
  return fields === undefined || isOver(fields.state) ? '' : fields.startTime;
}

/** Slower by milliseconds; for systems without /proc. */
export function startTimeFromPs(pid: number): string {
  const args = ['-o', 'state=', '-o', 'lstart=', '-p', String(pid)];
  try {
    // A fixed language and zone, so that the same moment is always the same text.
    const text = execFileSync('/bin/ps', args, { encoding: 'utf8', env: { LC_ALL: 'C', TZ: 'UTC' }, stdio: 'pipe' });
    const [state = 'Z', ...time] = text.trim().split(/\s+/);
    return isOver(state) ? '' : time.join(' ');
  } catch {
    return '';
  }
}

/** Whether the number still means the process it meant when `startTime` was taken. */
export function isSameProcess(pid: number, startTime: string): boolean {
  return startTime !== '' && startTimeOf(pid) === startTime;
}

/** Whether all that is left of a group is in the session of the leader it had. Linux; false elsewhere, and when empty. */
export function isLeftOver(groupId: number): boolean {
  if (process.platform !== 'linux') return false;
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const members = pids.map((pid) => fieldsOf(Number(pid))).filter((fields) => fields?.groupId === groupId);
  return members.length > 0 && members.every((member) => member?.sessionId === groupId);
}

interface Fields {
  readonly state: string;
  readonly groupId: number;
  readonly sessionId: number;
  readonly startTime: string;
}

function fieldsOf(pid: number): Fields | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The name of the program stands in parentheses and may itself hold blanks and parentheses.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [state = 'X', , groupId, sessionId] = fields;
    return { state, groupId: Number(groupId), sessionId: Number(sessionId), startTime: fields[19] ?? '' };
  } catch {
    return undefined;
  }
}

function isOver(state: string): boolean {
  return state.startsWith('Z') || state.startsWith('X');
}
