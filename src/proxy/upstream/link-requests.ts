/*
 * The requests that the gateway makes on a link for itself: handshakes, lists, subscriptions, listen streams. Each is
 * given what the server's revision wants around it, an id of ours, and an end.
 */
import { Cancellation } from '../../model/cancellation.ts';
import { GatewayError } from '../../model/errors.ts';
import type { Limits } from '../../model/limits.ts';
import type { Message } from '../../model/message.ts';
import { opensSession } from '../../wire/codec.ts';
import { TASKS } from '../../wire/task-ids.ts';
import type { TimerWheel } from '../timer-wheel.ts';
import type { Conversation } from './conversation.ts';
import type { Asked, Offer, Silence } from './handshake.ts';
import type { Incoming } from './link-incoming.ts';

/** How long one of our own requests may take. */
export type AskLimit = 'callTimeoutMs' | 'connectTimeoutMs' | 'startTimeoutMs';

export interface AskOptions {
  readonly headers?: readonly string[];
  /** Ends it early. */
  readonly cancellation?: Cancellation;
}

export interface OwnRequestsParts {
  readonly offer: Offer;
  readonly limits: Limits;
  readonly wheel: Pick<TimerWheel, 'arm'>;
  readonly incoming: Incoming;
  readonly conversation: Conversation;
  readonly mintId: () => number;
  readonly sayCancelled: (id: number) => void;
  readonly onLimit: (limit: AskLimit | 'discoverTimeoutMs') => void;
}

interface Enveloped {
  readonly text: string;
  readonly headers: readonly string[];
}

const NONE: readonly string[] = [];

export class OwnRequests {
  readonly #parts: OwnRequestsParts;

  constructor(parts: OwnRequestsParts) {
    this.#parts = parts;
  }

  /** One request, as it stands. */
  async ask(
    method: string,
    params: string,
    limit: AskLimit,
    { headers = NONE, cancellation = new Cancellation() }: AskOptions = {},
  ): Promise<Asked> {
    const { mintId, wheel, limits, incoming, onLimit, conversation } = this.#parts;
    const id = mintId();
    const deadline = wheel.arm(limits[limit], () => {
      onLimit(limit);
      cancellation.cancel(new GatewayError('upstream_timeout', { internal: { method } }));
    });
    try {
      const bytes = Buffer.from(`{"jsonrpc":"2.0","id":${id},"method":"${method}","params":${params}}`);
      const onInterim = (message: Message) => incoming.stray(message);
      return await conversation.connection.transport.exchange({ id, bytes, headers, cancellation, onInterim });
    } finally {
      deadline.disarm();
    }
  }

  /** A legacy server may say nothing to what it does not know. */
  silence(): Silence {
    const { wheel, limits, onLimit } = this.#parts;
    const { promise, resolve } = Promise.withResolvers<void>();
    const deadline = wheel.arm(limits.discoverTimeoutMs, () => {
      onLimit('discoverTimeoutMs');
      resolve();
    });
    return { heard: promise, stop: () => deadline.disarm() };
  }

  /** One request with what the server's revision wants around it. */
  async send(method: string, params: Readonly<Record<string, unknown>>): Promise<Message> {
    const { text, headers } = this.#enveloped(method, params);
    return (await this.ask(method, text, 'callTimeoutMs', { headers })).message;
  }

  /** One that may be repeated, so it is, when the server forgot the session before it did anything. */
  async request(method: string, params: Readonly<Record<string, unknown>>): Promise<Message> {
    const { conversation } = this.#parts;
    await conversation.open();
    const { generation } = conversation;
    try {
      return await this.send(method, params);
    } catch (thrown) {
      if (!isForgotten(thrown)) throw thrown;
    }
    await conversation.reopen(generation);
    return this.send(method, params);
  }

  /** A listen stream: resolves with the server's last word when the server ends it. Messages arrive until then. */
  async listen(filter: object, cancellation: Cancellation, onMessage: (message: Message) => void): Promise<Message> {
    const { mintId, incoming, conversation, sayCancelled } = this.#parts;
    const id = mintId();
    const able = 'taskIds' in filter ? { extensions: { [TASKS]: {} } } : {};
    const { text, headers } = this.#enveloped('subscriptions/listen', { notifications: filter }, able);
    const bytes = Buffer.from(`{"jsonrpc":"2.0","id":${id},"method":"subscriptions/listen","params":${text}}`);
    const unlisten = incoming.listening(id, onMessage);
    const onInterim = (message: Message) => incoming.ofListen(message, onMessage);
    try {
      const { transport } = conversation.connection;
      return (await transport.exchange({ id, bytes, headers, cancellation, onInterim, long: true })).message;
    } finally {
      unlisten();
      if (cancellation.cancelled) sayCancelled(id);
    }
  }

  /** `able`: what the request needs its client to be able to do. */
  #enveloped(method: string, params: Readonly<Record<string, unknown>>, able: object = {}): Enveloped {
    const { codec } = this.#parts.conversation;
    if (opensSession(codec)) return { text: JSON.stringify(params), headers: NONE };
    const meta = {
      'io.modelcontextprotocol/protocolVersion': codec.revision,
      'io.modelcontextprotocol/clientInfo': JSON.parse(this.#parts.offer.info),
      'io.modelcontextprotocol/clientCapabilities': able,
    };
    return { text: JSON.stringify({ ...params, _meta: meta }), headers: codec.requestHeaders(method, undefined) };
  }
}

/** The server refused the call before doing anything, because it does not know the session. */
export function isForgotten(thrown: unknown): boolean {
  return thrown instanceof GatewayError && thrown.code === 'upstream_session';
}
