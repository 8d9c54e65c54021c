/*
 * One coarse clock for every deadline of the data plane.
 *
 *   slots:  [ ][ ][x][ ][xx][ ] …      one slot per tick; a deadline sits in the slot of its due time
 *                  ▲ now
 *
 * A timer object per call would cost more than the policy ring. Here arming is one array push and moving a deadline
 * later is one assignment: an entry that comes up before its due time is simply put back. What we give up: a deadline
 * fires up to one tick late, never early. Time is monotonic, from the caller's `clock`.
 */
const TICK_MS = 50;
const SLOTS = 1024;

export interface Deadline {
  /** When it is due, on the wheel's clock; may be moved at any time. `Infinity` disarms. */
  dueMs: number;
  readonly fire: () => void;
}

export class TimerWheel {
  readonly #clock: () => number;
  readonly #slots: Deadline[][] = Array.from({ length: SLOTS }, () => []);
  #tick: number;
  readonly #timer: NodeJS.Timeout;

  constructor(clock: () => number) {
    this.#clock = clock;
    this.#tick = Math.floor(clock() / TICK_MS);
    this.#timer = setInterval(() => this.#advance(), TICK_MS);
    this.#timer.unref();
  }

  now(): number {
    return this.#clock();
  }

  arm(afterMs: number, fire: () => void): Deadline {
    const deadline = { dueMs: this.#clock() + afterMs, fire };
    this.#place(deadline);
    return deadline;
  }

  /** Puts a deadline that has fired back, at its new due time. */
  again(deadline: Deadline): void {
    this.#place(deadline);
  }

  /** Waits, for loops that retry; ends early when `wake` is called. */
  sleep(ms: number): { readonly done: Promise<void>; readonly wake: () => void } {
    const { promise, resolve } = Promise.withResolvers<void>();
    const deadline = this.arm(ms, resolve);
    return {
      done: promise,
      wake: () => {
        deadline.dueMs = Number.POSITIVE_INFINITY;
        resolve();
      },
    };
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #place(deadline: Deadline): void {
    const wanted = Math.floor(deadline.dueMs / TICK_MS) + 1;
    const tick = Math.min(Math.max(wanted, this.#tick + 1), this.#tick + SLOTS - 1);
    this.#slots[tick % SLOTS]?.push(deadline);
  }

  #advance(): void {
    const nowMs = this.#clock();
    const until = Math.floor(nowMs / TICK_MS);
    // After a long stall every slot is looked at once, not once per missed tick.
    const from = Math.max(this.#tick + 1, until - SLOTS + 1);
    this.#tick = until;
    for (let tick = from; tick <= until; tick++) this.#sweep(tick % SLOTS, nowMs);
  }

  #sweep(slot: number, nowMs: number): void {
    const due = this.#slots[slot];
    if (!due || due.length === 0) return;
    this.#slots[slot] = [];
    for (const deadline of due) {
      if (deadline.dueMs === Number.POSITIVE_INFINITY) continue;
      if (deadline.dueMs > nowMs) this.#place(deadline);
      else deadline.fire();
    }
  }
}
