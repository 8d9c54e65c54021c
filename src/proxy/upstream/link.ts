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
 * A legacy session that the server forgot is opened anew once, with the same capabilities, and the call is repeated: the
 * server refused it before doing anything (2025-11-25, Session Management). Nothing else is ever repeated.
 */
import { Cancellation } from '../../model/cancellation.ts';
import { GatewayError } from '../../model/errors.ts';
import type { Limits } from '../../model/limits.ts';
import type { Message } from '../../model/message.ts';
import type { Revision } from '../../model/revision.ts';
import { type Codec, opensSession } from '../../wire/codec.ts';
import { codecOf } from '../../wire/codecs.ts';
import { IdTable } from '../id-table.ts';
import type { TimerWheel } from '../timer-wheel.ts';
import { type Asked, type Handshake, type Offer, shakeHands } from './handshake.ts';
import { Incoming, type IncomingEvents, type Inflight } from './link-incoming.ts';
import { isAtLeast } from './log-level.ts';
import { type LinkCall, outgoing } from './outgoing.ts';
import type { Subscriptions } from './subscriptions.ts';
import type { Answer, Transport, TransportEvents } from './transport.ts';
import { Turns } from './turns.ts';
import { Watches } from './watches.ts';

/** How a link reaches its server; made by `connect.ts`. */
export interface Connection {
  /** `stream`: one exchange, one HTTP request. `pipe`: everything on one channel. */
  readonly kind: 'stream' | 'pipe';
  readonly transport: Transport;
  /** Told of each opened session, so that further requests carry it; undefined = forget the one before. */
  readonly established: (handshake: Handshake | undefined) => void;
  /** The last line that the server's process said on stderr, `''` when there is none. */
  readonly lastWords: () => string;
  /** Ends the session at the server, where there is one. */
  readonly farewell: () => Promise<void>;
}

export interface LinkOptions {
  readonly server: string;
  readonly connect: (events: TransportEvents) => Connection;
  readonly offer: Offer;
  readonly known: Revision | undefined;
  readonly subscriptions: Subscriptions;
  /** Whether clients of several principals speak over it. */
  readonly shared: boolean;
  readonly limits: Limits;
  readonly wheel: TimerWheel;
  readonly events: IncomingEvents & { readonly onLost: (reason: string) => void; readonly onReopened: () => void };
}

/** How long one of our own requests may take. */
type AskLimit = 'callTimeoutMs' | 'connectTimeoutMs' | 'discoverTimeoutMs';

export class Link {
  readonly options: LinkOptions;
  readonly subscriptions: Subscriptions;
  readonly watches: Watches;
  readonly #connection: Connection;
  readonly #incoming: Incoming;
  readonly #inflight = new IdTable<Inflight>();
  readonly #turns = new Turns();
  #nextId = 1;
  #handshake: Handshake | undefined;
  #opening: Promise<Handshake> | undefined;
  #generation = 0;
  #level: string | undefined;
  #closed = false;
  lastUsedMs: number;

  constructor(options: LinkOptions) {
    this.options = options;
    this.lastUsedMs = options.wheel.now();
    this.#incoming = new Incoming(this.#inflight, options.limits, options.events, {
      post: (bytes) => this.#post(bytes),
      codec: () => this.codec,
      wheel: options.wheel,
      shared: options.shared,
    });
    this.subscriptions = options.subscriptions;
    this.subscriptions.attach((method, uri) => this.#control(method, uri));
    this.watches = new Watches(async (uris, cancellation, onMessage) => {
      await this.open();
      return this.listen({ resourceSubscriptions: uris }, cancellation, onMessage);
    });
    this.#connection = options.connect({
      onStray: (message) => this.#incoming.stray(message),
      onLost: ({ say }) => {
        this.#closed = true;
        this.#incoming.abandoned.clear();
        options.events.onLost(say);
      },
      onAbandoned: (id) => this.#incoming.gaveUp(id),
      onLateAnswer: (id) => this.#incoming.abandoned.over(id),
      onForgotten: () => this.#recall(),
      onOddity: options.events.onOddity,
    });
  }

  get codec(): Codec {
    return codecOf(this.#handshake?.revision ?? '2025-11-25');
  }

  get handshake(): Handshake | undefined {
    return this.#handshake;
  }

  get closed(): boolean {
    return this.#closed;
  }

  get busy(): boolean {
    return this.#inflight.size > 0 || this.#opening !== undefined || this.subscriptions.size + this.watches.size > 0;
  }

  get lastWords(): string {
    return this.#connection.lastWords();
  }

  /** Shakes hands; callers that come meanwhile wait for the same handshake. */
  open(): Promise<Handshake> {
    if (this.#handshake) return Promise.resolve(this.#handshake);
    this.#opening ??= this.#shake().finally(() => {
      this.#opening = undefined;
    });
    return this.#opening;
  }

  /** A client's call. */
  call(call: LinkCall): Promise<Answer> {
    this.lastUsedMs = this.options.wheel.now();
    const handshake = this.#handshake;
    const level = call.client.logLevel;
    if (!handshake || level !== undefined || this.#takesTurns(call, handshake)) return this.#prepared(call);
    return this.#once(call);
  }

  /** The slow road: the conversation, its log level or the call's turn comes first. */
  async #prepared(call: LinkCall): Promise<Answer> {
    const handshake = await call.cancellation.race(this.open());
    const level = call.client.logLevel;
    if (level !== undefined && this.codec.requests.has('logging/setLevel')) {
      await call.cancellation.race(this.wantLevel(level));
    }
    if (!this.#takesTurns(call, handshake)) return this.#once(call);
    const done = await this.#turns.take(call.cancellation);
    try {
      return await this.#once(call);
    } finally {
      this.#incoming.abandoned.passTurn(done);
    }
  }

  /** One request of our own. */
  async ask(method: string, params: string, limit: AskLimit, headers: readonly string[] = []): Promise<Asked> {
    const id = this.#nextId++;
    const cancellation = new Cancellation();
    const deadline = this.options.wheel.arm(this.options.limits[limit], () => {
      this.options.events.onLimit(limit);
      cancellation.cancel(new GatewayError('upstream_timeout', { internal: { method } }));
    });
    try {
      const bytes = Buffer.from(`{"jsonrpc":"2.0","id":${id},"method":"${method}","params":${params}}`);
      const onInterim = (message: Message) => this.#incoming.stray(message);
      return await this.#connection.transport.exchange({ id, bytes, headers, cancellation, onInterim });
    } finally {
      deadline.disarm();
    }
  }

  /** One of our own requests, all of which may be repeated, with what the server's revision wants around it. */
  async request(method: string, params: Readonly<Record<string, unknown>>): Promise<Message> {
    await this.open();
    const generation = this.#generation;
    try {
      return await this.#send(method, params);
    } catch (thrown) {
      if (!isForgotten(thrown)) throw thrown;
    }
    await this.reopen(generation);
    return this.#send(method, params);
  }

  async #send(method: string, params: Readonly<Record<string, unknown>>): Promise<Message> {
    const { text, headers } = this.#enveloped(method, params);
    return (await this.ask(method, text, 'callTimeoutMs', headers)).message;
  }

  /** A listen stream of our own: resolves when the server ends it. Messages arrive until then. */
  async listen(filter: object, cancellation: Cancellation, onMessage: (message: Message) => void): Promise<void> {
    const id = this.#nextId++;
    const { text, headers } = this.#enveloped('subscriptions/listen', { notifications: filter });
    const bytes = Buffer.from(`{"jsonrpc":"2.0","id":${id},"method":"subscriptions/listen","params":${text}}`);
    const unlisten = this.#incoming.listening(id, onMessage);
    const onInterim = (message: Message) => this.#incoming.ofListen(message, onMessage);
    try {
      await this.#connection.transport.exchange({ id, bytes, headers, cancellation, onInterim, long: true });
    } finally {
      unlisten();
      if (cancellation.cancelled) this.#sayCancelled(id);
    }
  }

  /**
   * Makes the server at least as talkative as `level`. The link keeps the most talkative level that any of its clients
   * wanted; what one of them does not want is held back on the way to it.
   */
  async wantLevel(level: string): Promise<void> {
    if (isAtLeast(this.#level, level) || this.#handshake?.capabilities.logging === undefined) return;
    this.#level = level;
    await this.#send('logging/setLevel', { level });
  }

  /** A notification of the client that concerns the whole conversation. */
  notify(bytes: Buffer): void {
    this.#post(bytes).catch(() => this.options.events.onOddity('notification not delivered', {}));
  }

  /** Ends the conversation; calls still on it fail with `code`. */
  async close(code: 'draining' | 'upstream_lost'): Promise<void> {
    this.#closed = true;
    this.#incoming.abandoned.clear();
    for (const { call } of this.#inflight.values()) call.cancellation.cancel(new GatewayError(code));
    if (this.#handshake) await this.#connection.farewell().catch(() => {});
    await this.#connection.transport.close();
  }

  async #shake(): Promise<Handshake> {
    const { offer, known } = this.options;
    const pipe = this.#connection.kind === 'pipe';
    const handshake = await shakeHands({
      offer,
      known,
      silenceIsLegacy: pipe,
      ask: (method, params, headers) =>
        this.ask(
          method,
          params,
          pipe && method === 'server/discover' ? 'discoverTimeoutMs' : 'connectTimeoutMs',
          headers,
        ),
    });
    this.#connection.established(handshake);
    if (opensSession(codecOf(handshake.revision))) {
      await this.#post(Buffer.from('{"jsonrpc":"2.0","method":"notifications/initialized"}'));
    }
    this.#handshake = handshake;
    this.#generation += 1;
    await this.#restore().catch(() => this.options.events.onOddity('session not restored whole', {}));
    return handshake;
  }

  /** Opens a forgotten session anew, unless somebody has done so since `generation`. */
  async reopen(generation: number = this.#generation): Promise<void> {
    if (generation !== this.#generation || this.#opening) {
      await this.open();
      return;
    }
    this.#handshake = undefined;
    this.#connection.established(undefined);
    await this.open();
    this.options.events.onReopened();
  }

  /** The session is gone and no call has noticed yet. */
  #recall(): void {
    if (this.#closed || !this.#handshake) return;
    this.reopen().catch(() => this.options.events.onOddity('forgotten session not opened anew', {}));
  }

  /** What a session before this one knew: its log level and who watches what. */
  async #restore(): Promise<void> {
    if (this.#level !== undefined) await this.#send('logging/setLevel', { level: this.#level });
    await this.subscriptions.replay();
  }

  async #once(call: LinkCall, repeat = true): Promise<Answer> {
    const id = this.#nextId++;
    const generation = this.#generation;
    const sent = outgoing(call, id, this.codec);
    this.#incoming.usedBy(call.sessionId);
    this.#inflight.set(id, { call, progressToken: sent.progressToken, questions: 0 });
    try {
      return await this.#connection.transport.exchange({
        id,
        bytes: sent.bytes,
        headers: sent.headers,
        cancellation: call.cancellation,
        onInterim: (message) => this.#incoming.ofCall(message, id),
      });
    } catch (thrown) {
      if (!repeat || !isForgotten(thrown)) throw thrown;
    } finally {
      this.#inflight.delete(id);
      if (call.cancellation.cancelled) this.#sayCancelled(id);
    }
    await call.cancellation.race(this.reopen(generation));
    return this.#once(call, false);
  }

  /**
   * Where the server's questions do not say which call they belong to, calls that may be asked about go one at a time.
   * On a pipe that is always so; over HTTP once the server has asked beside a call's own stream.
   */
  #takesTurns(call: LinkCall, handshake: Handshake): boolean {
    if (this.options.offer.capabilities === '{}' || codecOf(handshake.revision).questions.size === 0) return false;
    return call.target !== undefined && (this.#connection.kind === 'pipe' || this.#incoming.asksAside);
  }

  #sayCancelled(id: number): void {
    const notice = this.codec.cancelNotice(id, this.#connection.kind);
    if (notice && !this.#closed) this.notify(notice);
  }

  async #control(method: string, uri: string): Promise<void> {
    const message = await (this.#handshake ? this.#send(method, { uri }) : this.request(method, { uri }));
    if (message.kind === 'error') throw new GatewayError('resource_unknown', { internal: { method, uri } });
  }

  #enveloped(method: string, params: Readonly<Record<string, unknown>>): { text: string; headers: readonly string[] } {
    const { codec } = this;
    if (opensSession(codec)) return { text: JSON.stringify(params), headers: NONE };
    const meta = {
      'io.modelcontextprotocol/protocolVersion': codec.revision,
      'io.modelcontextprotocol/clientInfo': JSON.parse(this.options.offer.info),
      'io.modelcontextprotocol/clientCapabilities': {},
    };
    return { text: JSON.stringify({ ...params, _meta: meta }), headers: codec.requestHeaders(method, undefined) };
  }

  #post(bytes: Buffer): Promise<void> {
    return this.#connection.transport.post(bytes, NONE);
  }
}

/** The server refused the call before doing anything, because it does not know the session. */
function isForgotten(thrown: unknown): boolean {
  return thrown instanceof GatewayError && thrown.code === 'upstream_session';
}

const NONE: readonly string[] = [];
