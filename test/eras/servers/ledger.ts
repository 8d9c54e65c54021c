/*
 * What happened to calls that hang, in a folder that servers write and the run reads: one file per call. It must not be
 * asked for through the gateway, whose way is what is tried, and a server on a pipe has several processes.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export type CallState = 'running' | 'cancelled' | 'released';

const LOOK_MS = 10;

export class Ledger {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Until the client cancels, or the run has seen enough. */
  async hold(key: string, signal: AbortSignal): Promise<void> {
    this.#write(key, 'running');
    while (!signal.aborted && this.#read(key) === 'running') await sleep(LOOK_MS);
    if (signal.aborted) this.#write(key, 'cancelled');
  }

  /** Resolves when it is so, rejects when nobody waits any more. */
  async until(key: string, state: CallState, over: AbortSignal): Promise<void> {
    while (this.#read(key) !== state) await sleep(LOOK_MS, undefined, { signal: over });
  }

  release(key: string): void {
    if (this.#read(key) === 'running') this.#write(key, 'released');
  }

  #read(key: string): string | undefined {
    const file = join(this.#folder, key);
    return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
  }

  #write(key: string, state: CallState): void {
    writeFileSync(join(this.#folder, key), state);
  }
}
