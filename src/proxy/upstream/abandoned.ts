/*
 * Calls that were given up after they were sent: the server may still work on them, and still ask.
 *
 *   sent ──▶ cancelled ──▶ turn kept (TURN_KEPT_MS) ──▶ still remembered (REMEMBERED_MS) ──▶ forgotten
 *                             └── its late answer ends it at any time
 *
 * A question that comes beside the calls meanwhile may be one of theirs, so it is put to nobody but their own client. A
 * server that obeys a cancellation does not answer (Cancellation › Behavior Requirements), hence the bounds.
 */
import type { Deadline, TimerWheel } from '../timer-wheel.ts';

/** How long the next call that may be asked about waits. */
export const TURN_KEPT_MS = 5_000;
export const REMEMBERED_MS = 60_000;

/** More than this are not told apart: as long as one of the rest may be asking, nobody is asked. */
const CALLS_MAX = 1_000;

type Wheel = Pick<TimerWheel, 'now' | 'arm' | 'move'>;

interface GivenUp {
  readonly sessionId: string;
  keepsTurn: boolean;
  /** Ends its turn first, then the memory of it. */
  readonly deadline: Deadline;
}

export class Abandoned {
  readonly #wheel: Wheel;
  readonly #calls = new Map<number, GivenUp>();
  #passing: (() => void)[] = [];
  #tooManyUntilMs = 0;

  constructor(wheel: Wheel) {
    this.#wheel = wheel;
  }

  add(id: number, sessionId: string): void {
    if (this.#calls.size >= CALLS_MAX) {
      this.#tooManyUntilMs = this.#wheel.now() + REMEMBERED_MS;
      return;
    }
    const deadline = this.#wheel.arm(TURN_KEPT_MS, () => this.#due(id));
    this.#calls.set(id, { sessionId, keepsTurn: true, deadline });
  }

  /** Its late answer came. */
  over(id: number): void {
    this.#calls.get(id)?.deadline.disarm();
    if (this.#calls.delete(id)) this.#passTurns();
  }

  /** The conversation has ended: nothing can come any more. */
  clear(): void {
    for (const id of [...this.#calls.keys()]) this.over(id);
  }

  get isEmpty(): boolean {
    return this.#calls.size === 0 && this.#tooManyUntilMs <= this.#wheel.now();
  }

  /**
   * Whether a question that came beside the calls cannot be one for another client than this. Clients without a session
   * cannot be told apart.
   */
  canOnlyBe(sessionId: string): boolean {
    if (this.#calls.size === 0 && this.#tooManyUntilMs === 0) return true;
    const isTheirs = (call: GivenUp) => sessionId !== '' && call.sessionId === sessionId;
    return this.#tooManyUntilMs <= this.#wheel.now() && [...this.#calls.values()].every(isTheirs);
  }

  /** Ends a turn, now or when no call keeps it any more. */
  passTurn(end: () => void): void {
    this.#passing.push(end);
    this.#passTurns();
  }

  #due(id: number): void {
    const call = this.#calls.get(id);
    if (!call?.keepsTurn) {
      this.over(id);
      return;
    }
    call.keepsTurn = false;
    this.#wheel.move(call.deadline, this.#wheel.now() + REMEMBERED_MS - TURN_KEPT_MS);
    this.#passTurns();
  }

  #passTurns(): void {
    for (const { keepsTurn } of this.#calls.values()) if (keepsTurn) return;
    const passing = this.#passing;
    this.#passing = [];
    for (const end of passing) end();
  }
}
