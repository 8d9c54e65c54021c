/*
 * Hears what others wrote to the same database: another gateway, or the command line. Looks at the table of changes every
 * now and then and says what is new there and was not written here; each change once.
 *
 * What it missed for so long that it is no longer there, or was undone by a restored copy, is told as `everything`.
 *
 * A write of ours whose outcome is not known (the connection was lost in its commit) is told as if it were somebody
 * else's when its rows are there. While the database cannot be written, every look tries whether it can again.
 */
import type { Engine, Sent } from './engine.ts';
import type { FollowSettings, Heard } from './messages.ts';
import { StoreRefusal } from './refusal.ts';

export interface FollowPorts {
  heard(changes: readonly Heard[] | 'everything', to: number): void;
  state(failing: string | undefined): void;
}

export class Follow {
  readonly #engine: Engine;
  readonly #settings: FollowSettings;
  readonly #ports: FollowPorts;
  readonly #own = new Set<number>();
  /** Passed over as ours, and then it was not known whether they are. */
  readonly #passed = new Set<number>();
  #last = 0;
  #failing: string | undefined;
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> = Promise.resolve();

  constructor(engine: Engine, settings: FollowSettings, ports: FollowPorts) {
    this.#engine = engine;
    this.#settings = settings;
    this.#ports = ports;
  }

  /** Gives the number after which it listens. */
  async start(): Promise<number> {
    this.#last = this.#settings.after ?? (await this.#span()).last;
    this.#wait();
    return this.#last;
  }

  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    await this.#looking;
  }

  /** Before anybody can see these rows. */
  own(seqs: readonly number[]): void {
    for (const seq of seqs) this.#own.add(seq);
  }

  /** The write of these may have happened or not. */
  uncertain(seqs: readonly number[]): void {
    for (const seq of seqs) {
      // What is still to be read will be found there as somebody else's, or not be there.
      this.#own.delete(seq);
      if (seq <= this.#last) this.#passed.add(seq);
    }
  }

  /** What came of a write or a look; says so when it is another state than before. */
  outcome(failing: string | undefined): void {
    if (this.#failing === failing) return;
    this.#failing = failing;
    this.#ports.state(failing);
  }

  #wait(): void {
    this.#timer = setTimeout(() => {
      this.#looking = this.#look().finally(() => {
        if (this.#timer) this.#wait();
      });
    }, this.#settings.everyMs);
  }

  async #look(): Promise<void> {
    // What failed while this look was under way has not been tried again by it.
    const tried = this.#failing !== undefined;
    try {
      if (tried) await this.#engine.probe();
      await this.#again();
      await this.#read();
      if (tried) this.outcome(undefined);
    } catch (error) {
      this.outcome(error instanceof StoreRefusal ? error.internal : String(error));
    }
  }

  async #read(): Promise<void> {
    const { first, last } = await this.#span();
    if (last < this.#last || first > this.#last + 1) this.#lose(last);
    else if (last > this.#last) await this.#readOn();
  }

  #lose(to: number): void {
    this.#last = to;
    this.#own.clear();
    this.#passed.clear();
    this.#ports.heard('everything', to);
  }

  async #readOn(): Promise<void> {
    for (let full = true; full; ) {
      const changes = await this.#since(this.#last);
      const last = changes.at(-1);
      if (!last) return;
      const others = changes.filter(({ seq }) => !this.#own.delete(seq));
      this.#last = last.seq;
      this.#ports.heard(others, this.#last);
      full = changes.length === this.#settings.changesMax;
    }
  }

  /** Those of an unknown outcome: numbers are seen in their order, so what is not there below the last never will be. */
  async #again(): Promise<void> {
    for (const seq of this.#passed) {
      const [change] = await this.#since(seq - 1);
      if (change?.seq === seq) this.#ports.heard([change], this.#last);
      this.#passed.delete(seq);
    }
  }

  async #span(): Promise<{ readonly first: number; readonly last: number }> {
    const [answer] = await this.#engine.read([this.#settings.span]);
    const [first, last] = answer?.rows[0] ?? [];
    return { first: Number(first ?? 0), last: Number(last ?? 0) };
  }

  async #since(seq: number): Promise<readonly Heard[]> {
    const { since, changesMax } = this.#settings;
    const statement: Sent = { sql: since, parameters: [seq, changesMax] };
    const [answer] = await this.#engine.read([statement]);
    return (answer?.rows ?? []).map(([at, organisation, kind, targetId]) => ({
      seq: Number(at),
      organisation: String(organisation),
      kind: String(kind),
      targetId: String(targetId),
    }));
  }
}
