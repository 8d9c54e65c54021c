/*
 * Finds the answer of one exchange among what the server sends on the exchange's event stream.
 *
 * Everything before the answer goes to the caller as it comes. What does not belong here (a second answer, an answer to
 * something else, anything after the answer) is counted and dropped: it may be meant to confuse, and nobody waits for it.
 */
import type { GatewayError } from '../../model/errors.ts';
import type { Message } from '../../model/message.ts';
import { EventIntake, type EventSink } from './http-events.ts';
import type { HttpLine } from './http-line.ts';
import type { Exchange, TransportEvents } from './transport.ts';

/** Whom the stream tells how it ended. */
export interface StreamOwner {
  readonly settled: boolean;
  answer(message: Message): void;
  fail(reason: GatewayError): void;
}

export class AnswerStream implements EventSink {
  readonly #exchange: Exchange;
  readonly #events: TransportEvents;
  readonly #owner: StreamOwner;
  readonly intake: EventIntake;

  constructor(line: HttpLine, exchange: Exchange, owner: StreamOwner) {
    this.#exchange = exchange;
    this.#events = line.events;
    this.#owner = owner;
    this.intake = new EventIntake(line.limits, this);
  }

  onMessage(message: Message): void {
    const isAnswer = message.kind === 'result' || message.kind === 'error';
    if (this.#owner.settled) this.#events.onOddity(isAnswer ? 'a second answer' : 'a message after the answer', {});
    else if (!isAnswer) this.#exchange.onInterim(message);
    else if (message.id === this.#exchange.id) this.#owner.answer(message);
    else this.#events.onOddity('an answer with an unknown id', {});
  }

  onInvalid(failure: GatewayError): void {
    if (this.#owner.settled) this.#events.onOddity('no message after the answer', failure.internal);
    else this.#owner.fail(failure);
  }
}
