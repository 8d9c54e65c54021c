/*
 * Starting and stopping the processes of a run, pinned to a processor where the machine can do that.
 *
 * Proxies get one processor, the upstream and the load generator the other, so that a proxy's figure is that of one
 * core and nobody takes it from it. Whatever ends the run, no process of it stays behind.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { createInterface } from 'node:readline';
import { newFolder } from './temp-folder.ts';

const DATA = newFolder('data');

export const PROXY_CPU = 0;
export const LOAD_CPU = 1;

const START_TIMEOUT_MS = 20_000;
const STOP_TIMEOUT_MS = 5_000;
const STDERR_KEPT = 2_000;

export const canPin = availableParallelism() > 1 && spawnSync('taskset', ['-c', '0', 'true']).status === 0;

const alive = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of alive) child.kill('SIGKILL');
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));

export interface ChildOptions {
  readonly cpu: number;
  readonly cwd?: string;
  /** Adds a channel for `process.send`. */
  readonly channel?: boolean;
  /** Given each line of standard output; true once the child is ready. Absent: the child counts as ready at once. */
  readonly ready?: (line: string) => boolean;
}

/** The same command, bound to one processor. `taskset` replaces itself by the command, so the pid is the command's. */
export function pinned(cpu: number, command: readonly string[]): readonly string[] {
  return canPin ? ['taskset', '-c', String(cpu), ...command] : command;
}

export class Child {
  readonly process: ChildProcess;
  #stderr = '';
  #lastLine = '';
  readonly #onStderr = new Set<() => void>();

  constructor(command: readonly string[], options: ChildOptions) {
    const [file = '', ...args] = pinned(options.cpu, command);
    const input = options.channel ? 'ipc' : 'ignore';
    this.process = spawn(file, args, {
      cwd: options.cwd,
      env: { ...process.env, GATEWRIGHT_DATA_DIR: DATA },
      stdio: ['ignore', 'pipe', 'pipe', input],
      serialization: 'advanced',
    });
    alive.add(this.process);
    this.process.once('exit', () => alive.delete(this.process));
    this.process.stderr?.on('data', (chunk: Buffer) => {
      this.#stderr = (this.#stderr + chunk.toString()).slice(-STDERR_KEPT);
      for (const listener of this.#onStderr) listener();
    });
  }

  static async start(command: readonly string[], options: ChildOptions): Promise<Child> {
    const child = new Child(command, options);
    const { ready } = options;
    if (ready) await child.#untilLine(ready);
    return child;
  }

  get pid(): number {
    return this.process.pid ?? -1;
  }

  get stderr(): string {
    return this.#stderr;
  }

  /** The first match in what the child writes to standard error from now on. */
  nextOnStderr(pattern: RegExp): Promise<RegExpExecArray> {
    this.#stderr = '';
    return new Promise((resolve) => {
      const look = () => {
        const match = pattern.exec(this.#stderr);
        if (!match) return;
        this.#onStderr.delete(look);
        resolve(match);
      };
      this.#onStderr.add(look);
    });
  }

  async #untilLine(ready: (line: string) => boolean): Promise<void> {
    const { stdout } = this.process;
    if (!stdout) throw new Error('no standard output');
    const lines = createInterface({ input: stdout });
    const timer = setTimeout(() => this.process.kill('SIGKILL'), START_TIMEOUT_MS);
    try {
      await new Promise<void>((resolve, reject) => {
        lines.on('line', (line) => {
          this.#lastLine = line;
          if (ready(line)) resolve();
        });
        this.process.once('exit', (code, signal) => reject(this.#notReady(signal ?? `exit code ${code}`)));
        this.process.once('error', reject);
      });
    } finally {
      clearTimeout(timer);
    }
  }

  #notReady(how: string): Error {
    return new Error(
      `${this.process.spawnargs.join(' ')} did not get ready (${how})\n${this.#lastLine}\n${this.#stderr}`,
    );
  }

  async stop(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const exited = once(this.process, 'exit');
    this.process.kill('SIGTERM');
    const timer = setTimeout(() => this.process.kill('SIGKILL'), STOP_TIMEOUT_MS);
    await exited;
    clearTimeout(timer);
  }
}
