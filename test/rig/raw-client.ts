/*
 * MCP clients of every era by hand: no SDK that smooths things over, and every byte of an answer in view.
 *
 *   modernClient(url)              2026-07-28: each request stands alone
 *   legacyClient(url, revision)    Streamable HTTP with a session
 *   sseClient(url)                 2024-11-05 over HTTP+SSE, in `sse-client.ts`
 */
import { Agent } from 'node:http';
import { at, notification, type RpcId, type RpcMessage, request, resultOf } from './json-rpc.ts';
import { type MessageStream, openStream } from './message-stream.ts';
import { type JsonObject, MODERN, type Revision } from './scripted-script.ts';

const META = 'io.modelcontextprotocol/';
const NAMED: Readonly<Record<string, string>> = {
  'tools/call': 'name',
  'prompts/get': 'name',
  'resources/read': 'uri',
  'tasks/get': 'taskId',
  'tasks/update': 'taskId',
  'tasks/cancel': 'taskId',
};
export const CLIENT_INFO = { name: 'raw-client', version: '1.0.0' };

export interface ClientOptions {
  readonly capabilities?: JsonObject;
  /** Sent with every request; they win over the usual ones. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Hears the messages of every stream that nobody else listens to. */
  readonly onMessage?: (message: RpcMessage) => void;
}

export interface CallOptions {
  readonly id?: RpcId;
  readonly headers?: Readonly<Record<string, string>>;
  /** Added to `params._meta`. */
  readonly meta?: JsonObject;
  readonly onMessage?: (message: RpcMessage) => void;
}

/** A finished call. */
export interface Reply {
  readonly status: number;
  readonly stream: MessageStream;
  /** The last message of the body: the answer. Undefined when there was none. */
  readonly answer: RpcMessage | undefined;
  /** All messages before it. */
  readonly interim: readonly RpcMessage[];
}

async function replyOf(stream: MessageStream): Promise<Reply> {
  await stream.ended;
  return { status: stream.status, stream, answer: stream.messages.at(-1), interim: stream.messages.slice(0, -1) };
}

export abstract class HttpClient {
  readonly url: string;
  protected readonly options: ClientOptions;
  protected nextId = 1;
  readonly #agent = new Agent({ keepAlive: true });
  readonly #open = new Set<MessageStream>();

  constructor(url: string, options: ClientOptions) {
    this.url = url;
    this.options = options;
  }

  /** Sends anything; adds only what every POST has. */
  async send(
    method: string,
    body: string | undefined,
    headers: Readonly<Record<string, string>>,
    onMessage: ((message: RpcMessage) => void) | undefined = this.options.onMessage,
    signal?: AbortSignal,
  ): Promise<MessageStream> {
    const accept = method === 'GET' ? 'text/event-stream' : 'application/json, text/event-stream';
    const usual = { accept, ...(body === undefined ? {} : { 'content-type': 'application/json' }) };
    const stream = await openStream({
      url: this.url,
      method,
      headers: { ...usual, ...headers, ...this.options.headers },
      agent: this.#agent,
      ...(body === undefined ? {} : { body }),
      ...(onMessage ? { onMessage } : {}),
      ...(signal ? { signal } : {}),
    });
    this.#open.add(stream);
    stream.ended.catch(() => {}).finally(() => this.#open.delete(stream));
    return stream;
  }

  /** Drops every connection. */
  close(): void {
    for (const stream of this.#open) stream.abort();
    this.#agent.destroy();
  }
}

export class ModernClient extends HttpClient {
  /** Begins a request and gives its stream; what is dropped is cancelled. */
  start(method: string, params: JsonObject = {}, options: CallOptions = {}): Promise<MessageStream> {
    const id = options.id ?? this.nextId++;
    const body = JSON.stringify(request(id, method, { ...params, _meta: { ...this.meta(), ...options.meta } }));
    return this.send('POST', body, { ...this.headersOf(method, params), ...options.headers }, options.onMessage);
  }

  async call(method: string, params?: JsonObject, options?: CallOptions): Promise<Reply> {
    return replyOf(await this.start(method, params, options));
  }

  async notify(method: string, params: JsonObject = {}): Promise<Reply> {
    const body = JSON.stringify(notification(method, { ...params, _meta: this.meta() }));
    return replyOf(await this.send('POST', body, this.headersOf(method, params)));
  }

  /** Opens `subscriptions/listen` and waits for the acknowledgement. */
  async listen(notifications: JsonObject, options: CallOptions = {}): Promise<MessageStream> {
    const stream = await this.start('subscriptions/listen', { notifications }, options);
    await stream.until((message) => message.method === 'notifications/subscriptions/acknowledged');
    return stream;
  }

  meta(): JsonObject {
    return {
      [`${META}protocolVersion`]: MODERN,
      [`${META}clientCapabilities`]: this.options.capabilities ?? {},
      [`${META}clientInfo`]: CLIENT_INFO,
    };
  }

  headersOf(method: string, params: JsonObject): Record<string, string> {
    const named = NAMED[method];
    const name = named === undefined ? undefined : params[named];
    const base = { 'mcp-protocol-version': MODERN, 'mcp-method': method };
    return name === undefined ? base : { ...base, 'mcp-name': headerValue(String(name)) };
  }
}

/** Values that are not plain ASCII travel as `=?base64?…?=` (MCP 2026-07-28, Streamable HTTP). */
function headerValue(value: string): string {
  const plain = /^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/.test(value) && !value.startsWith('=?');
  return plain ? value : `=?base64?${Buffer.from(value).toString('base64')}?=`;
}

export class LegacyClient extends HttpClient {
  readonly revision: Revision;
  sessionId: string | undefined;
  /** The answer to `initialize`. */
  initialized: RpcMessage | undefined;

  constructor(url: string, revision: Revision, options: ClientOptions) {
    super(url, options);
    this.revision = revision;
  }

  /** Opens a session. */
  async initialize(): Promise<Reply> {
    const params = {
      protocolVersion: this.revision,
      capabilities: this.options.capabilities ?? {},
      clientInfo: CLIENT_INFO,
    };
    const reply = await this.call('initialize', params);
    const minted = reply.stream.headers['mcp-session-id'];
    this.sessionId = typeof minted === 'string' ? minted : undefined;
    this.initialized = reply.answer;
    await this.notify('notifications/initialized');
    return reply;
  }

  /** Begins a request and gives its stream. Dropping it does not cancel the call. */
  start(method: string, params: JsonObject = {}, options: CallOptions = {}): Promise<MessageStream> {
    const id = options.id ?? this.nextId++;
    const meta = options.meta === undefined ? {} : { _meta: options.meta };
    const body = JSON.stringify(request(id, method, { ...params, ...meta }));
    return this.send('POST', body, { ...this.sessionHeaders(), ...options.headers }, options.onMessage);
  }

  async call(method: string, params?: JsonObject, options?: CallOptions): Promise<Reply> {
    return replyOf(await this.start(method, params, options));
  }

  async notify(method: string, params?: JsonObject): Promise<Reply> {
    return this.post(notification(method, params));
  }

  /** Answers a question of the server. */
  async answer(id: unknown, result: unknown): Promise<Reply> {
    return this.post(resultOf(id, result));
  }

  /** Posts one message, or a batch. */
  async post(message: RpcMessage | readonly RpcMessage[]): Promise<Reply> {
    return replyOf(await this.send('POST', JSON.stringify(message), this.sessionHeaders()));
  }

  /** Calls and answers every question that comes on the way. */
  callAnswering(method: string, params: JsonObject, answerTo: (question: RpcMessage) => unknown): Promise<Reply> {
    const onMessage = (message: RpcMessage): void => {
      if (message.method !== undefined && message.id !== undefined) void this.answer(message.id, answerTo(message));
    };
    return this.call(method, params, { onMessage });
  }

  /** The GET stream of the session. */
  listen(): Promise<MessageStream> {
    return this.send('GET', undefined, this.sessionHeaders());
  }

  async delete(): Promise<Reply> {
    return replyOf(await this.send('DELETE', undefined, this.sessionHeaders()));
  }

  /** The version header exists since 2025-06-18. */
  sessionHeaders(): Record<string, string> {
    const session = this.sessionId === undefined ? {} : { 'mcp-session-id': this.sessionId };
    const knowsHeader = this.revision >= '2025-06-18' && this.initialized !== undefined;
    return { ...session, ...(knowsHeader ? { 'mcp-protocol-version': this.revision } : {}) };
  }
}

export function modernClient(url: string, options: ClientOptions = {}): ModernClient {
  return new ModernClient(url, options);
}

export function legacyClient(url: string, revision: Revision, options: ClientOptions = {}): LegacyClient {
  return new LegacyClient(url, revision, options);
}

/** The text of the first content block of a tool result. */
export function textOf(answer: RpcMessage | undefined): unknown {
  return at(answer, 'result', 'content', 0, 'text');
}
