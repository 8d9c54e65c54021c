/*
 * The exchanges that wait for an answer on one pipe, by id, and the ids whose answers nobody wants any more.
 *
 * A cancelled exchange may still be answered. Such an answer is expected and dropped; one for an id that was never
 * asked, or is answered twice, is odd.
 */
import type { Cancellation } from '../../model/cancellation.ts';
import { GatewayError } from '../../model/errors.ts';
import type { Message, RequestId } from '../../model/message.ts';
import { IdTable } from '../id-table.ts';
import type { Outgoing } from './stdio-writer.ts';
import type { Answer, TransportEvents } from './transport.ts';

/** Why a transport ended, as its owner is told. */
export type Loss = Parameters<TransportEvents['onLost']>[0];

/** Ids of cancelled exchanges that are kept. The oldest are forgotten first; their late answers then look odd. */
const FORGOTTEN_IDS_MAX = 4_096;

interface Waiting {
  readonly outgoing: Outgoing;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (reason: GatewayError) => void;
  stopListening: () => void;
}

export class WaitingExchanges {
  readonly #waiting = new IdTable<Waiting>();
  readonly #forgotten = new Set<RequestId>();
  readonly #events: Pick<TransportEvents, 'onAbandoned' | 'onLateAnswer'>;

  constructor(events: Pick<TransportEvents, 'onAbandoned' | 'onLateAnswer'>) {
    this.#events = events;
  }

  /** Registers an exchange; `outgoing` must then be sent. Cancelling takes it back, or forgets its id once it is sent. */
  wait(exchange: { id: number; cancellation: Cancellation }, outgoing: Outgoing): Promise<Answer> {
    const { id, cancellation } = exchange;
    return new Promise((resolve, reject) => {
      if (this.#waiting.has(id)) {
        outgoing.dropped = true;
        return reject(new GatewayError('internal', { internal: { reusedId: id } }));
      }
      const waiting: Waiting = { outgoing, resolve, reject, stopListening: () => {} };
      this.#waiting.set(id, waiting);
      waiting.stopListening = cancellation.onCancel((reason) => this.#forget(id, waiting, reason));
    });
  }

  /** The exchange that an answer with this id ends, `forgotten` when it was cancelled, undefined when there is none. */
  take(id: RequestId): Waiting | 'forgotten' | undefined {
    const waiting = typeof id === 'number' ? this.#waiting.get(id) : undefined;
    // An answer that came before its question was sent belongs to something else.
    if (typeof id !== 'number' || !waiting?.outgoing.sent) return this.#takeForgotten(id);
    this.#waiting.delete(id);
    waiting.stopListening();
    return waiting;
  }

  /** Gives an answer to whoever waits for it. False when nobody does, nor did. */
  answer(message: Message): boolean {
    const waiting = message.id === undefined ? undefined : this.take(message.id);
    if (typeof waiting === 'object') waiting.resolve({ message, status: 200, sessionId: undefined });
    return waiting !== undefined;
  }

  /** What should have been the answer with this id is none. */
  fail(id: RequestId | undefined, reason: GatewayError): void {
    const waiting = id === undefined ? undefined : this.take(id);
    if (typeof waiting === 'object') waiting.reject(reason);
  }

  /** It could not be delivered whole, or nobody knows: `reason` says which. What was sent may still be worked on. */
  giveUp(id: number, reason: GatewayError): void {
    const waiting = this.#waiting.get(id);
    waiting?.stopListening();
    if (waiting) this.#forget(id, waiting, reason);
  }

  #takeForgotten(id: RequestId): 'forgotten' | undefined {
    if (!this.#forgotten.delete(id)) return undefined;
    if (typeof id === 'number') this.#events.onLateAnswer(id);
    return 'forgotten';
  }

  /** Ends all of them: what was sent is lost, what was not is safe to repeat. */
  rejectAll(loss: Loss): void {
    for (const { outgoing, reject, stopListening } of this.#waiting.values()) {
      stopListening();
      outgoing.dropped = true;
      reject(undelivered(outgoing, loss));
    }
    this.#waiting.clear();
  }

  #forget(id: number, waiting: Waiting, reason: GatewayError): void {
    this.#waiting.delete(id);
    waiting.outgoing.dropped = true;
    waiting.reject(reason);
    if (!waiting.outgoing.sent) return;
    this.#forgotten.add(id);
    this.#events.onAbandoned(id);
    if (this.#forgotten.size <= FORGOTTEN_IDS_MAX) return;
    const [oldest] = this.#forgotten;
    if (oldest !== undefined) this.#forgotten.delete(oldest);
  }
}

/** The failure of a message that got no answer because the transport ended. */
export function undelivered(outgoing: Pick<Outgoing, 'sent'>, { say, internal }: Loss): GatewayError {
  return new GatewayError(outgoing.sent ? 'upstream_lost' : 'upstream_down', { internal: { ...internal, why: say } });
}
