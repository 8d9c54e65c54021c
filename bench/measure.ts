/*
 * One cell: the same question put to every contender in turn, round after round, and the middle of what they say.
 *
 * Contenders take turns (A, B, C, A, B, C …) so that whatever else the machine does falls on all of them alike, and
 * ratios are taken within a round.
 */
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Child, LOAD_CPU } from './child.ts';
import type { Contender, Framing, Name, Upstream } from './contenders.ts';
import type { Era } from './echo-answers.ts';
import type { Order, Orders, Report } from './load.ts';
import type { Shape } from './payload.ts';
import type { WindowResult } from './window.ts';

export interface Cell {
  readonly group: string;
  readonly era: Era;
  readonly framing: Framing;
  readonly shape: Shape;
  readonly connections: number;
  /** 0 = closed loop. */
  readonly callsPerSecond: number;
  readonly rounds: number;
  readonly warmMs: number;
  readonly windowMs: number;
}

export interface Measured {
  readonly cell: Cell;
  readonly rounds: Readonly<Partial<Record<Name, readonly WindowResult[]>>>;
}

const PATIENCE_MS = 60_000;

/** The load generator's process, as the run sees it. */
export class Load {
  readonly #child: Child;

  constructor() {
    const script = fileURLToPath(new URL('load.ts', import.meta.url));
    this.#child = new Child([process.execPath, script], { cpu: LOAD_CPU, channel: true });
  }

  async order<Kind extends keyof Orders>(kind: Kind, plan: Orders[Kind]['plan']): Promise<Orders[Kind]['result']> {
    const order: Order<Kind> = { kind, plan };
    const { process: child } = this.#child;
    child.send(order);
    // A proxy that swallows a call would otherwise be waited for without end.
    const patience = AbortSignal.timeout(PATIENCE_MS);
    const [message] = await once(child, 'message', { signal: patience }).catch(() => {
      throw new Error(`no report on ${kind} ${JSON.stringify(plan)}\n${this.#child.stderr}`);
    });
    const report = message as Report;
    if ('failure' in report) throw new Error(report.failure);
    return report.result as Orders[Kind]['result'];
  }

  stop(): Promise<void> {
    return this.#child.stop();
  }
}

export interface Bench {
  readonly load: Load;
  readonly upstream: Upstream;
  readonly contenders: readonly Contender[];
}

async function oneWindow(bench: Bench, contender: Contender, cell: Cell): Promise<WindowResult | undefined> {
  const isMeasured = contender.groups?.has(cell.group) ?? true;
  const target = isMeasured ? contender.target(cell.era, cell.framing) : undefined;
  if (!target) return undefined;
  const result = await bench.load.order('window', {
    target,
    shape: cell.shape,
    connections: cell.connections,
    callsPerSecond: cell.callsPerSecond,
    warmMs: cell.warmMs,
    windowMs: cell.windowMs,
    pid: contender.pid,
    otherPids: [bench.upstream.pid],
  });
  // One wrong answer makes every other figure worthless: the run ends here.
  if (result.failures.length > 0) throw new Error(`${contender.name}, ${nameOf(cell)}: ${result.failures.join(' | ')}`);
  return result;
}

export async function measure(bench: Bench, cell: Cell): Promise<Measured> {
  const rounds: Partial<Record<Name, WindowResult[]>> = {};
  for (let round = 0; round < cell.rounds; round += 1) {
    for (const contender of bench.contenders) {
      const result = await oneWindow(bench, contender, cell);
      if (result) rounds[contender.name] = [...(rounds[contender.name] ?? []), result];
    }
  }
  return { cell, rounds };
}

export function nameOf(cell: Cell): string {
  const rate = cell.callsPerSecond > 0 ? ` at ${cell.callsPerSecond}/s` : '';
  return `${cell.era} ${cell.framing} ${cell.shape} ×${cell.connections}${rate}`;
}

type Figure = Exclude<keyof WindowResult, 'failures'>;

/** A window in which the machine stood still has no finite cost per call; it is left out. */
export function median(values: readonly number[]): number {
  const sorted = values.filter(Number.isFinite).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

export function middle(measured: Measured, name: Name, figure: Figure): number {
  return median((measured.rounds[name] ?? []).map((result) => result[figure]));
}

/** How many times `of` is `to`, round by round; NaN when one of them was not measured. */
export function ratio(measured: Measured, figure: Figure, of: Name, to: Name): number {
  const below = measured.rounds[to] ?? [];
  const pairs = (measured.rounds[of] ?? []).map(
    (result, round) => result[figure] / (below[round]?.[figure] ?? Number.NaN),
  );
  return median(pairs);
}
