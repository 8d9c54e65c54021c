/*
 * Carries single messages between a client that reads lines and an address that speaks Streamable HTTP: posts one, hands on
 * whatever comes back as it came, and makes an error for a waiting request of what is no answer.
 */
import type { IncomingMessage } from 'node:http';
import type { Writable } from 'node:stream';
import { ERRORS, type ErrorCode } from '../model/errors.ts';
import type { Message, RequestId } from '../model/message.ts';
import { jsonRpcError, jsonRpcFailure } from '../wire/codec.ts';
import { oneLine } from '../wire/json/one-line.ts';
import { scanAnswer } from '../wire/json/scan-answer.ts';
import { isEventStream, readMessages } from './answer-stream.ts';
import { type Address, bodyOf, type Exchange, exchange } from './exchange.ts';
import { POST_HEADERS } from './request-text.ts';

const DEPTH_MAX = 512;
const NEWLINE = Buffer.from('\n');

/** Why a message did not get there, or nothing came back. */
export class Trouble extends Error {
  override readonly name = 'Trouble';
  readonly code: ErrorCode;
  readonly about: 'address' | 'certificate' | 'credentials' | 'call';

  constructor(code: ErrorCode, say: string, about: Trouble['about']) {
    super(say);
    this.code = code;
    this.about = about;
  }
}

export interface CourierParts {
  readonly address: Address;
  readonly path: string;
  readonly output: Writable;
  readonly onTrouble: (trouble: Trouble) => void;
}

export class Courier {
  /** Something at the address has understood us. */
  hasReached = false;
  /** JSON texts of ids whose answers nobody waits for any more. */
  readonly silenced = new Set<string>();
  readonly #parts: CourierParts;
  #draining: Promise<void> | undefined;
  /** The address as it may be shown: a query can hold a secret. */
  readonly #shown: string;

  constructor(parts: CourierParts) {
    this.#parts = parts;
    this.#shown = `${parts.address.origin.origin}${parts.path.split('?')[0]}`;
  }

  say(message: Buffer): void {
    const { output } = this.#parts;
    output.write(oneLine(message));
    output.write(NEWLINE);
  }

  refuse(id: RequestId | undefined, code: ErrorCode, say: string): void {
    const error = { code: ERRORS[code].rpc, message: say };
    this.say(id === undefined ? jsonRpcFailure(error) : jsonRpcError(JSON.stringify(id), error));
  }

  /** For whoever waits for an answer, if anybody does, and for the person who has started us. */
  fail(id: RequestId | undefined, thrown: unknown): void {
    const trouble = this.#troubleOf(thrown);
    this.#parts.onTrouble(trouble);
    if (id !== undefined) this.refuse(id, trouble.code, trouble.message);
  }

  post(body: Buffer, headers: Readonly<Record<string, string>>, signal?: AbortSignal): Promise<IncomingMessage> {
    return this.send({ method: 'POST', headers: { ...POST_HEADERS, ...headers }, body, signal });
  }

  /** Resolves with the head of the answer. Rejects with `Trouble`. */
  async send(what: Omit<Exchange, 'path'>): Promise<IncomingMessage> {
    try {
      return await exchange(this.#parts.address, { ...what, path: this.#parts.path });
    } catch (thrown) {
      throw what.signal?.aborted ? thrown : this.#troubleOf(thrown);
    }
  }

  /** Hands on all that comes. Rejects with `Trouble` when `request` was not answered. */
  async deliver(response: IncomingMessage, request?: Message, heard?: (message: Message) => void): Promise<void> {
    if (!isGood(response)) return this.deliverBody(response, await bodyOf(response), request);
    let isAnswered = request === undefined;
    const take = (bytes: Buffer) => {
      const scan = scanAnswer(bytes, { depthMax: DEPTH_MAX });
      if (!scan.ok && scan.code !== 'batch') throw this.#noMcp(response);
      const isAnswer = scan.ok && (scan.message.kind === 'result' || scan.message.kind === 'error');
      isAnswered ||= isAnswer;
      if (scan.ok) heard?.(scan.message);
      this.hasReached = true;
      if (!isAnswer || !this.silenced.has(JSON.stringify(request?.id))) this.say(bytes);
    };
    if (!isEventStream(response) && !isJson(response) && !isAnswered) throw this.#noMcp(response);
    await readMessages(response, take, () => this.room());
    if (!isAnswered) throw this.#lost();
  }

  /** The same for a body that says why not, read already. */
  deliverBody(response: IncomingMessage, body: Buffer, request?: Message): void {
    const scan = scanAnswer(body, { depthMax: DEPTH_MAX });
    const outcome = scan.ok && scan.message.kind === 'error' ? scan.message.outcome : undefined;
    if (!scan.ok || !outcome) throw this.#refusal(response, undefined);
    this.hasReached ||= response.statusCode !== 401 && response.statusCode !== 404;
    if (request === undefined) return;
    const error = body.toString('utf8', outcome.start, outcome.end);
    const id = JSON.stringify(request.id);
    this.say(scan.message.id === undefined ? Buffer.from(`{"jsonrpc":"2.0","id":${id},"error":${error}}`) : body);
    if (scan.message.id === undefined) this.#parts.onTrouble(this.#refusal(response, error));
  }

  /** Resolves when the client reads. */
  room(): Promise<void> | undefined {
    const { output } = this.#parts;
    if (!output.writableNeedDrain || output.destroyed) return undefined;
    // One for all who wait.
    this.#draining ??= new Promise<void>((resolve) => {
      output.once('drain', resolve).once('close', resolve);
    }).finally(() => {
      this.#draining = undefined;
    });
    return this.#draining;
  }

  /** @param error JSON text of the error that the refusal carries. */
  #refusal({ statusCode = 0 }: IncomingMessage, error: string | undefined): Trouble {
    const shown = `${this.#shown} (${statusCode})`;
    if (statusCode === 401 || statusCode === 403)
      return new Trouble('upstream_auth', `The credentials are not accepted at ${shown}.`, 'credentials');
    if (statusCode >= 500 && statusCode !== 501)
      return new Trouble('upstream_down', `There is nobody who answers behind ${shown}.`, 'address');
    if (statusCode === 404 || statusCode === 405 || error === undefined)
      return new Trouble('upstream_refused', `There is no MCP over Streamable HTTP at ${shown}.`, 'address');
    return new Trouble('upstream_refused', `The request was refused at ${shown}.`, 'call');
  }

  #noMcp({ headers }: IncomingMessage): Trouble {
    const type = headers['content-type'] ?? 'no content type';
    return new Trouble('upstream_invalid', `What comes from ${this.#shown} is no MCP (${type}).`, 'address');
  }

  #lost(): Trouble {
    return new Trouble('upstream_lost', `${this.#shown} went away before it answered.`, 'call');
  }

  #troubleOf(thrown: unknown): Trouble {
    if (thrown instanceof Trouble) return thrown;
    const { code = '', message } = thrown as NodeJS.ErrnoException;
    if (code === 'ECONNRESET' || message === 'aborted') return this.#lost();
    const isCertificate = /CERT|SIGNED|ALTNAME|ISSUER/.test(code);
    // Node adds advice of its own.
    const why = isCertificate ? `${message.split(';')[0]} (${code}).` : code || message;
    const say = `${this.#shown} cannot be reached: ${why}`;
    return new Trouble('upstream_down', say, isCertificate ? 'certificate' : 'address');
  }
}

function isGood({ statusCode = 0 }: IncomingMessage): boolean {
  return statusCode >= 200 && statusCode < 300;
}

function isJson({ headers }: IncomingMessage): boolean {
  return headers['content-type']?.startsWith('application/json') === true;
}
