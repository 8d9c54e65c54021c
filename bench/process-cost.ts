/*
 * What a process has cost so far: processor time and memory, from `/proc`.
 *
 * `/proc/PID/stat` counts in hundredths of a second, too coarse for a window of half a second; the scheduler's own
 * account (`task/TID/schedstat`, nanoseconds on a processor) says the same finely. `stat` remains for kernels without.
 * Anywhere but on Linux both figures are NaN and the table shows a dash.
 */
import { readdirSync, readFileSync } from 'node:fs';

const STAT_TICK_US = 10_000;

/** User and system time of all threads, in microseconds. */
export function cpuUs(pid: number): number {
  try {
    return fromSchedstat(pid);
  } catch {
    return fromStat(pid);
  }
}

function fromSchedstat(pid: number): number {
  let nanoseconds = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    nanoseconds += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'latin1').split(' ', 1)[0]);
  }
  return nanoseconds / 1000;
}

/** Fields 14 and 15; the name in field 2 may hold blanks, so counting starts after its bracket. */
function fromStat(pid: number): number {
  try {
    const fields = afterName(readFileSync(`/proc/${pid}/stat`, 'latin1'));
    return (Number(fields[11]) + Number(fields[12])) * STAT_TICK_US;
  } catch {
    return Number.NaN;
  }
}

function afterName(stat: string): string[] {
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

export function rssMb(pid: number): number {
  try {
    const kilobytes = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];
    return Number(kilobytes) / 1024;
  } catch {
    return Number.NaN;
  }
}

/** Time that all processors together were not idle, in microseconds: what shows that somebody else is at work. */
export function machineBusyUs(): number {
  try {
    const all = readFileSync('/proc/stat', 'latin1').split('\n', 1)[0] ?? '';
    const [user = 0, nice = 0, system = 0, , , irq = 0, softIrq = 0, steal = 0] = all
      .trim()
      .split(/\s+/)
      .slice(1)
      .map(Number);
    return (user + nice + system + irq + softIrq + steal) * STAT_TICK_US;
  } catch {
    return Number.NaN;
  }
}
