/*
 * One window of load on one target: what was sent, what came back, how long it took, what it cost.
 *
 * Closed loop: every connection sends its next call when it has its answer. Open loop: calls become due at a fixed rate
 * whatever happens to the earlier ones, and their time counts from then, so that a stall is not hidden by waiting for
 * it (coordinated omission). It reads the proxy's processor time itself, at the very edges of the window.
 */
import { performance } from 'node:perf_hooks';
import { Connection } from './connection.ts';
import { type HttpMessage, statusOf } from './http-wire.ts';
import { FIRST_CALL, type Shape, wrongWith } from './payload.ts';
import { cpuUs, type MachineTime, machineTime, rssMb } from './process-cost.ts';
import { callWriter, type Target } from './request.ts';

export interface WindowPlan {
  readonly target: Target;
  readonly shape: Shape;
  readonly connections: number;
  /** 0 = closed loop. */
  readonly callsPerSecond: number;
  readonly warmMs: number;
  readonly windowMs: number;
  /** The process whose cost is measured, and the others that belong to the measurement. */
  readonly pid: number;
  readonly otherPids: readonly number[];
}

export interface WindowResult {
  readonly calls: number;
  readonly callsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly cpuUsPerCall: number;
  readonly rssMb: number;
  /** Processors' worth of time that went to others: processes that are no part of the measurement, or the host. */
  readonly foreignCores: number;
  readonly failures: readonly string[];
}

interface Lane {
  readonly connection: Connection;
  readonly write: (call: number) => string;
}

const FAILURES_KEPT = 3;
const HANDSHAKES_AT_ONCE = 32;

let nextCall = FIRST_CALL;

class Window {
  readonly #plan: WindowPlan;
  readonly #idle: Lane[] = [];
  readonly #due: number[] = [];
  readonly failures: string[] = [];
  /** Right answers from start to end; `times` has those inside the measured part. */
  answered = 0;
  times: number[] = [];
  #stopped = false;
  #inFlight = 0;
  #onDrained: () => void = () => {};

  constructor(plan: WindowPlan) {
    this.#plan = plan;
  }

  #call(lane: Lane, since: number): void {
    const call = nextCall++;
    this.#inFlight += 1;
    lane.connection.send(lane.write(call), (failure, message) => {
      this.#inFlight -= 1;
      this.#judge(call, failure, message, since);
      this.#next(lane, failure !== undefined);
    });
  }

  #judge(call: number, failure: string | undefined, message: HttpMessage | undefined, since: number): void {
    const wrong = failure ?? (message ? verdict(message, call, this.#plan.shape) : 'no answer');
    if (wrong === undefined) this.#accept(performance.now() - since);
    else if (this.failures.length < FAILURES_KEPT) this.failures.push(wrong);
  }

  #accept(time: number): void {
    this.answered += 1;
    this.times.push(time);
  }

  #next(lane: Lane, lost: boolean): void {
    if (this.#stopped || lost) this.#drained();
    else if (this.#plan.callsPerSecond === 0) this.#call(lane, performance.now());
    else this.#takeDue(lane);
  }

  #takeDue(lane: Lane): void {
    const due = this.#due.shift();
    if (due === undefined) this.#idle.push(lane);
    else this.#call(lane, due);
  }

  #drained(): void {
    if (this.#inFlight === 0) this.#onDrained();
  }

  start(lanes: readonly Lane[]): void {
    if (this.#plan.callsPerSecond > 0) {
      this.#idle.push(...lanes);
      this.#tick(performance.now(), 0);
    } else for (const lane of lanes) this.#call(lane, performance.now());
  }

  /** Sends what is due since the last tick. Timers are never early, so the rate holds over the window. */
  #tick(startedAt: number, sent: number): void {
    if (this.#stopped) return;
    const now = performance.now();
    const due = Math.floor(((now - startedAt) / 1000) * this.#plan.callsPerSecond);
    for (let call = sent; call < due; call += 1) {
      const lane = this.#idle.shift();
      if (lane) this.#call(lane, now);
      else this.#due.push(now);
    }
    setTimeout(() => this.#tick(startedAt, due), 1);
  }

  stop(): Promise<void> {
    this.#stopped = true;
    if (this.#inFlight === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#onDrained = resolve;
    });
  }
}

function verdict(message: HttpMessage, call: number, shape: Shape): string | undefined {
  const status = statusOf(message.head);
  if (status !== 200) return `HTTP ${status} ${message.body.toString('latin1', 0, 200)}`;
  const wrong = wrongWith(message.body, call, shape);
  return wrong && `${wrong}: ${message.body.toString('latin1', 0, 200)}`;
}

async function openLanes(plan: WindowPlan): Promise<Lane[]> {
  const lanes: Lane[] = [];
  while (lanes.length < plan.connections) {
    const count = Math.min(HANDSHAKES_AT_ONCE, plan.connections - lanes.length);
    lanes.push(...(await Promise.all(Array.from({ length: count }, () => openLane(plan)))));
  }
  return lanes;
}

async function openLane(plan: WindowPlan): Promise<Lane> {
  const connection = new Connection(plan.target.port);
  await connection.shakeHands(plan.target);
  return { connection, write: callWriter(plan.target, plan.shape, connection.sessionId) };
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

interface Reading {
  readonly at: number;
  readonly cpuUs: number;
  readonly ownUs: number;
  readonly machine: MachineTime;
}

function read(plan: WindowPlan): Reading {
  const pids = new Set([plan.pid, process.pid, ...plan.otherPids]);
  const own = [...pids].map(cpuUs).reduce((sum, each) => sum + each, 0);
  return { at: performance.now(), cpuUs: cpuUs(plan.pid), ownUs: own, machine: machineTime() };
}

export async function runWindow(plan: WindowPlan): Promise<WindowResult> {
  const lanes = await openLanes(plan);
  const window = new Window(plan);
  window.start(lanes);
  await pause(plan.warmMs);
  window.times = [];
  const before = read(plan);
  await pause(plan.windowMs);
  const after = read(plan);
  const times = Float64Array.from(window.times).sort();
  await window.stop();
  if (window.answered === 0) window.failures.push('no call came back');
  const result = { ...summary(plan, before, after, times), failures: window.failures };
  await Promise.all(lanes.map((lane) => lane.connection.leave(plan.target)));
  return result;
}

type Figures = Omit<WindowResult, 'failures'>;

function summary(plan: WindowPlan, from: Reading, to: Reading, times: Float64Array): Figures {
  const elapsedUs = (to.at - from.at) * 1000;
  return {
    calls: times.length,
    callsPerSecond: (times.length / elapsedUs) * 1e6,
    p50Ms: quantile(times, 0.5),
    p99Ms: quantile(times, 0.99),
    cpuUsPerCall: (to.cpuUs - from.cpuUs) / times.length,
    rssMb: rssMb(plan.pid),
    foreignCores: foreignUs(from, to) / elapsedUs,
  };
}

function foreignUs(from: Reading, to: Reading): number {
  const here = to.machine.busyUs - from.machine.busyUs - (to.ownUs - from.ownUs);
  return Math.max(0, here) + (to.machine.stolenUs - from.machine.stolenUs);
}

function quantile(sorted: Float64Array, share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
