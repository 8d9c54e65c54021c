/*
 * One request to an HTTP server until its answer: one object, which undici calls back.
 *
 *   POST ─▶ JSON body ─────────────────▶ answer
 *        ─▶ event stream ─▶ interim … ─▶ answer        (http-answer-stream.ts)
 *             └ ends without it, after an event with an id ─▶ GET, and on with the stream   (http-resume.ts)
 *
 * This is the way of every call, so there is no stream, signal or second promise in it. The exchange settles once; what
 * comes after that is drained.
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import { GatewayError } from '../../model/errors.ts';
import type { Message } from '../../model/message.ts';
import { isPlain, mediaKind, readAnswer } from './http-answer.ts';
import { AnswerStream } from './http-answer-stream.ts';
import { BoundedBody } from './http-body.ts';
import { Drain } from './http-drain.ts';
import { invalidAnswer, networkFailure, statusFailure, tooLarge, withSample } from './http-failures.ts';
import type { HttpLine } from './http-line.ts';
import { Resumption } from './http-resume.ts';
import type { Answer, Exchange } from './transport.ts';

type Controller = Dispatcher.DispatchController;

/** A session id is visible ASCII (MCP 2025-11-25, Session Management); another could not be sent back. */
const SESSION_ID = /^[\x21-\x7e]+$/;

export function runExchange(line: HttpLine, exchange: Exchange): Promise<Answer> {
  return new Promise((resolve, reject) => new HttpExchange(line, exchange, resolve, reject).start());
}

export class HttpExchange implements Dispatcher.DispatchHandler {
  readonly #line: HttpLine;
  readonly #exchange: Exchange;
  readonly #resolve: (answer: Answer) => void;
  readonly #reject: (reason: GatewayError) => void;
  #unlisten: (() => void) | undefined;
  #settled = false;

  /** Present from the moment the request may reach the server until its response is over. */
  #controller: Controller | undefined;
  #status = 0;
  #hadSession = false;
  #sessionId: string | undefined;

  // What the response turned out to be; one of these at most.
  #body: BoundedBody | undefined;
  #stream: AnswerStream | undefined;
  #refusal: GatewayError | undefined;

  #drain: Drain | undefined;
  #resumption: Resumption | undefined;

  constructor(
    line: HttpLine,
    exchange: Exchange,
    resolve: (answer: Answer) => void,
    reject: (reason: GatewayError) => void,
  ) {
    this.#line = line;
    this.#exchange = exchange;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  start(): void {
    this.#unlisten = this.#exchange.cancellation.onCancel((reason) => this.#giveUp(reason));
    if (this.#settled) return;
    const { path, headers } = this.#line;
    const pool = this.#exchange.long ? this.#line.longPool : this.#line.pool;
    this.#hadSession = headers.hasSession;
    const fields = headers.forPost(this.#exchange.headers);
    // `blocking` matters to pipelining only, and costs a wake-up of the pool.
    pool.dispatch({ path, method: 'POST', headers: fields, body: this.#exchange.bytes, blocking: false }, this);
  }

  get settled(): boolean {
    return this.#settled;
  }

  answer(message: Message): void {
    if (!this.#settle()) return;
    this.#resolve({ message, status: this.#status, sessionId: this.#sessionId });
  }

  /** Ends the exchange and whatever still comes for it. */
  fail(reason: GatewayError): void {
    if (!this.#settle()) return;
    this.#reject(reason);
    this.#resumption?.close();
    this.#controller?.abort(reason);
  }

  #giveUp(reason: GatewayError): void {
    if (this.#controller) this.#line.events.onAbandoned(this.#exchange.id);
    this.fail(reason);
  }

  #settle(): boolean {
    if (this.#settled) return false;
    this.#settled = true;
    this.#unlisten?.();
    return true;
  }

  onRequestStart(controller: Controller): void {
    this.#controller = controller;
    if (this.#settled) controller.abort(new Error('ended before it was sent'));
  }

  onResponseStart(_controller: Controller, status: number, headers: IncomingHttpHeaders): void {
    if (status < 200) return;
    this.#status = status;
    this.#sessionId = sessionIdIn(headers);
    const kind = mediaKind(headers['content-type']);
    if (!isPlain(headers['content-encoding'])) this.#refusal = invalidAnswer('the body is encoded', { status });
    else if (status === 200 && kind === 'events') this.#stream = new AnswerStream(this.#line, this.#exchange, this);
    else if (kind === 'json' && this.#mayAnswer(status)) this.#openBody(headers);
    else this.#refusal = this.#refusalOf(status, headers);
  }

  onResponseData(controller: Controller, chunk: Buffer): void {
    if (this.#settled) {
      this.#drainOf(controller).take(chunk);
    } else if (this.#body) {
      if (!this.#body.push(chunk)) this.fail(tooLarge(this.#line.limits.answerBytesMax));
    } else if (this.#stream) {
      this.#stream.intake.push(chunk);
      if (this.#settled) this.#drainOf(controller);
    } else if (this.#refusal) {
      this.#failAndDrain(withSample(this.#refusal, chunk), controller);
    }
  }

  onResponseEnd(): void {
    this.#drain?.end();
    this.#controller = undefined;
    if (this.#settled) return;
    if (this.#body) this.#onWholeBody(this.#body);
    else if (this.#stream) this.#onStreamOver(this.#stream, new Error('the stream ended before the answer'));
    else this.fail(this.#refusal ?? invalidAnswer('no answer', { status: this.#status }));
  }

  onResponseError(_controller: Controller | null, error: Error): void {
    this.#drain?.end();
    const delivered = this.#controller !== undefined;
    this.#controller = undefined;
    if (this.#settled) return;
    // A GatewayError is our own verdict on the stream (an event over the limit); asking for more would not help.
    if (this.#stream && !(error instanceof GatewayError)) this.#onStreamOver(this.#stream, error);
    else this.fail(networkFailure(error, delivered));
  }

  /** Whether a JSON body under this status can be the answer: a refusal of credentials or of a session never is. */
  #mayAnswer(status: number): boolean {
    if (status === 200) return true;
    if (status < 400 || status === 401 || status === 403) return false;
    return !(status === 404 && this.#hadSession);
  }

  #refusalOf(status: number, headers: IncomingHttpHeaders): GatewayError {
    if (status === 200) return invalidAnswer('neither JSON nor an event stream');
    return statusFailure(status, headers, this.#hadSession);
  }

  #openBody(headers: IncomingHttpHeaders): void {
    const { answerBytesMax } = this.#line.limits;
    const declaredBytes = Number(headers['content-length'] ?? 0);
    if (declaredBytes > answerBytesMax) this.fail(tooLarge(answerBytesMax));
    else this.#body = new BoundedBody(answerBytesMax, declaredBytes);
  }

  #onWholeBody(body: BoundedBody): void {
    const bytes = body.bytes();
    const reading = readAnswer(bytes, this.#exchange.id, this.#status, this.#line.limits.jsonDepthMax);
    if (reading.ok) this.answer(reading.message);
    else if (this.#status === 200) this.fail(reading.failure);
    else this.fail(withSample(statusFailure(this.#status, {}, this.#hadSession), bytes));
  }

  /** A legacy server may let go of a stream whose events it numbers, and expects to be asked for the rest. */
  #onStreamOver(stream: AnswerStream, error: Error): void {
    if (stream.intake.lastEventId === undefined) {
      this.fail(networkFailure(error, true));
      return;
    }
    this.#resumption = new Resumption(this.#line, stream, this);
    this.#resumption.wait();
  }

  #failAndDrain(reason: GatewayError, controller: Controller): void {
    this.#controller = undefined;
    this.fail(reason);
    this.#drainOf(controller);
  }

  #drainOf(controller: Controller): Drain {
    this.#drain ??= new Drain(controller);
    return this.#drain;
  }
}

function sessionIdIn(headers: IncomingHttpHeaders): string | undefined {
  const id = headers['mcp-session-id'];
  return typeof id === 'string' && SESSION_ID.test(id) ? id : undefined;
}
