/*
 * The questions that a server puts during a call: who is asked, what goes back, and what nobody can be asked.
 *
 * Whose call a question belongs to has been found out before (link-incoming.ts); where that is not certain, nobody is asked.
 */
import { Cancellation } from '../../model/cancellation.ts';
import { GatewayError } from '../../model/errors.ts';
import type { Limits } from '../../model/limits.ts';
import type { Message } from '../../model/message.ts';
import type { Codec } from '../../wire/codec.ts';
import { memberOf } from '../../wire/json/members.ts';
import { Answers } from './answers.ts';
import { answerFor, questionFor } from './asking.ts';
import type { IncomingEvents, Inflight } from './link-incoming.ts';
import type { LinkCall } from './outgoing.ts';

export interface QuestionsParts {
  readonly limits: Limits;
  readonly events: Pick<IncomingEvents, 'onLimit' | 'onOddity'>;
  readonly post: (bytes: Buffer) => Promise<void>;
  readonly codec: () => Codec;
}

export class Questions {
  readonly #parts: QuestionsParts;
  readonly #answers: Answers;
  /** By the server's id, as JSON text. */
  readonly #open = new Map<string, Cancellation>();

  constructor(parts: QuestionsParts) {
    this.#parts = parts;
    this.#answers = new Answers({ post: parts.post, onOddity: parts.events.onOddity });
  }

  /** `inflight`: the call that is asked about; undefined when that is not certain. */
  put(message: Message, inflight: Inflight | undefined): void {
    const { limits, events, codec } = this.#parts;
    const id = message.idSpan ? message.bytes.toString('utf8', message.idSpan.start, message.idSpan.end) : 'null';
    if (message.method === 'ping') this.#answers.agree(id);
    else if (!codec().questions.has(message.method)) this.#answers.refuse(id, -32601, 'Method not found.');
    else if (!inflight?.call.outlet.ask) this.#unroutable(id, message.method);
    else if (inflight.questions >= limits.questionsPerCallMax) {
      events.onLimit('questionsPerCallMax');
      this.#answers.refuse(id, -31029, 'Too many questions.');
    } else this.#ask(message, id, inflight);
  }

  /** The server wants no answer any more. */
  cancel(message: Message): void {
    const id = message.params && memberOf(message.bytes, message.params.self, 'requestId')?.value;
    if (!id) return;
    this.#open.get(message.bytes.toString('utf8', id.start, id.end))?.cancel(new GatewayError('call_cancelled'));
  }

  #ask(message: Message, id: string, inflight: Inflight): void {
    const { call } = inflight;
    const question = this.#readable(message, id, call);
    if (!question) return;
    inflight.questions += 1;
    const cancellation = new Cancellation();
    const unlisten = call.cancellation.onCancel((reason) => cancellation.cancel(reason));
    this.#open.set(id, cancellation);
    const release = call.timer.hold();
    call.outlet
      .ask?.(question, cancellation)
      .then((answer) => this.#answers.relay(answerFor(call, question, answer, id)))
      .catch(() => this.#answers.refuse(id, -32603, 'The client did not answer.'))
      .finally(() => {
        unlisten();
        release();
        this.#open.delete(id);
      });
  }

  #readable(message: Message, id: string, call: LinkCall): Message | undefined {
    try {
      return questionFor(call, message);
    } catch (thrown) {
      this.#answers.refuse(id, -32600, 'The question is not valid JSON.');
      throw thrown;
    }
  }

  #unroutable(id: string, method: string): void {
    this.#parts.events.onOddity('question without a call', { method });
    this.#answers.refuse(id, -31021, 'The question cannot be assigned to a call.');
  }
}
