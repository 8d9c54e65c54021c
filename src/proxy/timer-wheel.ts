/*
 * One coarse clock for every deadline of the data plane.
 *
 *   slots:  [ ]─a─b  [ ]  [ ]─c  [ ] …      one ring per tick; a deadline hangs in the ring of its due time
 *                     ▲ now
 *
 * A timer object per call would cost more than the policy ring. Here arming, moving and disarming are a few pointer
 * writes. Disarming must really let go: most deadlines never fire, and a wheel that kept them until their slot came round
 * would hold a minute's calls in memory. What we give up: a deadline fires up to two ticks late, never early, and one
 * further away than the wheel is put back each time its slot comes round. Time is monotonic, from the caller's `clock`.
 */
const TICK_MS = 50;
const SLOTS = 1024;

export class Deadline {
  /** On the wheel's clock. */
  dueMs: number;
  readonly fire: () => void;
  previous: Deadline | undefined;
  next: Deadline | undefined;

  constructor(dueMs: number, fire: () => void) {
    this.dueMs = dueMs;
    this.fire = fire;
  }

  disarm(): void {
    if (this.previous) this.previous.next = this.next;
    if (this.next) this.next.previous = this.previous;
    this.previous = undefined;
    this.next = undefined;
  }
}

function nothing(): void {}

export class TimerWheel {
  readonly #clock: () => number;
  /** Each slot begins with an anchor that never fires. */
  readonly #slots: Deadline[] = Array.from({ length: SLOTS }, () => new Deadline(Number.POSITIVE_INFINITY, nothing));
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
    const deadline = new Deadline(this.#clock() + afterMs, fire);
    this.#place(deadline);
    return deadline;
  }

  /** Gives an armed, fired or disarmed deadline another due time. */
  move(deadline: Deadline, dueMs: number): void {
    deadline.disarm();
    deadline.dueMs = dueMs;
    this.#place(deadline);
  }

  /** Waits, for loops that retry; ends early when `wake` is called. */
  sleep(ms: number): { readonly done: Promise<void>; readonly wake: () => void } {
    const { promise, resolve } = Promise.withResolvers<void>();
    const deadline = this.arm(ms, resolve);
    return {
      done: promise,
      wake: () => {
        deadline.disarm();
        resolve();
      },
    };
  }

  /** For what happens rarely, and so soon that ticks are too coarse for it. Cannot be taken back. */
  soon(afterMs: number, fire: () => void): void {
    setTimeout(fire, afterMs).unref();
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #place(deadline: Deadline): void {
    const wanted = Math.floor(deadline.dueMs / TICK_MS) + 1;
    const tick = Math.min(Math.max(wanted, this.#tick + 1), this.#tick + SLOTS - 1);
    const anchor = this.#slots[tick % SLOTS] as Deadline;
    deadline.previous = anchor;
    deadline.next = anchor.next;
    if (anchor.next) anchor.next.previous = deadline;
    anchor.next = deadline;
  }

  #advance(): void {
    const nowMs = this.#clock();
    const until = Math.floor(nowMs / TICK_MS);
    // After a long stall every slot is looked at once, not once per missed tick.
    const from = Math.max(this.#tick + 1, until - SLOTS + 1);
    this.#tick = until;
    for (let tick = from; tick <= until; tick++) this.#sweep(this.#slots[tick % SLOTS] as Deadline, nowMs);
  }

  #sweep(anchor: Deadline, nowMs: number): void {
    // Taken over whole, and out of it one by one: what fires may disarm its neighbours, and what is put back may land in
    // this slot again.
    if (!anchor.next) return;
    const due = new Deadline(Number.POSITIVE_INFINITY, nothing);
    due.next = anchor.next;
    due.next.previous = due;
    anchor.next = undefined;
    for (let deadline: Deadline | undefined = due.next; deadline; deadline = due.next) {
      deadline.disarm();
      if (deadline.dueMs > nowMs) this.#place(deadline);
      else deadline.fire();
    }
  }
}
