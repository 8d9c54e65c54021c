/*
 * Whose a server's log lines are. A line on a call's own stream is the call's. Beside the calls nothing says to which of them
 * it belongs, and so it reaches nobody unless there is only one that it can belong to:
 *
 *   one session alone has ever used the link       it is that client's, however late it comes
 *   one call is in flight, and none was given up   it is that call's: what a server has to say of a call it says before the
 *                                                  answer, and on a pipe that comes in order
 *
 * On a stream of its own a line may be overtaken by the end of its call, so none may have ended just before. A server that
 * goes on about a call after its answer, as older revisions let it, may be heard by another client of the same principal; on
 * a link that principals share nothing is told that comes beside the calls. What a call does not want, because it asked for
 * no lines or for graver ones, is held back.
 */
import type { Message } from '../../model/message.ts';
import { memberOf, readString } from '../../wire/json/members.ts';
import type { IdTable } from '../id-table.ts';
import type { TimerWheel } from '../timer-wheel.ts';
import type { Abandoned } from './abandoned.ts';
import type { Inflight } from './link-incoming.ts';
import { isWanted } from './log-level.ts';

export interface LogsParts {
  readonly inflight: IdTable<Inflight>;
  readonly abandoned: Abandoned;
  readonly shared: boolean;
  readonly wheel: Pick<TimerWheel, 'now'>;
  /** `pipe`: everything comes in order. */
  readonly kind: () => 'stream' | 'pipe';
  readonly onOddity: (what: string, internal: Readonly<Record<string, unknown>>) => void;
}

/** As the user of a link: several clients, or one that opens no session, so that nobody can tell whether it is one. */
const NOBODY = '';
/** How much later than the answer a line may arrive that was sent before it, over another connection. */
const OVERTAKEN_MS = 200;
const QUOTE = 0x22;

export class Logs {
  readonly #parts: LogsParts;
  /** The only client session that has used the link. */
  #user: string | undefined;
  #endedMs = Number.NEGATIVE_INFINITY;

  constructor(parts: LogsParts) {
    this.#parts = parts;
  }

  /** A call of this session goes over the link. */
  usedBy(sessionId: string): void {
    if (this.#user === undefined) this.#user = sessionId;
    else if (this.#user !== sessionId) this.#user = NOBODY;
  }

  /** A call has ended. */
  ended(): void {
    this.#endedMs = this.#parts.wheel.now();
  }

  ofCall(message: Message, inflight: Inflight | undefined): void {
    const { bytes, params } = message;
    const level = params && memberOf(bytes, params.self, 'level')?.value;
    if (!inflight || !level || bytes[level.start] !== QUOTE) {
      this.#parts.onOddity('unassignable log message', {});
      return;
    }
    if (isWanted(readString(bytes, level), inflight.call)) inflight.call.outlet.notify(bytes);
  }

  stray(message: Message): void {
    this.ofCall(message, this.#only());
  }

  #only(): Inflight | undefined {
    const { inflight, shared, abandoned } = this.#parts;
    if (shared) return undefined;
    const [first, ...others] = inflight.values();
    if (this.#user !== NOBODY) return first;
    return others.length === 0 && abandoned.isEmpty && this.#isInOrder() ? first : undefined;
  }

  #isInOrder(): boolean {
    const { kind, wheel } = this.#parts;
    return kind() === 'pipe' || wheel.now() - this.#endedMs >= OVERTAKEN_MS;
  }
}
