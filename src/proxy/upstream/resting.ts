/*
 * Ends what nobody uses: conversations of callers, and the gateway's own process where it is not needed.
 *
 * The own process rests when the operator wants it (`idleStopMs`), and when callers have processes of their own while no
 * client has used it for a while: half of the memory for the same service. Its lists stay. It is woken by a call that
 * needs it, by a caller's process that says that a list changed, and, unless `idleStopMs` is set, when no caller has a
 * process any more. Looking at its lists wakes nobody.
 */
import type { ServerState } from '../../model/catalogue.ts';
import type { Emit } from '../../model/event.ts';
import type { LimitName } from '../../model/limits.ts';
import type { ServerDefinition } from '../../model/snapshot.ts';
import type { Deadline, TimerWheel } from '../timer-wheel.ts';
import type { Life } from './life.ts';
import type { Links } from './links.ts';
import type { Own } from './own.ts';

export interface RestingParts {
  readonly definition: ServerDefinition;
  readonly wheel: Pick<TimerWheel, 'now' | 'arm'>;
  readonly emit: Emit;
  readonly links: Links;
  readonly life: Life;
  readonly own: Own;
  readonly put: (state: ServerState, reason: string) => void;
}

/** How long no client may have used the own process for it to rest beside the callers'. */
const UNUSED_MS = 30_000;
const LOOK_MAX_MS = 5_000;
/** An idle time is overrun by no more than this part of it. */
const LOOKS_PER_TIME = 4;

export class Resting {
  readonly #parts: RestingParts;
  readonly #process: boolean;
  #look: Deadline | undefined;

  constructor(parts: RestingParts) {
    this.#parts = parts;
    this.#process = parts.definition.transport.kind === 'stdio';
  }

  /** From now on, until `stop`. */
  watch(): void {
    const { idleStopMs, callerIdleMs } = this.#parts.definition.limits;
    const shortest = Math.min(idleStopMs || callerIdleMs, callerIdleMs);
    const everyMs = Math.min(shortest / LOOKS_PER_TIME, LOOK_MAX_MS);
    const look = () => {
      this.#endIdle();
      this.#look = this.#parts.wheel.arm(everyMs, look);
    };
    this.#look = this.#parts.wheel.arm(everyMs, look);
  }

  stop(): void {
    this.#look?.disarm();
  }

  /** What the server is said to be while its own process rests: a caller's may well run. */
  shownAs(): readonly [ServerState, string] {
    return this.#parts.links.some ? ['ready', ''] : ['idle', 'stopped because nobody used it; the next call starts it'];
  }

  /** A caller's process is up. */
  callerCame(): void {
    if (this.#parts.life.phase === 'resting') this.#parts.put(...this.shownAs());
  }

  /** No caller has a process any more. */
  noCallers(): void {
    const { life, definition } = this.#parts;
    if (life.phase !== 'resting') return;
    if (definition.limits.idleStopMs === 0) life.wake();
    else this.#parts.put(...this.shownAs());
  }

  #endIdle(): void {
    const { links, definition } = this.#parts;
    const { idleStopMs, callerIdleMs } = definition.limits;
    const stops = this.#process && idleStopMs > 0 && idleStopMs < callerIdleMs;
    const ended = links.endIdle(stops ? idleStopMs : callerIdleMs);
    for (let n = 0; n < ended; n++) this.#hit(stops ? 'idleStopMs' : 'callerIdleMs');
    if (this.#process) this.#restOwn(idleStopMs);
  }

  #restOwn(idleStopMs: number): void {
    const { own, life, wheel, links, definition } = this.#parts;
    if (!own.link || own.link.busy) return;
    const unusedMs = wheel.now() - own.link.lastUsedMs;
    const wanted = idleStopMs > 0 && unusedMs > idleStopMs;
    if (wanted) this.#hit('idleStopMs');
    if (wanted || (!definition.shared && unusedMs > UNUSED_MS && links.some)) life.rest();
  }

  #hit(limit: LimitName): void {
    this.#parts.emit({ type: 'limit_hit', limit, principal: '' });
  }
}
