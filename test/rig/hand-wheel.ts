/*
 * A timer wheel turned by hand, for tests of what waits: no test sleeps to see that something came later.
 */
import { Deadline } from '../../src/proxy/timer-wheel.ts';

export class HandWheel {
  #nowMs = 0;
  readonly #armed = new Set<Deadline>();

  now(): number {
    return this.#nowMs;
  }

  arm(afterMs: number, fire: () => void): Deadline {
    const deadline = new Deadline(this.#nowMs + afterMs, fire);
    this.#armed.add(deadline);
    return deadline;
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
