/*
 * One HTTP exchange of a hand-written MCP client: the head at once, then the messages of the body as they come, whether
 * it is JSON or an event stream.
 */
import { type Agent, type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';
import type { RpcMessage } from './json-rpc.ts';

export interface StreamRequest {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly agent?: Agent;
  readonly onMessage?: (message: RpcMessage) => void;
  /** Drops the connection, also before there is an answer. */
  readonly signal?: AbortSignal;
}

export interface SseEvent {
  readonly event: string;
  readonly id: string | undefined;
  readonly data: string;
}

export class MessageStream {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** All so far. */
  readonly messages: RpcMessage[] = [];
  readonly events: SseEvent[] = [];
  /** Text of all comments: keep-alives. */
  readonly comments: string[] = [];
  /** Resolves when the body has ended, rejects when it was cut off. */
  readonly ended: Promise<void>;
  readonly #response: IncomingMessage;
  readonly #onMessage: (message: RpcMessage) => void;
  readonly #waiters = new Set<() => void>();
  readonly #body: string[] = [];
  /** Of an event stream: what is no whole event yet. Parts of one text of everything would each keep all of it. */
  #begun = '';

  constructor(response: IncomingMessage, onMessage: (message: RpcMessage) => void = () => {}) {
    this.status = response.statusCode ?? 0;
    this.headers = response.headers;
    this.#response = response;
    this.#onMessage = onMessage;
    response.setEncoding('utf8').on('data', (text: string) => this.#onText(text));
    this.ended = new Promise((resolve, reject) => {
      response.on('error', reject);
      response.on('close', () => {
        if (response.complete) resolve();
        else reject(new Error('the answer was cut off'));
        this.#wake();
      });
      response.on('end', () => this.#onEnd());
    });
    // Whoever does not wait for the end does not mind how it comes.
    this.ended.catch(() => {});
  }

  get rawBody(): string {
    return this.#body.join('');
  }

  get isEventStream(): boolean {
    return this.headers['content-type']?.startsWith('text/event-stream') ?? false;
  }

  /** The first message that fits, now or later. Rejects when the body ends without it. */
  async until(fits: (message: RpcMessage) => boolean): Promise<RpcMessage> {
    for (;;) {
      const found = this.messages.find(fits);
      if (found) return found;
      if (this.#response.closed || this.#response.destroyed) throw new Error(`not among ${this.rawBody}`);
      await new Promise<void>((resolve) => this.#waiters.add(resolve));
    }
  }

  /** Drops the connection. */
  abort(): void {
    this.#response.destroy();
  }

  #onText(text: string): void {
    this.#body.push(text);
    if (!this.isEventStream) return;
    this.#begun += text;
    for (;;) {
      const found = /\r?\n\r?\n/.exec(this.#begun);
      if (!found) return;
      const event = this.#begun.slice(0, found.index);
      this.#begun = this.#begun.slice(found.index + found[0].length);
      this.#onEvent(event);
    }
  }

  #onEvent(block: string): void {
    const fields = new Map<string, string[]>();
    for (const line of block.split(/\r?\n/)) {
      if (line.startsWith(':')) this.comments.push(line.slice(1).trim());
      const [, name, value] = /^([^:]+):? ?(.*)$/.exec(line) ?? [];
      if (name !== undefined) fields.set(name, [...(fields.get(name) ?? []), value ?? '']);
    }
    const data = fields.get('data')?.join('\n');
    if (data === undefined) return;
    const event = fields.get('event')?.at(-1) ?? 'message';
    this.events.push({ event, id: fields.get('id')?.at(-1), data });
    if (event === 'message' && data !== '') this.#onMessages(JSON.parse(data));
    this.#wake();
  }

  #onEnd(): void {
    const text = this.rawBody;
    if (this.isEventStream || text === '') return;
    if (this.headers['content-type']?.startsWith('application/json')) this.#onMessages(JSON.parse(text));
  }

  #onMessages(value: RpcMessage | RpcMessage[]): void {
    for (const message of Array.isArray(value) ? value : [value]) {
      this.messages.push(message);
      this.#onMessage(message);
    }
    this.#wake();
  }

  #wake(): void {
    for (const resolve of this.#waiters) resolve();
    this.#waiters.clear();
  }
}

/** Sends one request; resolves when the head of the response is there. */
export function openStream(asked: StreamRequest): Promise<MessageStream> {
  const { url, method, headers, body, agent, onMessage, signal } = asked;
  const more = { ...(agent ? { agent } : {}), ...(signal ? { signal } : {}) };
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers, ...more }, (response) =>
      resolve(new MessageStream(response, onMessage)),
    );
    sent.once('error', reject);
    sent.end(body);
  });
}
