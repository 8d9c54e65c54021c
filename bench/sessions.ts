/*
 * Ten thousand legacy sessions that nobody says goodbye to: what one costs while open, and what is left of all of them.
 *
 * Heap is read after a full collection, before the first, with all open, and once they have expired. A few hundred are
 * opened, used and ended first, so that what the gateway allocates once is not counted as theirs.
 */

import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Child } from './child.ts';
import { Connection } from './connection.ts';
import type { Upstream } from './contenders.ts';
import { type Gatewright, httpServers, startGatewright } from './gatewright.ts';
import { statusOf } from './http-wire.ts';
import type { Load } from './measure.ts';
import { pingRequest, type Target } from './request.ts';

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

/** Long enough that the first session is still open when the last one is, on a slow machine too. */
const IDLE_MS_EACH = 3;
const IDLE_MS_MIN = 4_000;
const WARM_SESSIONS = 256;
const WARM_MS = 1_000;
const EXPIRY_TRIES = 20;
const EXPIRY_STEP_MS = 1_000;
const CLOSE_ENOUGH = 1.1;
const SETTLING_ROUNDS = 4;
const MB = 1024 * 1024;

async function heapOf(child: Child): Promise<number> {
  const answer = child.nextOnStderr(/heap-probe (\d+)/);
  child.process.kill('SIGUSR2');
  return Number((await answer)[1]);
}

/** V8 drops the compiled form of functions that were not run between collections; that is no business of sessions. */
async function settledHeapOf(child: Child): Promise<number> {
  for (let round = 0; round < SETTLING_ROUNDS; round += 1) await heapOf(child);
  return heapOf(child);
}

/** Without this a gateway that forgets at once would look thrifty. */
async function expectAlive(target: Target, sessionId: string): Promise<void> {
  const connection = new Connection(target.port);
  const answer = await connection.exchange(pingRequest(target, sessionId));
  connection.close();
  if (statusOf(answer.head) !== 200) throw new Error(`the first session is gone: HTTP ${statusOf(answer.head)}`);
}

function start(upstream: Upstream, sessionIdleMs: number): Promise<Gatewright> {
  const probe = fileURLToPath(new URL('heap-probe.ts', import.meta.url));
  return startGatewright(
    { ...httpServers(upstream.port), limits: { sessionIdleMs } },
    { nodeFlags: ['--expose-gc', '--import', probe] },
  );
}

/** Waits for expiry, then for the heap to fall; gives the lowest it saw. */
async function heapOnceExpired(child: Child, heapBefore: number, idleMs: number): Promise<number> {
  await pause(idleMs);
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

async function costOn(gatewright: Gatewright, load: Load, count: number, idleMs: number): Promise<SessionCost> {
  const { child, port } = gatewright;
  const target = { port, path: '/mcp/legacy-json', era: 'legacy', tool: 'echo' } as const;
  await warm(gatewright, target, load);
  const before = await settledHeapOf(child);
  const { opened, elapsedMs, firstId } = await load.order('sessions', { target, count, connections: 16 });
  const open = await heapOf(child);
  await expectAlive(target, firstId);
  const after = await heapOnceExpired(child, before, idleMs);
  return {
    ...{ opened, openMs: elapsedMs, bytesEach: (open - before) / count, leftOver: after / before },
    ...{ heapBeforeMb: before / MB, heapOpenMb: open / MB, heapAfterMb: after / MB },
  };
}

export async function measureSessions(upstream: Upstream, load: Load, count: number): Promise<SessionCost> {
  const idleMs = Math.max(IDLE_MS_MIN, count * IDLE_MS_EACH);
  const gatewright = await start(upstream, idleMs);
  try {
    return await costOn(gatewright, load, count, idleMs);
  } finally {
    await gatewright.stop();
  }
}
