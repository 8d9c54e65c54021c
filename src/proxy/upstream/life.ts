/*
 * The life of one server: when it is tried, when that is given up, when it sleeps.
 *
 *   starting ──▶ ready ──── nobody uses it ───▶ resting ── wake ──▶ starting …
 *      │           │ ended
 *      ▼           ▼
 *      └─▶ down ◀──┘   tried again after a wait that grows, or when a call comes
 *            │ ended more than `restartsMax` times within `restartWindowMs`
 *            ▼
 *         crashed      tried once every `crashedRetryMs`, by no call; `restart` at any time
 *
 * One loop owns the state, and there is never more than one try under way: the loop's and an impatient caller's are the
 * same. Only a process can crash or rest. How a try is made and what leaving means is handed in.
 */
import type { Cancellation } from '../../model/cancellation.ts';
import type { ServerState } from '../../model/catalogue.ts';
import { GatewayError } from '../../model/errors.ts';
import type { Limits } from '../../model/limits.ts';
import type { TimerWheel } from '../timer-wheel.ts';
import { Backoff } from './backoff.ts';
import { ExitCount } from './exit-count.ts';

export interface LifeParts {
  readonly wheel: Pick<TimerWheel, 'now' | 'sleep'>;
  readonly limits: Limits;
  /** Behind the server stands a process of ours. */
  readonly process: boolean;
  /** One try. Gives why it failed, undefined when the server is there; never rejects. */
  readonly reach: () => Promise<string | undefined>;
  /** Ends the conversation, or the try for one; resolves when nothing of it is left. */
  readonly leave: () => Promise<void>;
  /** The same for what was lost or is not believed any more, without waiting. */
  readonly retire: () => void;
  readonly put: (state: ServerState, reason: string) => void;
  /** The state and its reason while the server rests. */
  readonly restingAs: () => readonly [ServerState, string];
  readonly onCrash: () => void;
}

type Phase = 'new' | 'trying' | 'up' | 'waiting' | 'crashed' | 'resting' | 'stopped';

type End =
  | { readonly how: 'rest' | 'restart' | 'stop' }
  | { readonly how: 'lost' | 'changed'; readonly reason: string };

interface Nap {
  readonly done: Promise<void>;
  readonly wake: () => void;
}

/** After a failed try a call may cause the next one, but not more often than this. */
const EAGER_RETRY_MS = 1_000;
export const FIRST_RETRY_MS = 500;
/** So long a server must have been there for its next loss to be the first. */
const STEADY_MS = 5_000;

export class Life {
  readonly #parts: LifeParts;
  readonly #exits: ExitCount;
  readonly #backoff = new Backoff(FIRST_RETRY_MS);
  #phase: Phase = 'new';
  /** The try under way, or the next one. */
  #attempt = Promise.withResolvers<void>();
  #end = Promise.withResolvers<End>();
  #nap: Nap | undefined;
  #triedMs = Number.NEGATIVE_INFINITY;
  /** The try under way is to be broken off, and another one made. */
  #again = false;

  constructor(parts: LifeParts) {
    this.#parts = parts;
    this.#exits = new ExitCount(parts.limits);
  }

  get phase(): Phase {
    return this.#phase;
  }

  start(): void {
    this.#run();
  }

  /** Resolves when the try under way, if there is one, has ended. */
  async settled(): Promise<void> {
    if (this.#phase === 'trying') await this.#attempt.promise;
  }

  /** Resolves when a try has ended that a caller may cause or wait for; at once when there is none. */
  async tried(cancellation: Cancellation): Promise<void> {
    const attempt = this.#attempt.promise;
    const due = this.#phase === 'waiting' && this.#parts.wheel.now() - this.#triedMs > EAGER_RETRY_MS;
    if (due || this.#phase === 'resting') this.#nap?.wake();
    else if (this.#phase !== 'trying') return;
    await cancellation.race(attempt);
  }

  /** Ends the rest, if it rests. */
  wake(): void {
    if (this.#phase === 'resting') this.#nap?.wake();
  }

  lost(reason: string): void {
    this.#end.resolve({ how: 'lost', reason });
  }

  /** Something else is there now, so nothing that is known holds. Resolves when that was tried. */
  async changed(reason: string): Promise<void> {
    if (this.#phase !== 'up') return;
    const attempt = this.#attempt.promise;
    this.#end.resolve({ how: 'changed', reason });
    await attempt;
  }

  /** Resolves when the server is there; rejects when nobody looks after it any more. */
  async back(cancellation: Cancellation): Promise<void> {
    while (this.#phase !== 'up') {
      if (this.#phase === 'crashed' || this.#phase === 'stopped') throw new GatewayError('upstream_crashed');
      await cancellation.race(this.#attempt.promise);
    }
  }

  rest(): void {
    if (this.#phase === 'up') this.#end.resolve({ how: 'rest' });
  }

  /** The operator's: whatever was, it is tried anew. Resolves when that try has ended. */
  async restart(): Promise<void> {
    if (this.#phase === 'stopped' || this.#phase === 'new') return;
    this.#exits.clear();
    this.#backoff.reset();
    if (this.#phase === 'trying') return this.#breakOff();
    const attempt = this.#attempt.promise;
    this.#end.resolve({ how: 'restart' });
    if (this.#phase !== 'up') this.#phase = 'waiting';
    this.#parts.put('starting', RESTARTED);
    this.#nap?.wake();
    await attempt;
  }

  async #breakOff(): Promise<void> {
    this.#again = true;
    const broken = this.#attempt.promise;
    await this.#parts.leave();
    await broken;
    await this.#attempt.promise;
  }

  stop(): void {
    this.#phase = 'stopped';
    this.#parts.put('stopped', 'the gateway is stopping');
    this.#end.resolve({ how: 'stop' });
    this.#nap?.wake();
    this.#attempt.resolve();
  }

  async #run(): Promise<void> {
    while (!this.#is('stopped')) {
      await this.#try();
      if (this.#is('up')) await this.#live();
      await this.#nap?.done;
      this.#nap = undefined;
    }
  }

  /** The phase may change during any wait. */
  #is(phase: Phase): boolean {
    return this.#phase === phase;
  }

  async #try(): Promise<void> {
    const wasCrashed = this.#is('crashed');
    this.#phase = 'trying';
    this.#end = Promise.withResolvers();
    const failure = await this.#parts.reach();
    if (this.#is('stopped')) return;
    this.#triedMs = this.#parts.wheel.now();
    if (this.#again) this.#brokenOff();
    else if (failure === undefined) this.#succeeded();
    else this.#failed(failure, wasCrashed);
    const { resolve } = this.#attempt;
    this.#attempt = Promise.withResolvers();
    resolve();
  }

  #brokenOff(): void {
    this.#again = false;
    this.#phase = 'waiting';
    this.#parts.put('starting', RESTARTED);
  }

  #succeeded(): void {
    this.#phase = 'up';
    this.#parts.put('ready', '');
  }

  async #live(): Promise<void> {
    const { wheel, process } = this.#parts;
    const sinceMs = wheel.now();
    const end = await this.#end.promise;
    // One that comes and goes is asked ever more rarely, as if it had not come at all; a process is counted instead.
    if (process || wheel.now() - sinceMs > STEADY_MS) this.#backoff.reset();
    if (end.how === 'stop') return;
    if (end.how === 'lost') this.#failed(end.reason, false);
    else if (end.how === 'rest') this.#lieDown();
    else this.#phase = 'trying';
    if (end.how === 'changed') this.#parts.put('starting', end.reason);
    // What was ended on purpose may still hold a port or a lock; the next one waits until it is gone.
    if (end.how === 'rest' || end.how === 'restart') await this.#parts.leave();
    else this.#parts.retire();
  }

  #lieDown(): void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#phase = 'resting';
    this.#nap = { done: promise, wake: resolve };
    this.#parts.put(...this.#parts.restingAs());
  }

  #failed(reason: string, wasCrashed: boolean): void {
    const { wheel, limits, put, onCrash } = this.#parts;
    const nowMs = wheel.now();
    if (this.#parts.process) this.#exits.add(nowMs);
    if (wasCrashed || this.#exits.tooMany(nowMs)) {
      this.#phase = 'crashed';
      this.#nap = wheel.sleep(limits.crashedRetryMs);
      put('crashed', wasCrashed ? reason : `${tooOften(limits)}; the last time: ${reason}`);
      if (!wasCrashed) onCrash();
    } else {
      this.#phase = 'waiting';
      this.#nap = wheel.sleep(this.#backoff.next(limits.reconnectMaxMs));
      put('down', reason);
    }
  }
}

const RESTARTED = 'restarted by the operator';

function tooOften({ restartsMax, restartWindowMs }: Limits): string {
  return `ended more than ${restartsMax} times within ${restartWindowMs / 1000} s`;
}
