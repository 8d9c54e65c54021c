/*
 * The conversation under a link: connected when first wanted and admitted, opened with a handshake, opened anew when the
 * server forgot it, ended once and for all.
 *
 *   new ──▶ opening ──▶ open ──▶ forgotten ──▶ opening …
 *                        └─▶ lost (by itself) or closed (by us)
 */
import { GatewayError, toGatewayError } from '../../model/errors.ts';
import type { Revision } from '../../model/revision.ts';
import { type Codec, opensSession } from '../../wire/codec.ts';
import { codecOf } from '../../wire/codecs.ts';
import { type Handshake, type Offer, type Silence, shakeHands } from './handshake.ts';
import type { AskLimit, AskOptions } from './link-requests.ts';
import type { Process } from './process-logs.ts';
import type { Transport, TransportEvents } from './transport.ts';

/** How a link reaches its server; made by `connect.ts`. */
export interface Connection {
  /** `stream`: one exchange, one HTTP request. `pipe`: everything on one channel. */
  readonly kind: 'stream' | 'pipe';
  readonly transport: Transport;
  /** Told of each opened session, so that further requests carry it; undefined = forget the one before. */
  readonly established: (handshake: Handshake | undefined) => void;
  /** What stands behind a pipe. */
  readonly process?: Process;
  /** What the server's process said on stderr about its end (last-words.ts), `''` when there is nothing. */
  readonly lastWords: () => string;
  /** Ends the session at the server, where there is one. */
  readonly farewell: () => Promise<void>;
}

export interface ConversationOptions {
  /** Waits until it may connect; gives how to say that it has begun, or given up. */
  readonly admit: () => Promise<() => void>;
  readonly connect: (events: TransportEvents) => Connection;
  readonly offer: Offer;
  /** The revision, where it is not to be found out. */
  readonly known: Revision | undefined;
}

export interface ConversationParts extends ConversationOptions {
  readonly events: Omit<TransportEvents, 'onForgotten'>;
  readonly ask: (method: string, params: string, limit: AskLimit, options: AskOptions) => ReturnType<HandshakeAsk>;
  /** The time for which a process may say nothing at all to the first question. */
  readonly silence: () => Silence;
  /** What a session before this one knew is told again. */
  readonly restore: () => Promise<void>;
  readonly onOpened: () => void;
  readonly onReopened: () => void;
  /** The server forgot the conversation and wants no other one. */
  readonly onNotReopened: (error: GatewayError) => Promise<void>;
}
type HandshakeAsk = Parameters<typeof shakeHands>[0]['ask'];

const NONE: readonly string[] = [];

export class Conversation {
  readonly #parts: ConversationParts;
  readonly #gone = Promise.withResolvers<void>();
  #connected: Connection | undefined;
  #handshake: Handshake | undefined;
  #opening: Promise<Handshake> | undefined;
  #generation = 0;
  #lost = false;
  #leaving = false;

  constructor(parts: ConversationParts) {
    this.#parts = parts;
  }

  /** @throws when it is not connected. */
  get connection(): Connection {
    if (!this.#connected) throw new GatewayError('upstream_down', { internal: { why: 'not connected' } });
    return this.#connected;
  }

  get codec(): Codec {
    return codecOf(this.#handshake?.revision ?? '2025-11-25');
  }

  get handshake(): Handshake | undefined {
    return this.#handshake;
  }

  get isOpening(): boolean {
    return this.#opening !== undefined;
  }

  /** Rises each time it is opened. */
  get generation(): number {
    return this.#generation;
  }

  get closed(): boolean {
    return this.#lost || this.#leaving;
  }

  /** Resolves when it was closed and nothing of it is left. */
  get gone(): Promise<void> {
    return this.#gone.promise;
  }

  get lastWords(): string {
    return this.#connected?.lastWords() ?? '';
  }

  /** Shakes hands; callers that come meanwhile wait for the same handshake. */
  open(): Promise<Handshake> {
    if (this.#handshake) return Promise.resolve(this.#handshake);
    this.#opening ??= this.#begin().finally(() => {
      this.#opening = undefined;
    });
    return this.#opening;
  }

  /** Opens a forgotten session anew, unless somebody has done so since `generation`. */
  async reopen(generation: number = this.#generation): Promise<void> {
    if (generation !== this.#generation || this.#opening) {
      await this.open();
      return;
    }
    this.#handshake = undefined;
    this.connection.established(undefined);
    try {
      await this.open();
    } catch (thrown) {
      await this.#parts.onNotReopened(toGatewayError(thrown));
      // Whatever it was reopened for has not begun.
      throw new GatewayError('upstream_down', {
        internal: { why: 'the session could not be opened anew' },
        cause: thrown,
      });
    }
    this.#parts.onReopened();
  }

  async post(bytes: Buffer): Promise<void> {
    return this.connection.transport.post(bytes, NONE);
  }

  close(): Promise<void> {
    if (!this.#leaving) this.#gone.resolve(this.#end());
    this.#leaving = true;
    return this.gone;
  }

  async #end(): Promise<void> {
    const connection = this.#connected;
    if (this.#handshake) await connection?.farewell().catch(() => {});
    await connection?.transport.close();
  }

  async #begin(): Promise<Handshake> {
    const begun = await this.#parts.admit();
    try {
      if (this.closed) throw new GatewayError('upstream_lost', { internal: { why: 'given up before it was opened' } });
      this.#connected ??= this.#connect();
      return await this.#shake(this.#connected);
    } finally {
      begun();
    }
  }

  #connect(): Connection {
    const { events, connect } = this.#parts;
    return connect({
      ...events,
      onLost: (loss) => {
        this.#lost = true;
        events.onLost(loss);
      },
      onForgotten: () => this.#recall(),
    });
  }

  async #shake(connection: Connection): Promise<Handshake> {
    const { offer, known, ask, silence, events, restore, onOpened } = this.#parts;
    const limit = connection.process ? 'startTimeoutMs' : 'connectTimeoutMs';
    const handshake = await shakeHands({
      ...{ offer, known, silence: connection.process && silence },
      ask: (method, params, options) => ask(method, params, limit, options),
    });
    connection.established(handshake);
    if (opensSession(codecOf(handshake.revision))) {
      await this.post(Buffer.from('{"jsonrpc":"2.0","method":"notifications/initialized"}'));
    }
    this.#handshake = handshake;
    this.#generation += 1;
    await restore().catch(() => events.onOddity('session not restored whole', {}));
    onOpened();
    return handshake;
  }

  /** The session is gone and no call has noticed yet. */
  #recall(): void {
    if (this.closed || !this.#handshake) return;
    this.reopen().catch(() => this.#parts.events.onOddity('forgotten session not opened anew', {}));
  }
}
