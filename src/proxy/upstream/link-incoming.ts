/*
 * Everything a server says that is not an answer: progress and log lines of a call, questions to its client, changes.
 *
 * Attribution is never guessed. A message on a call's own HTTP stream belongs to that call. On a pipe, or on the GET
 * stream, progress is told apart by its token, which is ours; a question belongs to a call only when no other call of
 * this link is in flight or was given up and may still be worked on (abandoned.ts); whose a log line is says link-logs.ts.
 * What cannot be assigned is refused (questions) or dropped (logs), and counted.
 */

import type { LimitName, Limits } from '../../model/limits.ts';
import type { Message } from '../../model/message.ts';
import { type Codec, META, sameEra } from '../../wire/codec.ts';
import { codecOf } from '../../wire/codecs.ts';
import { memberOf, readString } from '../../wire/json/members.ts';
import { splice } from '../../wire/json/splice.ts';
import type { IdTable } from '../id-table.ts';
import type { TimerWheel } from '../timer-wheel.ts';
import { Abandoned } from './abandoned.ts';
import type { Connection } from './conversation.ts';
import { Logs } from './link-logs.ts';
import { Questions } from './link-questions.ts';
import type { LinkCall } from './outgoing.ts';

export interface Inflight {
  readonly call: LinkCall;
  readonly progressToken: string | undefined;
  questions: number;
}

export interface IncomingEvents {
  readonly onListChanged: (kind: 'tools' | 'prompts' | 'resources') => void;
  readonly onResourceUpdated: (uri: string, message: Message) => void;
  readonly onLimit: (limit: LimitName) => void;
  readonly onOddity: (what: string, internal: Readonly<Record<string, unknown>>, times?: number) => void;
}

interface Back {
  readonly post: (bytes: Buffer) => Promise<void>;
  readonly codec: () => Codec;
  readonly shared: boolean;
  readonly kind: () => Connection['kind'];
  readonly wheel: Pick<TimerWheel, 'now' | 'arm' | 'move'>;
}

const LIST_CHANGES: ReadonlyMap<string, 'tools' | 'prompts' | 'resources'> = new Map([
  ['notifications/tools/list_changed', 'tools'],
  ['notifications/prompts/list_changed', 'prompts'],
  ['notifications/resources/list_changed', 'resources'],
]);

export class Incoming {
  /** The server has asked a question outside of a call's own stream. */
  asksAside = false;
  readonly abandoned: Abandoned;
  readonly logs: Logs;
  readonly #questions: Questions;
  readonly #inflight: IdTable<Inflight>;
  readonly #events: IncomingEvents;
  readonly #back: Back;
  readonly #listens = new Map<number, (message: Message) => void>();

  constructor(inflight: IdTable<Inflight>, limits: Limits, events: IncomingEvents, back: Back) {
    this.#inflight = inflight;
    this.#events = events;
    this.#back = back;
    this.abandoned = new Abandoned(back.wheel);
    this.logs = new Logs({ ...back, inflight, abandoned: this.abandoned, onOddity: events.onOddity });
    this.#questions = new Questions({ limits, events, post: back.post, codec: back.codec });
  }

  /** Hears the messages of listen stream `id` when they come on a pipe. Returns the way to stop. */
  listening(id: number, onMessage: (message: Message) => void): () => void {
    this.#listens.set(id, onMessage);
    return () => this.#listens.delete(id);
  }

  /** A message on the stream of call `id`. */
  ofCall(message: Message, id: number): void {
    this.#readable(() => this.#ofCall(message, this.#inflight.get(id)));
  }

  /** Request `id` was given up after it was sent. */
  gaveUp(id: number): void {
    const call = this.#inflight.get(id)?.call;
    const mayBeHeardOf = this.#back.kind() === 'pipe' || this.#back.codec().questions.size > 0;
    if (call && mayBeHeardOf) this.abandoned.add(id, call.sessionId);
  }

  /** A message on the stream of a listen request of our own. */
  ofListen(message: Message, onMessage: (message: Message) => void): void {
    this.#readable(() => onMessage(message));
  }

  /** A message that came beside the calls. */
  stray(message: Message): void {
    this.#readable(() => this.#stray(message));
  }

  /** The scan does not look into strings, so one may turn out to be no JSON; that must not break the transport. */
  #readable(take: () => void): void {
    try {
      take();
    } catch (thrown) {
      if (!(thrown instanceof SyntaxError)) throw thrown;
      this.#events.onOddity('unreadable message', { why: thrown.message });
    }
  }

  #ofCall(message: Message, inflight: Inflight | undefined): void {
    if (message.kind === 'request') this.#questions.put(message, inflight);
    else if (message.method === 'notifications/progress') this.#progress(message);
    else if (message.method === 'notifications/message') this.logs.ofCall(message, inflight);
    else this.#notice(message, inflight);
  }

  #stray(message: Message): void {
    if (message.kind === 'request') this.#questions.put(message, this.#only(message.method));
    else if (message.method === 'notifications/progress') this.#progress(message);
    else if (message.method === 'notifications/message') this.logs.stray(message);
    else this.#notice(message, undefined);
  }

  #only(method: string): Inflight | undefined {
    if (method === 'ping') return undefined;
    this.asksAside = true;
    // Also one whose client cannot be asked may be what the server asks about.
    const [only, ...others] = this.#inflight.values();
    return only && others.length === 0 && this.abandoned.canOnlyBe(only.call.sessionId) ? only : undefined;
  }

  #notice(message: Message, inflight: Inflight | undefined): void {
    const kind = LIST_CHANGES.get(message.method);
    const listen = this.#listenOf(message);
    if (listen) listen(message);
    else if (kind) this.#events.onListChanged(kind);
    else if (message.method === 'notifications/cancelled') this.#questions.cancel(message);
    else if (message.method === 'notifications/resources/updated') this.updated(message);
    else if (inflight && this.#speaksLike(inflight)) inflight.call.outlet.notify(message.bytes);
    else if (inflight && message.method === 'notifications/elicitation/complete')
      return; // Newer clients know no such.
    else this.#events.onOddity('unassignable notification', { method: message.method });
  }

  #listenOf(message: Message): ((message: Message) => void) | undefined {
    if (this.#listens.size === 0 || !message.params?.meta) return undefined;
    const id = memberOf(message.bytes, message.params.meta, `${META}subscriptionId`)?.value;
    return id && this.#listens.get(Number(message.bytes.toString('latin1', id.start, id.end)));
  }

  updated(message: Message): void {
    const uri = message.params?.uri;
    if (uri && message.bytes[uri.start] === 0x22)
      this.#events.onResourceUpdated(readString(message.bytes, uri), message);
  }

  /** Our token stands for the call; its client gets its own back, in its own JSON type. */
  #progress(message: Message): void {
    const token = message.params && memberOf(message.bytes, message.params.self, 'progressToken')?.value;
    const inflight = token && this.#inflight.get(Number(message.bytes.toString('latin1', token.start, token.end)));
    if (!token || !inflight || inflight.progressToken === undefined) {
      this.#events.onOddity('progress without a call', {});
      return;
    }
    const { timer, outlet, parking } = inflight.call;
    timer.touch();
    const put = parking ? parking.progressToken : inflight.progressToken;
    if (put !== undefined) outlet.notify(splice(message.bytes, [{ ...token, put }]));
  }

  #speaksLike({ call }: Inflight): boolean {
    return sameEra(codecOf(call.revision), this.#back.codec());
  }
}
