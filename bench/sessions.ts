/*
 * Ten thousand legacy sessions that nobody says goodbye to: what one costs while open, and what is left of all of them.
 *
 * Heap is read after a full collection, before the first, with all open, and once they have expired. A few hundred are
 * opened, used and ended first, so that what the gateway allocates once is not counted as theirs.
 */

import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Child } from './child.ts';
import type { Upstream } from './contenders.ts';
import { type Gatewright, httpServers, startGatewright } from './gatewright.ts';
import type { Load } from './measure.ts';
import type { Target } from './request.ts';

export interface SessionCost {
  readonly opened: number;
  readonly openMs: number;
  readonly heapBeforeMb: number;
  readonly heapOpenMb: number;
  readonly heapAfterMb: number;
  readonly bytesEach: number;
  /** Heap after all expired, as a multiple of heap before the first. */
  readonly leftOver: number;
}

const IDLE_MS = 12_000;
const WARM_SESSIONS = 256;
const WARM_MS = 1_000;
const EXPIRY_TRIES = 20;
const EXPIRY_STEP_MS = 1_000;
const CLOSE_ENOUGH = 1.1;
const MB = 1024 * 1024;

async function heapOf(child: Child): Promise<number> {
  const answer = child.nextOnStderr(/heap-probe (\d+)/);
  child.process.kill('SIGUSR2');
  return Number((await answer)[1]);
}

function start(upstream: Upstream): Promise<Gatewright> {
  const probe = fileURLToPath(new URL('heap-probe.ts', import.meta.url));
  const limits = { sessionIdleMs: IDLE_MS };
  return startGatewright({ ...httpServers(upstream.port), limits }, { nodeFlags: ['--expose-gc', '--import', probe] });
}

/** Waits for expiry, then for the heap to fall; gives the lowest it saw. */
async function heapOnceExpired(child: Child, heapBefore: number): Promise<number> {
  await pause(IDLE_MS);
  let lowest = Number.POSITIVE_INFINITY;
  for (let tries = 0; tries < EXPIRY_TRIES && lowest > heapBefore * CLOSE_ENOUGH; tries += 1) {
    await pause(EXPIRY_STEP_MS);
    lowest = Math.min(lowest, await heapOf(child));
  }
  return lowest;
}

async function warm(gatewright: Gatewright, target: Target, load: Load): Promise<void> {
  const once = { target, shape: 'echo', connections: WARM_SESSIONS, callsPerSecond: 0 } as const;
  await load.order('window', { ...once, warmMs: 0, windowMs: WARM_MS, pid: gatewright.pid, otherPids: [] });
}

async function costOn(gatewright: Gatewright, load: Load, count: number): Promise<SessionCost> {
  const target = { port: gatewright.port, path: '/mcp/legacy-json', era: 'legacy', tool: 'echo' } as const;
  await warm(gatewright, target, load);
  const before = await heapOf(gatewright.child);
  const { opened, elapsedMs } = await load.order('sessions', { target, count, connections: 16 });
  const open = await heapOf(gatewright.child);
  const after = await heapOnceExpired(gatewright.child, before);
  return {
    ...{ opened, openMs: elapsedMs, bytesEach: (open - before) / count, leftOver: after / before },
    ...{ heapBeforeMb: before / MB, heapOpenMb: open / MB, heapAfterMb: after / MB },
  };
}

export async function measureSessions(upstream: Upstream, load: Load, count: number): Promise<SessionCost> {
  const gatewright = await start(upstream);
  try {
    return await costOn(gatewright, load, count);
  } finally {
    await gatewright.stop();
  }
}
