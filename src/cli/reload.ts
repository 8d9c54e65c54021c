/*
 * Keeps a gateway by its configuration file: when that changes, or on SIGHUP, it is read again, and what it says now holds
 * from then on. A file with faults changes nothing; they are told here and to the operator.
 */
import { resolve } from 'node:path';
import type { Loaded } from '../config/load.ts';
import { type Problem, problemLine } from '../config/problem.ts';
import { FileWatch, stateOf } from '../config/watch.ts';
import type { Applied, CliIo, RunningGateway } from './io.ts';
import { plain } from './terminal.ts';

export interface Reloading {
  readonly path: string;
  readonly load: () => Promise<Loaded>;
  readonly gateway: Pick<RunningGateway, 'apply' | 'refused'>;
  readonly io: Pick<CliIo, 'onHangup'>;
  readonly telling: Telling;
}

export interface Telling {
  reloaded(applied: Applied, warnings: readonly Problem[]): void;
  refused(problems: readonly Problem[]): void;
}

/** A file that changes while it is read is read again, so often. */
const READINGS_MAX = 5;

/** Returns the way to stop. */
export function keepReloading({ path, load, gateway, io, telling }: Reloading): () => void {
  const files = new FileWatch(() => again());
  const line = new OneAtATime(async () => {
    const loaded = await steady(load, [resolve(path)]);
    await files.follow([resolve(path), ...loaded.reads]);
    if (!loaded.ok) {
      gateway.refused(loaded.problems.map(problemLine));
      telling.refused(loaded.problems);
      return;
    }
    const applied = await gateway.apply(loaded.config);
    if (applied.changed) telling.reloaded(applied, loaded.warnings);
  }, gateway.refused);
  const again = () => line.run();
  const unlisten = io.onHangup(again);
  // It may have changed since it was read to start with.
  void files.follow([resolve(path)]).then(again);
  return () => {
    unlisten();
    line.stop();
    files.close();
  };
}

/** What was read while the file changed may be a part of it, and still be valid. */
async function steady(load: () => Promise<Loaded>, paths: readonly string[]): Promise<Loaded> {
  for (let reading = 1; ; reading++) {
    const before = await stateOf(paths);
    const loaded = await load();
    if (reading === READINGS_MAX || (await stateOf(paths)) === before) return loaded;
  }
}

/** However often it is asked for, it runs once at a time, and once more for all who asked meanwhile. */
class OneAtATime {
  readonly #task: () => Promise<void>;
  #isRunning = false;
  #isWanted = false;
  #isStopped = false;

  constructor(task: () => Promise<void>, onFailure: (faults: readonly string[]) => void) {
    this.#task = () =>
      task().catch((thrown: unknown) => onFailure([`The configuration was not taken over: ${thrown}`]));
  }

  run(): void {
    this.#isWanted = true;
    if (!this.#isRunning) void this.#runAll();
  }

  stop(): void {
    this.#isStopped = true;
  }

  async #runAll(): Promise<void> {
    this.#isRunning = true;
    while (this.#isWanted && !this.#isStopped) {
      this.#isWanted = false;
      await this.#task();
    }
    this.#isRunning = false;
  }
}

export function refusedLines(problems: readonly Problem[]): string {
  return [
    'gatewright: The configuration file was not taken over; what was before goes on.',
    ...problems.map((problem) => plain(problemLine(problem))),
    '',
  ].join('\n');
}

/** `2 servers added: a, b; listen.port holds from the next start on.` */
export function appliedWords({ added, removed, replaced, restart }: Applied): string {
  const parts = [
    ...said(added, 'added'),
    ...said(replaced, 'started anew'),
    ...said(removed, 'removed'),
    ...restart.map((field) => `${field} holds from the next start on`),
  ];
  return parts.length === 0 ? 'Configuration reloaded.' : `Configuration reloaded: ${parts.join('; ')}.`;
}

function said(names: readonly string[], what: string): string[] {
  return names.length === 0 ? [] : [`${what}: ${names.map(plain).join(', ')}`];
}
