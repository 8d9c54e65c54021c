/*
 * A timer wheel turned by hand, for tests of what waits: no test sleeps to see that something came later.
 */
import { Deadline } from '../../src/proxy/timer-wheel.ts';

class HandDeadline extends Deadline {
  readonly #armed: Set<Deadline>;

  constructor(dueMs: number, fire: () => void, armed: Set<Deadline>) {
    super(dueMs, fire);
    this.#armed = armed;
    armed.add(this);
  }

  override disarm(): void {
    this.#armed.delete(this);
  }
}

export class HandWheel {
  #nowMs = 0;
  readonly #armed = new Set<Deadline>();

  now(): number {
    return this.#nowMs;
  }

  arm(afterMs: number, fire: () => void): Deadline {
    return new HandDeadline(this.#nowMs + afterMs, fire, this.#armed);
  }

  sleep(ms: number): { readonly done: Promise<void>; readonly wake: () => void } {
    const { promise, resolve } = Promise.withResolvers<void>();
    const deadline = this.arm(ms, resolve);
    const wake = () => {
      deadline.disarm();
      resolve();
    };
    return { done: promise, wake };
  }

  turn(ms: number): void {
    const untilMs = this.#nowMs + ms;
    for (;;) {
      const [next] = [...this.#armed].filter(({ dueMs }) => dueMs <= untilMs).sort((a, b) => a.dueMs - b.dueMs);
      if (!next) break;
      this.#armed.delete(next);
      this.#nowMs = next.dueMs;
      next.fire();
    }
    this.#nowMs = untilMs;
  }
}
