/*
 * What one client and the gateway say to each other where everything that the client hears comes on one stream: a pipe, or
 * the event stream of HTTP+SSE.
 *
 * The stream has at most one session, opened by `initialize`; a cancellation or an answer to a question that comes in
 * belongs to what goes on here and to nothing else.
 */
import type { Accepted, Call, DoorName, Outlet } from '../../model/call.ts';
import { Cancellation } from '../../model/cancellation.ts';
import { GatewayError, toGatewayError } from '../../model/errors.ts';
import type { LimitName } from '../../model/limits.ts';
import type { Message, RequestId } from '../../model/message.ts';
import { type Reply, wholeBody } from '../../model/reply.ts';
import { codecOf } from '../../wire/codecs.ts';
import { newCall } from '../layer.ts';
import { failureReply } from '../reply/encode.ts';
import { cancelledId } from '../session/notices.ts';
import type { Session } from '../session/session.ts';
import { arrayOf, messagesOf } from './batch.ts';
import { DialogueSession, type Place } from './dialogue-session.ts';
import { ofSession, type Told } from './dialogue-told.ts';
import type { McpParts } from './mcp-parts.ts';
import type { MessageOutput } from './message-output.ts';

/** What was said, and by whom. */
interface Said extends Told {
  readonly verdict: Accepted;
}

/** For what was cancelled at the very end to be said. */
export const LAST_WORDS_MS = 250;

export interface DialogueParts {
  readonly mcp: McpParts;
  readonly door: DoorName;
  readonly place: Place;
  readonly output: MessageOutput;
  /** Who says what in which revision. Throws when it cannot be said here. */
  readonly told: (session: Session | undefined, message: Message) => Told;
  /** Counts the stream of a session; returns the way to leave. */
  readonly enter: () => () => void;
  /** The gateway has ended the session. */
  readonly onSessionEnd: () => void;
  /** Something that was begun is done. */
  readonly onDone: () => void;
}

export class Dialogue {
  readonly #parts: DialogueParts;
  readonly #session: DialogueSession;
  readonly #outlet: Outlet;
  readonly #calls = new Set<Call>();
  /** Ends when nobody answers any more. */
  readonly #deaf = new Cancellation();
  #batches = 0;

  constructor(parts: DialogueParts) {
    this.#parts = parts;
    this.#session = new DialogueSession(parts);
    this.#outlet = { notify: (message) => parts.output.notify(message), ask: undefined };
  }

  get isOpening(): boolean {
    return this.#session.isOpening;
  }

  /** Undefined before it is open, and when the gateway has ended it. */
  get session(): Session | undefined {
    return this.#session.now;
  }

  get isDeaf(): boolean {
    return this.#deaf.cancelled;
  }

  /** Nothing that was begun is undone. */
  get isIdle(): boolean {
    return this.#calls.size === 0 && this.#batches === 0 && !this.isOpening;
  }

  /** Whatever is to be said of it is said on the stream. @param verdict Of who brought it, where each message is brought. */
  hear(message: Message, verdict: Accepted = this.#parts.place.verdict): void {
    if (message.kind !== 'request') {
      this.#take(message);
      return;
    }
    try {
      const told = { ...this.#parts.told(this.#session.now, message), verdict };
      if (message.method === 'initialize') void this.#open(told);
      else void this.#answer(told);
    } catch (thrown) {
      this.refuse(toGatewayError(thrown), message.id);
    }
  }

  /** Only revision 2025-03-26 has batches (Base Protocol › Batching). Throws before anything of one is begun. */
  hearBatch(bytes: Buffer, verdict: Accepted = this.#parts.place.verdict): void {
    const session = this.#session.now;
    if (!session || !codecOf(session.revision).batches) throw new GatewayError('batch_refused');
    void this.#answerBatch(session, messagesOf(bytes, this.#parts.mcp.limits()), verdict);
  }

  /** Says on the stream why a message is not taken. */
  refuse(error: GatewayError, id: RequestId | undefined): void {
    if (error.limit !== undefined) this.hit(error.limit);
    const { body } = failureReply(error, id);
    if (body) this.#parts.output.answer(body);
  }

  hit(limit: LimitName): void {
    const { mcp, place } = this.#parts;
    mcp.emit({ type: 'limit_hit', limit, principal: place.verdict.principal.id });
  }

  /** No question can be answered any more. */
  deafen(): void {
    this.#deaf.cancel(cancelled());
  }

  /** Nobody listens on. */
  endListening(): void {
    for (const { message, cancellation } of this.#calls)
      if (message.method === 'subscriptions/listen') cancellation.cancel(cancelled());
  }

  cancelCalls(error = cancelled()): void {
    for (const call of [...this.#calls]) call.cancellation.cancel(error);
  }

  /** Ends the session. */
  end(): void {
    this.#deaf.cancel(cancelled());
    this.#session.end();
  }

  /** What gets no answer. The call that a cancellation names may be the session's or one that stood alone. */
  #take(message: Message): void {
    if (message.method === 'notifications/cancelled') {
      const id = cancelledId(message);
      for (const call of [...this.#calls]) {
        if (call.message.id === id && call.message.method !== 'initialize') call.cancellation.cancel(cancelled());
      }
    } else if (this.#session.now) this.#parts.mcp.notices.take(this.#session.now, message);
  }

  async #open(told: Said): Promise<void> {
    try {
      await this.#session.open(() => this.#run(told));
    } catch (thrown) {
      this.refuse(toGatewayError(thrown), told.message.id);
    }
    this.#parts.onDone();
  }

  async #answer(told: Said): Promise<void> {
    const reply = await this.#run(told);
    if (reply?.body) this.#parts.output.answer(reply.body);
    this.#parts.onDone();
  }

  async #answerBatch(session: Session, messages: readonly Message[], verdict: Accepted): Promise<void> {
    this.#batches++;
    const replies = await Promise.all(messages.map((message) => this.#answerOne(session, message, verdict)));
    const bodies = replies.flatMap((reply) => (reply?.body ? [wholeBody(reply.body)] : []));
    if (bodies.length > 0) this.#parts.output.answer(arrayOf(bodies));
    this.#batches--;
    this.#parts.onDone();
  }

  async #answerOne(session: Session, message: Message, verdict: Accepted): Promise<Reply | undefined> {
    if (message.kind === 'request') return this.#run({ ...ofSession(session, message), verdict });
    this.#take(message);
    return undefined;
  }

  #callOf({ session, ...told }: Said): Call {
    const { door, place } = this.#parts;
    const outlet = session ? this.#session.outlet(session, this.#deaf) : this.#outlet;
    return newCall({
      ...{ door, ...place, ...told, outlet, cancellation: new Cancellation() },
      ...{ paramHeaders: undefined, sessionId: session?.id ?? '' },
    });
  }

  /** Undefined when the client has cancelled: then it gets no answer (2025-11-25 and 2026-07-28, Cancellation). */
  async #run(told: Said): Promise<Reply | undefined> {
    const call = this.#callOf(told);
    this.#calls.add(call);
    const { message, cancellation } = call;
    const reply = await this.#parts.mcp
      .pipeline(call)
      .catch((thrown) => failureReply(toGatewayError(thrown), message.id));
    this.#calls.delete(call);
    return cancellation.reason?.code === 'call_cancelled' ? undefined : reply;
  }
}

function cancelled(): GatewayError {
  return new GatewayError('call_cancelled');
}
