/*
 * The process groups of this gateway that are alive, and who must know of them.
 *
 * A group outlives whoever started it. So each is told to witnesses, before and after it is begun and when it is gone:
 * the reaper, which ends it when this process is killed, and a record on disk, by which the next gateway ends what even
 * the reaper has left. An exit of our own accord ends all groups on the way out.
 *
 * Windows has no process groups: nothing is told there, and children are signalled one by one (stdio-child.ts).
 */

/** What is told happens at once: a witness that only queued it would not know when the gateway is killed. Never throws. */
export interface GroupWitness {
  /** A group is about to be begun. `added` or `notBegun` follows, in the same turn of the event loop. */
  beginning(): void;
  added(groupId: number): void;
  notBegun(): void;
  /** Empty, as far as anybody can tell: its number may be somebody else's from now on. */
  cleared(groupId: number): void;
  close(): Promise<void>;
}

export class ProcessGroups {
  readonly #live = new Set<number>();
  readonly #witnesses: readonly GroupWitness[];
  #closed = false;

  constructor(witnesses: readonly GroupWitness[]) {
    this.#witnesses = witnesses;
    process.on('exit', this.#endAll);
  }

  /** Runs `spawn`, whose process leads a group of its own. Throws when the gateway has stopped, or what `spawn` throws. */
  begin<Leader extends { readonly pid?: number | undefined }>(spawn: () => Leader): Leader {
    if (this.#closed) throw new Error('the gateway has stopped');
    for (const witness of this.#witnesses) witness.beginning();
    let pid: number | undefined;
    try {
      const leader = spawn();
      pid = leader.pid;
      return leader;
    } finally {
      this.#begun(pid);
    }
  }

  #begun(pid: number | undefined): void {
    if (pid !== undefined) this.#live.add(pid);
    for (const witness of this.#witnesses) {
      if (pid === undefined) witness.notBegun();
      else witness.added(pid);
    }
  }

  /** The leader is gone. What is left of its group is killed: nobody could reach it any more. */
  end(groupId: number): void {
    if (!this.#live.has(groupId)) return;
    // The number may be given to another process as soon as the group is empty, so this is the last signal it gets.
    kill(-groupId, 'SIGKILL');
    this.#live.delete(groupId);
    for (const witness of this.#witnesses) witness.cleared(groupId);
  }

  /** Does nothing once the leader is gone. */
  signal(groupId: number, signal: NodeJS.Signals): void {
    if (this.#live.has(groupId)) kill(-groupId, signal);
  }

  /** Ends whatever is still there, without mercy, and lets no more begin. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#endAll();
    process.off('exit', this.#endAll);
    await Promise.all(this.#witnesses.map((witness) => witness.close()));
  }

  readonly #endAll = (): void => {
    for (const groupId of this.#live) this.end(groupId);
  };
}

/** False when there is no such process or group. Negative ids are groups; signal 0 only asks. */
export function kill(id: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(id, signal);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
