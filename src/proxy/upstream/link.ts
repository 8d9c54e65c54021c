/*
 * One conversation with one server, on behalf of one kind of client: the handshake, our own ids, and everything that
 * comes back.
 *
 *   call ──▶ outgoing.ts (our id, the server's name) ──▶ transport ──▶ server
 *        ◀── answer (paired by the transport)
 *        ◀── interim: progress, log, question of this call        link-incoming.ts
 *   catalogue, sessions ◀── stray: list changes, resource updates, what belongs to no call
 *
 * A link is keyed by (server, principal, capabilities offered): what one client told a server about itself never counts
 * for another. Ids and progress tokens on it are ours alone, so two clients with equal ones never meet.
 *
 * A legacy session that the server forgot is opened anew once, with the same capabilities, and the call is made again: the
 * server refused it before doing anything (2025-11-25, Session Management).
 */
import type { Cancellation } from '../../model/cancellation.ts';
import { GatewayError } from '../../model/errors.ts';
import type { Message } from '../../model/message.ts';
import type { Codec } from '../../wire/codec.ts';
import { codecOf } from '../../wire/codecs.ts';
import { IdTable } from '../id-table.ts';
import { Conversation } from './conversation.ts';
import { Doubts } from './doubts.ts';
import type { Handshake } from './handshake.ts';
import { InTurn } from './in-turn.ts';
import { Incoming, type Inflight } from './link-incoming.ts';
import type { LinkOptions } from './link-options.ts';
import { isForgotten, OwnRequests } from './link-requests.ts';
import { checkedLevel, isAtLeast } from './log-level.ts';
import { type LinkCall, outgoing } from './outgoing.ts';
import type { Answer } from './transport.ts';
import { Watching } from './watching.ts';

export class Link {
  readonly options: LinkOptions;
  readonly #incoming: Incoming;
  readonly #requests: OwnRequests;
  readonly #conversation: Conversation;
  readonly #inflight = new IdTable<Inflight>();
  readonly #inTurn: InTurn;
  /** Who watches what over it. */
  readonly watched: Watching;
  readonly #doubts: Doubts;
  #nextId = 1;
  #retired = false;
  #level: string | undefined;
  lastUsedMs: number;

  constructor(options: LinkOptions) {
    const { limits, wheel, shared, events, offer } = options;
    this.options = options;
    this.lastUsedMs = wheel.now();
    this.#conversation = this.#newConversation();
    this.#incoming = new Incoming(this.#inflight, limits, events, {
      ...{ wheel, shared },
      post: (bytes) => this.#conversation.post(bytes),
      codec: () => this.codec,
      kind: () => this.#conversation.connection.kind,
    });
    this.#inTurn = new InTurn({ abandoned: this.#incoming.abandoned, run: (call) => this.#once(call) });
    this.#requests = new OwnRequests({
      ...{ offer, limits, wheel, incoming: this.#incoming, conversation: this.#conversation },
      mintId: () => this.#nextId++,
      sayCancelled: (id) => this.#sayCancelled(id),
      onLimit: events.onLimit,
    });
    this.#doubts = new Doubts({ wheel, events, conversation: this.#conversation });
    this.watched = new Watching({
      ...{ wheel, answerTimeoutMs: limits.callTimeoutMs, conversation: this.#conversation, requests: this.#requests },
      onUpdate: (message) => this.#incoming.updated(message),
    });
  }

  #newConversation(): Conversation {
    const { admit, connect, offer, known, events } = this.options;
    const { onOpened, onReopened, onNotReopened, onOddity } = events;
    return new Conversation({
      ...{ admit, connect, offer, known, onOpened, onReopened, onNotReopened },
      ask: (method, params, limit, asking) => this.#requests.ask(method, params, limit, asking),
      silence: () => this.#requests.silence(),
      restore: () => this.#restore(),
      events: {
        onStray: (message) => this.#incoming.stray(message),
        onLost: ({ say }) => {
          this.#incoming.abandoned.clear();
          events.onLost(say);
        },
        onAbandoned: (id) => this.#incoming.gaveUp(id),
        onLateAnswer: (id) => this.#incoming.abandoned.over(id),
        onDoubt: () => void events.onDoubt(false),
        onOddity,
      },
    });
  }

  get codec(): Codec {
    return this.#conversation.codec;
  }

  get handshake(): Handshake | undefined {
    return this.#conversation.handshake;
  }

  get closed(): boolean {
    return this.#conversation.closed;
  }

  get gone(): Promise<void> {
    return this.#conversation.gone;
  }

  get busy(): boolean {
    if (this.#inflight.size > 0 || this.#conversation.isOpening) return true;
    return this.watched.busy;
  }

  get isHeldUp(): boolean {
    return this.#inTurn.isHeldUp;
  }

  get lastWords(): string {
    return this.#conversation.lastWords;
  }

  /** Shakes hands; callers that come meanwhile wait for the same handshake. */
  open(): Promise<Handshake> {
    return this.#conversation.open();
  }

  /** Shakes hands anew, as after a forgotten session. */
  readonly reopen = () => this.#conversation.reopen();

  /** A client's call. */
  call(call: LinkCall): Promise<Answer> {
    this.lastUsedMs = this.options.wheel.now();
    const { handshake } = this;
    if (!handshake || call.client.logLevel !== undefined || this.#takesTurns(call, handshake))
      return this.#prepared(call);
    return this.#once(call);
  }

  /** The slow road: the conversation, its log level or the call's turn comes first. */
  async #prepared(call: LinkCall): Promise<Answer> {
    const handshake = await call.cancellation.race(this.open());
    const { logLevel } = call.client;
    if (logLevel !== undefined) await call.cancellation.race(this.wantLevel(logLevel));
    return this.#takesTurns(call, handshake) ? this.#inTurn.call(call) : this.#once(call);
  }

  /** One of our own requests, all of which may be repeated. */
  request(method: string, params: Readonly<Record<string, unknown>>): Promise<Message> {
    return this.#requests.request(method, params);
  }

  /** A listen stream of our own: resolves when the server ends it. Messages arrive until then. */
  async listen(filter: object, cancellation: Cancellation, onMessage: (message: Message) => void): Promise<void> {
    await this.#requests.listen(filter, cancellation, onMessage);
  }

  /**
   * Makes the server at least as talkative as `level`. The link keeps the most talkative level that any of its clients
   * wanted; what one of them does not want is held back on the way to it.
   */
  async wantLevel(level: string): Promise<void> {
    if (!this.codec.requests.has('logging/setLevel') || this.handshake?.capabilities.logging === undefined) return;
    if (isAtLeast(this.#level, checkedLevel(level))) return;
    this.#level = level;
    await this.#requests.send('logging/setLevel', { level });
  }

  /** A notification of the client that concerns the whole conversation. */
  notify(bytes: Buffer): void {
    this.#conversation.post(bytes).catch(() => this.options.events.onOddity('notification not delivered', {}));
  }

  /** Ends the conversation; calls still on it fail with `code`. */
  close(code: 'draining' | 'upstream_lost'): Promise<void> {
    // The calls of a link that was lost have failed already.
    if (!this.closed) for (const { call } of this.#inflight.values()) call.cancellation.cancel(new GatewayError(code));
    this.#incoming.abandoned.clear();
    const closing = this.#conversation.close();
    this.watched.end();
    return closing;
  }

  /** Ends the conversation as soon as no call is on it. */
  retire(): Promise<void> {
    this.#retired = true;
    this.watched.end();
    return this.#inflight.size === 0 ? this.close('upstream_lost') : this.gone;
  }

  /** What a session before this one knew: its log level and who watches what. */
  async #restore(): Promise<void> {
    if (this.#level !== undefined) await this.#requests.send('logging/setLevel', { level: this.#level });
    await this.watched.restore(() => this.options.events.onOddity('session not restored whole', {}));
  }

  async #once(call: LinkCall, repeat = true): Promise<Answer> {
    const { generation } = this.#conversation;
    try {
      const answer = await this.#exchange(call);
      return this.#doubts.answered(answer) ? await this.#doubts.refused(call, answer) : answer;
    } catch (thrown) {
      if (!repeat || !isForgotten(thrown)) throw await this.#doubts.failed(call, thrown);
    }
    await call.cancellation.race(this.#conversation.reopen(generation));
    return this.#once(call, false);
  }

  async #exchange(call: LinkCall): Promise<Answer> {
    const id = this.#nextId++;
    const sent = outgoing(call, id, this.codec);
    this.#incoming.logs.usedBy(call.sessionId);
    this.#inflight.set(id, { call, progressToken: sent.progressToken, questions: 0 });
    try {
      return await this.#conversation.connection.transport.exchange({
        id,
        bytes: sent.bytes,
        headers: sent.headers,
        cancellation: call.cancellation,
        onInterim: (message) => this.#incoming.ofCall(message, id),
      });
    } finally {
      this.#inflight.delete(id);
      this.#incoming.logs.ended();
      this.lastUsedMs = this.options.wheel.now();
      if (call.cancellation.cancelled) this.#sayCancelled(id);
      if (this.#retired && this.#inflight.size === 0) void this.close('upstream_lost');
    }
  }

  /**
   * Where the server's questions do not say which call they belong to, calls that may be asked about go one at a time.
   * On a pipe that is always so; over HTTP once the server has asked beside a call's own stream.
   */
  #takesTurns(call: LinkCall, handshake: Handshake): boolean {
    if (this.options.offer.capabilities === '{}' || codecOf(handshake.revision).questions.size === 0) return false;
    return call.target !== undefined && (this.#conversation.connection.kind === 'pipe' || this.#incoming.asksAside);
  }

  #sayCancelled(id: number): void {
    const notice = this.codec.cancelNotice(id, this.#conversation.connection.kind);
    if (notice && !this.closed) this.notify(notice);
  }
}
