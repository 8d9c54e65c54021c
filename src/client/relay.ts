/*
 * A client on pipes joined to an address that speaks Streamable HTTP: each line is posted there, and what comes back is
 * written as lines. On a pipe each request says for itself in which revision it speaks, and so it is carried:
 *
 *   it describes itself (2026-07-28)   a POST of its own, with a head made from the body; cancelling it drops the POST
 *   all else                           belongs to the one session of the pipe (`carried-session.ts`)
 *
 * The bytes of a message are not changed either way. What cannot be delivered is answered with an error, and the next
 * message is tried again: an address that comes back is used again.
 */
import type { Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { LIMITS } from '../model/limits.ts';
import type { Message } from '../model/message.ts';
import { memberOf, readValue } from '../wire/json/members.ts';
import { scanCall } from '../wire/json/scan-call.ts';
import { LineCutter } from '../wire/lines.ts';
import { CarriedSession } from './carried-session.ts';
import { allPages } from './converse.ts';
import { Courier, type Trouble } from './courier.ts';
import { encoded, headOf, stated } from './described-head.ts';
import { type Address, bodyOf } from './exchange.ts';
import { type JsonObject, numberAt, objectAt } from './json.ts';
import { SelfDescribed } from './self-described.ts';
import { ToolParams } from './tool-params.ts';

export interface RelayParts {
  readonly address: Address;
  readonly path: string;
  readonly clientInfo: JsonObject;
  readonly input: Readable;
  readonly output: Writable;
  /** Ends the relay before the client does. */
  readonly signal: AbortSignal;
  readonly onTrouble: (trouble: Trouble) => void;
}

/** How long what runs may go on when the client has said its last. */
const DRAIN_MS = 2_500;
/** For the last lines to be read by a client when we are told to stop. */
const LAST_WORDS_MS = 250;
/** As strict as a gateway and no stricter: what is too much is the address's to say. */
const BOUNDS = { depthMax: LIMITS.jsonDepthMax.max, keysMax: LIMITS.jsonKeysMax.max };
const HEADER_MISMATCH = -32020;

/** Resolves when the client has gone; with whether the address ever understood us. */
export async function relay(parts: RelayParts): Promise<boolean> {
  const running = new Relay(parts);
  await running.untilEnd();
  return running.hasReached;
}

class Relay {
  readonly #parts: RelayParts;
  readonly #courier: Courier;
  readonly #session: CarriedSession;
  readonly #params: ToolParams;
  readonly #over = new AbortController();
  /** Requests that describe themselves, by the JSON text of their id: how to drop them. */
  readonly #posts = new Map<string, { readonly method: string; readonly drop: AbortController }>();
  /** Requests of the session, the same way. */
  readonly #asked = new Set<string>();
  readonly #pending = new Set<Promise<void>>();
  /** Resolves when more can be said in the session. */
  #ready: Promise<void> = Promise.resolve();

  constructor(parts: RelayParts) {
    this.#parts = parts;
    this.#courier = new Courier(parts);
    this.#session = new CarriedSession(this.#courier, this.#over.signal);
    const { address, path, clientInfo } = parts;
    const own = new SelfDescribed(address, path, clientInfo);
    this.#params = new ToolParams(() => allPages(own, { method: 'tools/list', member: 'tools' }, this.#over.signal));
  }

  get hasReached(): boolean {
    return this.#courier.hasReached;
  }

  async untilEnd(): Promise<void> {
    const { input, output, signal } = this.#parts;
    const stopped = Promise.withResolvers<void>();
    const stop = () => {
      stopped.resolve();
      input.destroy();
    };
    signal.addEventListener('abort', stop, { once: true });
    // A client that does not read any more is gone.
    output.on('error', stop).on('close', stop);
    if (signal.aborted) stop();
    // Whatever is waited for to read on, an answer to `initialize` or a client that reads, may never come.
    await Promise.race([this.#readAll().catch(() => undefined), stopped.promise]);
    for (const { method, drop } of this.#posts.values()) if (method === 'subscriptions/listen') drop.abort();
    if (!signal.aborted) await Promise.race([this.#settled(), sleep(DRAIN_MS, undefined, { signal }).catch(() => {})]);
    await this.#session.end();
    this.#over.abort();
    this.#parts.address.agent.destroy();
    if (output.destroyed) return;
    const said = new Promise<void>((resolve) => output.write('', () => resolve()));
    await Promise.race([said, stopped.promise.then(() => sleep(LAST_WORDS_MS))]);
  }

  async #settled(): Promise<void> {
    while (this.#pending.size > 0) await Promise.all(this.#pending);
  }

  /** No faster than the client reads. */
  async #readAll(): Promise<void> {
    const { input } = this.#parts;
    let lines: Buffer[] = [];
    const cutter = new LineCutter(LIMITS.bodyBytesMax.max, {
      onLine: (line) => lines.push(line),
      onTooLong: () => this.#courier.refuse(undefined, 'body_too_large', 'The line is too large.'),
    });
    const takeAll = async () => {
      const cut = lines;
      lines = [];
      for (const line of cut) await this.#take(line);
    };
    for await (const chunk of input as AsyncIterable<Buffer>) {
      cutter.push(chunk);
      await takeAll();
      await this.#courier.room();
    }
    // The last line may have come without its newline.
    cutter.push(Buffer.from('\n'));
    await takeAll();
  }

  /**
   * Resolves when the next line may be taken; what is asked goes on beside it. Nothing is said in the session before it is
   * open, but the end of the input is heard while it is being opened.
   */
  async #take(line: Buffer): Promise<void> {
    // Views into what was read are overwritten by nobody, but are kept as long as a call.
    const scan = scanCall(Buffer.from(line), BOUNDS);
    const version = scan.ok && scan.message.kind === 'request' ? stated(scan.message) : undefined;
    if (version === undefined) await this.#ready;
    if (!scan.ok) {
      if (scan.code === 'batch') this.#begin(undefined, this.#session.tell(Buffer.from(line)));
      else this.#courier.refuse(scan.id, scan.code, `Not a valid message: ${scan.why}.`);
      return;
    }
    const { message } = scan;
    if (message.kind !== 'request') return this.#tell(message);
    if (version !== undefined) this.#begin(message, this.#askAlone(message, version));
    else if (message.method === 'initialize') this.#ready = this.#begin(message, this.#session.open(message));
    else this.#begin(message, this.#askInSession(message));
  }

  async #askInSession(message: Message): Promise<void> {
    const id = JSON.stringify(message.id);
    this.#asked.add(id);
    try {
      await this.#session.ask(message, (answer) => this.#heard(message, answer));
    } catch (thrown) {
      if (!this.#courier.silenced.has(id)) throw thrown;
    } finally {
      this.#asked.delete(id);
      this.#courier.silenced.delete(id);
    }
  }

  #begin(request: Message | undefined, work: Promise<void>): Promise<void> {
    const done: Promise<void> = work
      .catch((thrown: unknown) => {
        if (!this.#over.signal.aborted) this.#courier.fail(request?.id, thrown);
      })
      .finally(() => this.#pending.delete(done));
    this.#pending.add(done);
    return done;
  }

  /** That a session is initialized must be there before its first request. */
  #tell(message: Message): void {
    if (message.method === 'notifications/cancelled' && this.#drop(message)) return;
    const told = this.#begin(undefined, this.#session.tell(message.bytes, message.method));
    if (message.method === 'notifications/initialized') this.#ready = told;
  }

  /** True when that is all there is to it. Whoever has cancelled gets no answer (Cancellation). */
  #drop({ bytes, params }: Message): boolean {
    const span = params && memberOf(bytes, params.self, 'requestId')?.value;
    const id = span === undefined ? '' : JSON.stringify(readValue(bytes, span));
    if (this.#asked.has(id)) this.#courier.silenced.add(id);
    const post = this.#posts.get(id);
    post?.drop.abort();
    return post !== undefined;
  }

  async #askAlone(message: Message, version: string): Promise<void> {
    const drop = new AbortController();
    const id = JSON.stringify(message.id);
    this.#posts.set(id, { method: message.method, drop });
    const signal = AbortSignal.any([drop.signal, this.#over.signal]);
    try {
      const isCall = message.method === 'tools/call';
      const head = headOf(message, version);
      const mirrored = isCall ? encoded(await this.#params.headersFor(message)) : {};
      const response = await this.#courier.post(message.bytes, { ...head, ...mirrored }, signal);
      if (!isCall || response.statusCode !== 400)
        return await this.#courier.deliver(response, message, (answer) => this.#heard(message, answer));
      const body = await bodyOf(response);
      if (!isMismatch(body)) return this.#courier.deliverBody(response, body, message);
      // The tool is another one by now. What was refused for its head has not run.
      await this.#params.refresh();
      const anew = { ...head, ...encoded(await this.#params.headersFor(message)) };
      await this.#courier.deliver(await this.#courier.post(message.bytes, anew, signal), message);
    } catch (thrown) {
      if (!drop.signal.aborted) throw thrown;
    } finally {
      this.#posts.delete(id);
    }
  }

  #heard({ method }: Message, answer: Message): void {
    if (method === 'tools/list' && answer.kind === 'result') this.#params.saw(answer);
  }
}

function isMismatch(body: Buffer): boolean {
  try {
    return numberAt(objectAt(JSON.parse(body.toString('utf8')), 'error'), 'code') === HEADER_MISMATCH;
  } catch {
    return false;
  }
}
