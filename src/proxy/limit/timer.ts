/*
 * The time of one call: silence is bounded, and so is the whole, so that endless progress ends too. While a person is
 * asked neither runs; the question has its own limit.
 */
import type { CallTimer, PermittedCall } from '../../model/call.ts';
import { GatewayError } from '../../model/errors.ts';
import type { LimitName, Limits } from '../../model/limits.ts';
import type { Deadline, TimerWheel } from '../timer-wheel.ts';

export class Timer implements CallTimer {
  readonly #wheel: TimerWheel;
  readonly #limits: Limits;
  readonly #deadline: Deadline;
  #endMs: number;
  #held = 0;
  #heldSinceMs = 0;

  constructor(wheel: TimerWheel, limits: Limits, call: PermittedCall) {
    this.#wheel = wheel;
    this.#limits = limits;
    this.#endMs = wheel.now() + limits.callTimeMaxMs;
    this.#deadline = wheel.arm(Math.min(limits.callTimeoutMs, limits.callTimeMaxMs), () => {
      const internal = { target: call.target?.key };
      const said = this.#held > 0 ? { say: 'The client did not answer in time what the server had asked.' } : {};
      call.cancellation.cancel(new GatewayError('upstream_timeout', { limit: this.#limitNow(), internal, ...said }));
    });
  }

  touch(): void {
    if (this.#held > 0) return;
    this.#wheel.move(this.#deadline, Math.min(this.#wheel.now() + this.#limits.callTimeoutMs, this.#endMs));
  }

  hold(): () => void {
    if (this.#held === 0) this.#heldSinceMs = this.#wheel.now();
    this.#held += 1;
    this.#wheel.move(this.#deadline, this.#wheel.now() + this.#limits.questionTimeoutMs);
    return () => this.#release();
  }

  disarm(): void {
    // A call that has ended cannot be held or touched any more.
    this.#held = Number.POSITIVE_INFINITY;
    this.#deadline.disarm();
  }

  #limitNow(): LimitName {
    if (this.#held > 0) return 'questionTimeoutMs';
    return this.#wheel.now() >= this.#endMs ? 'callTimeMaxMs' : 'callTimeoutMs';
  }

  #release(): void {
    this.#held -= 1;
    if (this.#held > 0) return;
    this.#endMs += this.#wheel.now() - this.#heldSinceMs;
    this.touch();
  }
}
