/*
 * A session (2025-11-25), for servers that know no requests that describe themselves: opened with the first request and
 * ended when the work is done. A server's questions come as requests on the stream of the call they belong to.
 */
import type { Message } from '../model/message.ts';
import { SESSIONFUL } from '../wire/codecs.ts';
import { hear, parsed, readAnswer, resultOf } from './answer-stream.ts';
import { type Conversation, ConversationLost, type Hooks, type Request, type Result } from './conversation.ts';
import { exchange, type Gate } from './exchange.ts';
import { isObject, type JsonObject, objectAt } from './json.ts';
import { answerQuestion } from './questions.ts';
import { capabilities, POST_HEADERS, requestText } from './request-text.ts';

/** How long a cancelled call may go on until nobody waits for it any more. */
const CANCEL_PATIENCE_MS = 500;

export class Session implements Conversation {
  readonly #gate: Gate;
  readonly #path: string;
  readonly #clientInfo: JsonObject;
  #nextId = 1;
  #headers: Record<string, string> = { ...POST_HEADERS };
  #opened: Promise<void> | undefined;
  #isOpen = false;

  constructor(gate: Gate, path: string, clientInfo: JsonObject) {
    this.#gate = gate;
    this.#path = path;
    this.#clientInfo = clientInfo;
  }

  async ask({ method, params }: Request, hooks: Hooks = {}): Promise<Result> {
    this.#opened ??= this.#open(hooks);
    await this.#opened;
    const id = this.#nextId++;
    const meta = hooks.onProgress ? { progressToken: id } : {};
    return this.#cancellable(id, hooks.signal, async (signal) => {
      const response = await this.#post(requestText(id, method, params, meta), signal);
      return resultOf(await readAnswer(response, (message) => this.#onMessage(message, hooks)));
    });
  }

  /** Closing the connection says nothing here: the server is told, and then waited for, but not for long. */
  async #cancellable<T>(
    id: number,
    signal: AbortSignal | undefined,
    work: (dropped: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const drop = new AbortController();
    const cancel = () => {
      setTimeout(() => drop.abort(), CANCEL_PATIENCE_MS).unref();
      void this.#tell('notifications/cancelled', { requestId: id, reason: 'by the user' });
    };
    signal?.throwIfAborted();
    signal?.addEventListener('abort', cancel, { once: true });
    try {
      return await work(drop.signal);
    } catch (thrown) {
      signal?.throwIfAborted();
      throw thrown;
    } finally {
      signal?.removeEventListener('abort', cancel);
    }
  }

  async close(): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    const { accept: _, 'content-type': __, ...headers } = this.#headers;
    const request = { method: 'DELETE', path: this.#path, headers } as const;
    // A session that is not ended ends by itself; there is nothing to say about it.
    await exchange(this.#gate, request).then(
      (response) => response.resume(),
      () => undefined,
    );
  }

  async #open(hooks: Hooks): Promise<void> {
    const params = {
      protocolVersion: SESSIONFUL[0],
      capabilities: capabilities(hooks.onQuestion !== undefined),
      clientInfo: this.#clientInfo,
    };
    const texts = Object.entries(params).map(([key, value]) => [key, JSON.stringify(value)]);
    const body = requestText(this.#nextId++, 'initialize', Object.fromEntries(texts), {});
    const response = await this.#post(body, hooks.signal);
    const { value } = resultOf(await readAnswer(response, () => {}));
    const id = response.headers['mcp-session-id'];
    if (typeof id !== 'string') throw new ConversationLost('The gateway opened no session.');
    this.#headers = { ...this.#headers, 'mcp-session-id': id, 'mcp-protocol-version': String(value.protocolVersion) };
    this.#isOpen = true;
    await this.#tell('notifications/initialized', {});
    if (hooks.onLog && isObject(objectAt(value, 'capabilities').logging)) await this.#wantLogs();
  }

  async #wantLogs(): Promise<void> {
    const response = await this.#post(requestText(this.#nextId++, 'logging/setLevel', { level: '"info"' }, {}));
    await readAnswer(response, () => {});
  }

  #onMessage(message: Message, hooks: Hooks): void {
    if (message.kind === 'request') void this.#answer(message, hooks);
    else hear(message, hooks);
  }

  async #answer({ bytes, id }: Message, hooks: Hooks): Promise<void> {
    const question = parsed(bytes.toString('utf8'));
    const result = await answerQuestion(isObject(question) ? question : {}, hooks);
    await this.#send(JSON.stringify({ jsonrpc: '2.0', id, result }));
  }

  #tell(method: string, params: JsonObject): Promise<void> {
    return this.#send(JSON.stringify({ jsonrpc: '2.0', method, params }));
  }

  /** For what gets no answer. That it may not arrive is noticed where an answer is waited for. */
  async #send(body: string): Promise<void> {
    await this.#post(body).then(
      (response) => response.resume(),
      () => undefined,
    );
  }

  #post(body: string, signal?: AbortSignal) {
    return exchange(this.#gate, { method: 'POST', path: this.#path, headers: this.#headers, body, signal });
  }
}
