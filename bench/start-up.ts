/*
 * How long until somebody gets an answer: from starting the process to the first successful tool call.
 *
 * A call that comes while servers are still being asked may be answered with an error; the clock runs on until one
 * succeeds, as it does for a person who waits.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { Connection } from './connection.ts';
import { type Contender, type Name, startContender, TITLES, type Upstream } from './contenders.ts';
import { httpServers, startGatewright, unpackPackage } from './gatewright.ts';
import { statusOf } from './http-wire.ts';
import { median } from './measure.ts';
import { FIRST_CALL, wrongWith } from './payload.ts';
import { callWriter, type Target } from './request.ts';

export interface StartUp {
  readonly what: string;
  /** Median of the tries; undefined with a reason when it could not be tried. */
  readonly ms: number | undefined;
  readonly why?: string;
}

export const FROM_SOURCES = 'Gatewright, sources';
export const FROM_PACKAGE = 'Gatewright, packed package';

const OTHERS: readonly Name[] = ['nginx', 'bare', 'sdk'];
const TRY_EVERY_MS = 2;
const TRIES = 5_000;

async function calledOnce(target: Target): Promise<boolean> {
  const connection = new Connection(target.port);
  try {
    await connection.shakeHands(target);
    const answer = await connection.exchange(callWriter(target, 'echo', connection.sessionId)(FIRST_CALL));
    return statusOf(answer.head) === 200 && wrongWith(answer.body, FIRST_CALL, 'echo') === undefined;
  } catch {
    return false;
  } finally {
    connection.close();
  }
}

async function untilCalled(target: Target): Promise<void> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    if (await calledOnce(target)) return;
    await pause(TRY_EVERY_MS);
  }
  throw new Error('no call succeeded after start-up');
}

interface Started {
  readonly target: Target;
  stop(): Promise<void>;
}

async function timed(start: () => Promise<Started>, tries: number): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < tries; round += 1) {
    const startedAt = performance.now();
    const started = await start();
    await untilCalled(started.target);
    times.push(performance.now() - startedAt);
    await started.stop();
  }
  return median(times);
}

function started(contender: Contender): Started {
  const target = contender.target('modern', 'json');
  if (!target) throw new Error(`${contender.name} has nothing to call`);
  return { target, stop: () => contender.stop() };
}

/** The gateway is asked as soon as it listens, not when it says that all servers are there. */
async function gatewrightFrom(upstream: Upstream, bin?: string): Promise<Started> {
  const options = bin === undefined ? {} : { bin };
  const gatewright = await startGatewright(httpServers(upstream.port), { ...options, until: 'listening' });
  const target: Target = { port: gatewright.port, path: '/mcp/modern-json', era: 'modern', tool: 'echo' };
  return { target, stop: () => gatewright.stop() };
}

async function fromPackage(upstream: Upstream, tries: number): Promise<StartUp> {
  const what = FROM_PACKAGE;
  const unpacked = unpackPackage();
  if (!unpacked) return { what, ms: undefined, why: 'the package cannot be packed' };
  try {
    return { what, ms: await timed(() => gatewrightFrom(upstream, unpacked.bin), tries) };
  } finally {
    unpacked.remove();
  }
}

export async function measureStartUp(upstream: Upstream, names: readonly Name[], tries: number): Promise<StartUp[]> {
  const rows: StartUp[] = [];
  for (const name of names.filter((one) => OTHERS.includes(one))) {
    const again = async () => started(await startContender(name, upstream));
    rows.push({ what: TITLES[name], ms: await timed(again, tries) });
  }
  if (!names.includes('transparent')) return rows;
  const sources = { what: FROM_SOURCES, ms: await timed(() => gatewrightFrom(upstream), tries) };
  return [...rows, sources, await fromPackage(upstream, tries)];
}
