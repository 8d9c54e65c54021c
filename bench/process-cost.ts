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

export interface MachineTime {
  /** Time that all processors together were at work, in microseconds. */
  readonly busyUs: number;
  /** Time that the host took away from this virtual machine; a process that runs meanwhile is charged for it. */
  readonly stolenUs: number;
}

/** What shows that somebody else is at work, here or on the same host. */
export function machineTime(): MachineTime {
  try {
    const all = readFileSync('/proc/stat', 'latin1').split('\n', 1)[0] ?? '';
    const ticks = all.trim().split(/\s+/).slice(1).map(Number);
    const [user = 0, nice = 0, system = 0, , , irq = 0, softIrq = 0, stolen = 0] = ticks;
    const busyUs = (user + nice + system + irq + softIrq) * STAT_TICK_US;
    return { busyUs, stolenUs: stolen * STAT_TICK_US };
  } catch {
    return { busyUs: Number.NaN, stolenUs: Number.NaN };
  }
}

const PARSES = 100_000;

/** What `JSON.parse` of a 1 KB call costs here and now: tells a slow machine from a slow proxy. */
export function parseCostUs(): number {
  const body = JSON.stringify({
    jsonrpc: '2.0',
    id: 1,
    params: { name: 'echo', arguments: { text: 'x'.repeat(900) } },
  });
  for (let round = 0; round < PARSES; round += 1) JSON.parse(body);
  const { user, system } = process.cpuUsage();
  for (let round = 0; round < PARSES; round += 1) JSON.parse(body);
  const after = process.cpuUsage();
  return (after.user + after.system - user - system) / PARSES;
}
