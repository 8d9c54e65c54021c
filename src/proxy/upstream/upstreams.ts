/*
 * All servers by name. They are reached at the same time, as far as there is room to start, and none of them keeps the
 * listener waiting.
 */
import type { ProcessGroups } from './process-groups.ts';
import type { Upstream } from './upstream.ts';

export class Upstreams {
  readonly #byName: ReadonlyMap<string, Upstream>;
  readonly #groups: ProcessGroups;

  constructor(upstreams: readonly Upstream[], groups: ProcessGroups) {
    this.#groups = groups;
    this.#byName = new Map(upstreams.map((upstream) => [upstream.name, upstream]));
  }

  of(server: string): Upstream | undefined {
    return this.#byName.get(server);
  }

  /** Processes of all servers that run now. */
  get processes(): number {
    let count = 0;
    for (const { processes } of this.#byName.values()) count += processes;
    return count;
  }

  start(): void {
    for (const upstream of this.#byName.values()) upstream.start();
  }

  /** Resolves when each server has been reached or has failed once. */
  async settled(): Promise<void> {
    await Promise.all([...this.#byName.values()].map((upstream) => upstream.settled()));
  }

  /** Politely all at the same time until `late`; then whatever is still there, or was just being started, is killed. */
  async stop(late: Promise<void>): Promise<void> {
    await Promise.race([late, Promise.all([...this.#byName.values()].map((upstream) => upstream.stop()))]);
    await this.#groups.close();
  }
}
