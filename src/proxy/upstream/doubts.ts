/*
 * What the calls of one link give reason to doubt (doubt.ts), and what follows for them.
 *
 * A call that was refused because the server is another one now, in another revision, was not begun: it fails as one that
 * was not delivered, and may be made again. Every other call ends as the server ended it; the look goes on without it.
 */
import type { MeteredCall } from '../../model/call.ts';
import { GatewayError } from '../../model/errors.ts';
import { errorCodeOf } from '../../wire/codec.ts';
import type { TimerWheel } from '../timer-wheel.ts';
import type { Conversation } from './conversation.ts';
import { contradicts, doubtOf, identityIn, VERSION_REFUSED } from './doubt.ts';
import type { Answer } from './transport.ts';

export interface DoubtsParts {
  readonly wheel: Pick<TimerWheel, 'now'>;
  readonly conversation: Pick<Conversation, 'codec' | 'connection'>;
  readonly events: {
    readonly onDoubt: (refusesVersion: boolean) => Promise<boolean>;
    readonly onIdentity: (serverInfo: string) => void;
  };
}

/** Who answers is looked at this often: a server that restarts takes longer than that. */
const IDENTITY_GAP_MS = 1_000;

export class Doubts {
  readonly #parts: DoubtsParts;
  #seenMs = Number.NEGATIVE_INFINITY;

  constructor(parts: DoubtsParts) {
    this.#parts = parts;
  }

  /** Whether an answer is one that the server, as it is known, would not have given. */
  answered(answer: Answer): boolean {
    if (answer.message.kind === 'error') return !this.#isProcess && this.#contradicts(answer);
    const nowMs = this.#parts.wheel.now();
    if (nowMs - this.#seenMs < IDENTITY_GAP_MS) return false;
    this.#seenMs = nowMs;
    const serverInfo = this.#parts.conversation.codec.asks === 'results' ? identityIn(answer.message) : undefined;
    if (serverInfo !== undefined) this.#parts.events.onIdentity(serverInfo);
    return false;
  }

  #contradicts(answer: Answer): boolean {
    if (contradicts(answer, this.#parts.conversation.codec)) return true;
    if (answer.status >= 500) void this.#parts.events.onDoubt(false);
    return false;
  }

  /** The answer, when it is the server's own after all. */
  async refused({ cancellation }: MeteredCall, answer: Answer): Promise<Answer> {
    const refusesVersion = errorCodeOf(answer.message) === VERSION_REFUSED;
    if (await cancellation.race(this.#parts.events.onDoubt(refusesVersion))) throw notBegun();
    return answer;
  }

  /** A process cannot be another server all of a sudden, and ends when it is ill. */
  get #isProcess(): boolean {
    return this.#parts.conversation.connection.process !== undefined;
  }

  /** What the call fails with. */
  async failed({ cancellation }: MeteredCall, thrown: unknown): Promise<unknown> {
    const doubt = this.#isProcess || cancellation.cancelled ? undefined : doubtOf(thrown);
    if (doubt === undefined) return thrown;
    const looked = this.#parts.events.onDoubt(false);
    return doubt === 'another' && (await cancellation.race(looked)) ? notBegun() : thrown;
  }
}

const MET_ANEW = 'another server answers there now';

function notBegun(): GatewayError {
  return new GatewayError('upstream_down', { internal: { why: MET_ANEW } });
}

/** Whether a call failed with a server that is gone, while the one that is there now is known already. */
export function isMetAnew({ internal }: GatewayError): boolean {
  return internal.why === MET_ANEW;
}
