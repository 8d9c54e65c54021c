/*
 * One legacy session: its client, its calls in flight, the questions put to it, its GET stream and its subscriptions.
 */

import type { Call, ClientFacts, DoorName, ShownCredential } from '../../model/call.ts';
import type { Cancellation } from '../../model/cancellation.ts';
import { GatewayError } from '../../model/errors.ts';
import type { Message, RequestId } from '../../model/message.ts';
import type { Principal } from '../../model/principal.ts';
import type { Revision } from '../../model/revision.ts';
import { notificationText } from '../../wire/codec.ts';
import { splice } from '../../wire/json/splice.ts';

/** The GET stream: takes whole messages until it is closed. */
export interface Stream {
  send(message: Buffer): void;
  close(): void;
}

interface Question {
  readonly resolve: (answer: Message) => void;
  readonly reject: (reason: GatewayError) => void;
}

/** The capability without which a client cannot be asked. */
const NEEDED: ReadonlyMap<string, string> = new Map([
  ['elicitation/create', 'elicitation'],
  ['sampling/createMessage', 'sampling'],
  ['roots/list', 'roots'],
]);

export interface SessionOpening {
  readonly principal: Principal;
  readonly endpoint: string;
  readonly door: DoorName;
  readonly revision: Revision;
  readonly client: ClientFacts;
  readonly credential?: ShownCredential | undefined;
}

export class Session {
  readonly id: string;
  /** For operators. */
  readonly reportId: string;
  readonly door: DoorName;
  /** Monotonic. */
  readonly openedMs: number;
  /** As who used it last. */
  principal: Principal;
  readonly endpoint: string;
  readonly revision: Revision;
  client: ClientFacts;
  lastUsedMs: number;
  #stream: Stream | undefined;
  #calls: Call[] | undefined;
  #questions: Map<number, Question> | undefined;
  #subscriptions: Map<string, () => void> | undefined;
  #nextQuestion = 1;
  #heldBy: object | undefined;
  #letGo: (() => void) | undefined;

  constructor(names: { readonly id: string; readonly reportId: string }, opening: SessionOpening, nowMs = 0) {
    this.id = names.id;
    this.reportId = names.reportId;
    this.door = opening.door;
    this.openedMs = nowMs;
    this.lastUsedMs = nowMs;
    this.principal = opening.principal;
    this.endpoint = opening.endpoint;
    this.revision = opening.revision;
    this.client = opening.client;
  }

  /**
   * From now on it stands on this credential: when that is taken back, or stands for somebody else, the session ends with all
   * that is open in it. Its time is no end of a session; clients go on with newer ones.
   */
  standOn(credential: ShownCredential | undefined, ended: () => void): void {
    if (credential?.basis === this.#heldBy) return;
    this.#letGo?.();
    this.#heldBy = credential?.basis;
    this.#letGo = credential?.keepBeyond(ended);
  }

  get busy(): boolean {
    return this.#stream !== undefined || (this.#calls?.length ?? 0) > 0;
  }

  get streamCount(): number {
    return this.#stream === undefined ? 0 : 1;
  }

  get callCount(): number {
    return this.#calls?.length ?? 0;
  }

  get stream(): Stream | undefined {
    return this.#stream;
  }

  /** A client that opens a second stream has lost the first: the newer one counts. */
  attach(stream: Stream): void {
    this.#stream?.close();
    this.#stream = stream;
  }

  detach(stream: Stream): void {
    if (this.#stream === stream) this.#stream = undefined;
  }

  /** Calls in flight; few at once, so a list. An id used twice at once keeps both calls cancellable. */
  entered(call: Call): void {
    this.#calls ??= [];
    this.#calls.push(call);
  }

  left(call: Call): void {
    const at = this.#calls?.indexOf(call) ?? -1;
    if (at >= 0) this.#calls?.splice(at, 1);
  }

  cancelCall(id: RequestId): void {
    for (const call of [...(this.#calls ?? [])]) {
      if (call.message.id === id) call.cancellation.cancel(new GatewayError('call_cancelled'));
    }
  }

  /**
   * Puts a server's question to the client over `send`, under an id of ours, and waits for the posted answer. When that
   * is no longer wanted the client is told, so that nobody goes on filling in a form for nothing.
   */
  ask(question: Message, send: (message: Buffer) => void, cancellation: Cancellation): Promise<Message> {
    if (cancellation.reason) return Promise.reject(cancellation.reason);
    if (!this.#canBeAsked(question.method)) return Promise.reject(new GatewayError('capability_missing'));
    const id = this.#nextQuestion++;
    const { promise, resolve, reject } = Promise.withResolvers<Message>();
    this.#questions ??= new Map();
    this.#questions.set(id, { resolve, reject });
    if (question.idSpan) send(splice(question.bytes, [{ ...question.idSpan, put: String(id) }]));
    const unlisten = cancellation.onCancel((reason) => {
      send(Buffer.from(notificationText('notifications/cancelled', `{"requestId":${id}}`)));
      reject(reason);
    });
    return promise.finally(() => {
      unlisten();
      this.#questions?.delete(id);
      if (this.#questions?.size === 0) this.#questions = undefined;
    });
  }

  /** A client is not made to hear what it never said it could answer (2025-11-25, Lifecycle › Operation). */
  #canBeAsked(method: string): boolean {
    const needed = NEEDED.get(method);
    const declared = JSON.parse(this.client.capabilities) as Readonly<Record<string, unknown>>;
    return needed === undefined || declared[needed] !== undefined;
  }

  /** The client's posted answer. False when no question waits for it: late, or never put. */
  answered(answer: Message): boolean {
    const question = typeof answer.id === 'number' ? this.#questions?.get(answer.id) : undefined;
    question?.resolve(answer);
    return question !== undefined;
  }

  /** Remembers how to end a subscription. False when the client has too many. */
  subscribed(uri: string, unsubscribe: () => void, max: number): boolean {
    this.#subscriptions ??= new Map();
    if (!this.#subscriptions.has(uri) && this.#subscriptions.size >= max) return false;
    this.#subscriptions.set(uri, unsubscribe);
    return true;
  }

  hasSubscription(uri: string): boolean {
    return this.#subscriptions?.has(uri) === true;
  }

  unsubscribe(uri: string): void {
    this.#subscriptions?.get(uri)?.();
    this.#subscriptions?.delete(uri);
  }

  end(): void {
    this.standOn(undefined, nothing);
    this.#stream?.close();
    for (const call of [...(this.#calls ?? [])]) call.cancellation.cancel(new GatewayError('call_cancelled'));
    for (const question of this.#questions?.values() ?? []) question.reject(new GatewayError('session_unknown'));
    for (const unsubscribe of this.#subscriptions?.values() ?? []) unsubscribe();
    this.#subscriptions = undefined;
  }
}

function nothing(): void {}
