/*
 * The session (2025-11-25 and before) of a client on pipes at an address: opened with the client's own `initialize`, named in
 * every later request, heard on a stream of its own, ended when the client goes.
 *
 * When the address forgets it, after a restart above all, it is made once more with what the client said when it opened it;
 * what it had asked for besides, log messages and updates of resources, is asked for again, and the client is told that
 * lists may have changed. A request that was refused with the old session has not run, so it may be sent again.
 */
import type { IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Message } from '../model/message.ts';
import { notificationText } from '../wire/codec.ts';
import { readString } from '../wire/json/members.ts';
import { splice } from '../wire/json/splice.ts';
import { isEventStream, parsed, readAnswer, readMessages } from './answer-stream.ts';
import type { Courier } from './courier.ts';
import { bodyOf } from './exchange.ts';
import { isObject, type JsonObject, numberAt, objectAt, textAt } from './json.ts';

const REOPEN_MS = 500;
const REOPEN_MAX_MS = 15_000;
const METHOD_UNKNOWN = -32601;

type Headers = Readonly<Record<string, string>>;

export class CarriedSession {
  readonly #courier: Courier;
  /** Ends with the client. */
  readonly #over: AbortSignal;
  #initialize: Message | undefined;
  #initialized: Buffer | undefined;
  #headers: Headers = {};
  /** What the server said it can do when the client opened the session. */
  #capabilities: JsonObject = {};
  /** Standing wishes of the client, by what they are about. */
  readonly #wishes = new Map<string, Message>();
  #remaking: Promise<void> | undefined;
  #listening: AbortController | undefined;
  #remade = 0;

  constructor(courier: Courier, over: AbortSignal) {
    this.#courier = courier;
    this.#over = over;
  }

  /** Hands the answer on, and knows the session from then on. */
  async open(message: Message): Promise<void> {
    const response = await this.#courier.post(message.bytes, {}, this.#over);
    await this.#courier.deliver(response, message, (answer) => {
      if (answer.kind !== 'result') return;
      const result = objectAt(parsed(answer.bytes.toString('utf8')), 'result');
      this.#initialize = message;
      this.#capabilities = objectAt(result, 'capabilities');
      this.#headers = headersOf(response, result);
    });
  }

  async ask(message: Message, heard?: (answer: Message) => void): Promise<void> {
    const used = this.#headers;
    const response = await this.#courier.post(message.bytes, used, this.#over);
    if (response.statusCode !== 404 || !isNamed(used)) {
      await this.#courier.deliver(response, message, heard);
    } else {
      const body = await bodyOf(response);
      // A method that nobody knows is not found either.
      if (isMethodUnknown(body)) return this.#courier.deliverBody(response, body, message);
      await this.#remake(used);
      const again = await this.#courier.post(message.bytes, this.#headers, this.#over);
      await this.#courier.deliver(again, message, heard);
    }
    this.#remember(message);
  }

  /** What gets no answer, and batches. */
  async tell(bytes: Buffer, method = ''): Promise<void> {
    if (method === 'notifications/initialized') this.#initialized = bytes;
    const response = await this.#courier.post(bytes, this.#headers, this.#over);
    await this.#courier.deliver(response);
    if (method === 'notifications/initialized') this.#listen();
  }

  async end(): Promise<void> {
    this.#listening?.abort();
    if (!isNamed(this.#headers)) return;
    const signal = AbortSignal.timeout(1_000);
    // A session that is not ended ends by itself; there is nothing to say about it.
    await this.#courier.send({ method: 'DELETE', headers: this.#headers, signal }).then(
      (response) => response.resume(),
      () => undefined,
    );
  }

  #remember(message: Message): void {
    const { method, bytes, params } = message;
    const uri = params?.uri ? readString(bytes, params.uri) : '';
    if (method === 'logging/setLevel') this.#wishes.set('level', message);
    if (method === 'resources/subscribe') this.#wishes.set(`uri ${uri}`, message);
    if (method === 'resources/unsubscribe') this.#wishes.delete(`uri ${uri}`);
  }

  /** Once for all requests that were refused with the same session. */
  #remake(used: Headers): Promise<void> {
    if (this.#headers !== used) return this.#remaking ?? Promise.resolve();
    this.#remaking ??= this.#open().finally(() => {
      this.#remaking = undefined;
    });
    return this.#remaking;
  }

  async #open(): Promise<void> {
    const { response, result } = await this.#again(this.#initialize as Message, {});
    this.#headers = headersOf(response, result);
    if (this.#initialized) (await this.#courier.post(this.#initialized, this.#headers, this.#over)).resume();
    this.#listen();
    for (const wish of this.#wishes.values()) await this.#again(wish, this.#headers).catch(() => undefined);
    for (const kind of ['tools', 'prompts', 'resources']) {
      if (objectAt(this.#capabilities, kind).listChanged === true)
        this.#courier.say(Buffer.from(notificationText(`notifications/${kind}/list_changed`)));
    }
  }

  /** Sends again what the client has said before, under an id of ours; the answer is not for the client. */
  async #again(
    { bytes, idSpan }: Message,
    headers: Headers,
  ): Promise<{ response: IncomingMessage; result: JsonObject }> {
    const id = JSON.stringify(`again-${++this.#remade}`);
    const body = idSpan ? splice(bytes, [{ ...idSpan, put: id }]) : bytes;
    const response = await this.#courier.post(body, headers, this.#over);
    const answer = await readAnswer(response, () => undefined);
    if (answer?.kind !== 'result') throw new Error('the session could not be opened again');
    return { response, result: objectAt(parsed(answer.bytes.toString('utf8')), 'result') };
  }

  /** What belongs to no request comes on a stream of its own, where the address has one. */
  #listen(): void {
    this.#listening?.abort();
    const listening = new AbortController();
    this.#listening = listening;
    const signal = AbortSignal.any([this.#over, listening.signal]);
    void this.#hear(signal).catch(() => undefined);
  }

  async #hear(signal: AbortSignal): Promise<void> {
    for (let waitMs = REOPEN_MS; !signal.aborted; waitMs = Math.min(waitMs * 2, REOPEN_MAX_MS)) {
      const used = this.#headers;
      const heard = await this.#hearOnce(used, signal).catch(() => 'lost' as const);
      if (heard === 'none' || signal.aborted) return;
      // The session's next stream is opened with it.
      if (heard === 'forgotten' && (await this.#isRemade(used))) return;
      if (heard === 'ended') waitMs = REOPEN_MS;
      await sleep(waitMs, undefined, { signal });
    }
  }

  async #isRemade(used: Headers): Promise<boolean> {
    return this.#remake(used).then(
      () => true,
      () => false,
    );
  }

  async #hearOnce(headers: Headers, signal: AbortSignal): Promise<'ended' | 'forgotten' | 'none'> {
    const fields = { ...headers, accept: 'text/event-stream' };
    const response = await this.#courier.send({ method: 'GET', headers: fields, signal });
    if (response.statusCode === 200 && isEventStream(response)) {
      await readMessages(
        response,
        (bytes) => this.#courier.say(bytes),
        () => this.#courier.room(),
      );
      return 'ended';
    }
    response.resume();
    return response.statusCode === 404 && isNamed(headers) ? 'forgotten' : 'none';
  }
}

function headersOf({ headers }: IncomingMessage, result: JsonObject): Headers {
  const id = headers['mcp-session-id'];
  const version = textAt(result, 'protocolVersion');
  return {
    ...(typeof id === 'string' ? { 'mcp-session-id': id } : {}),
    ...(version === undefined ? {} : { 'mcp-protocol-version': version }),
  };
}

function isNamed(headers: Headers): boolean {
  return headers['mcp-session-id'] !== undefined;
}

function isMethodUnknown(body: Buffer): boolean {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'));
    return isObject(value) && value.id !== undefined && numberAt(objectAt(value, 'error'), 'code') === METHOD_UNKNOWN;
  } catch {
    return false;
  }
}
