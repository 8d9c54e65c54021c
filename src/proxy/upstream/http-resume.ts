/*
 * The rest of an exchange whose event stream ended before the answer (MCP 2025-11-25, Resumability and Redelivery).
 *
 * After the time the server asked for, a GET with the last event id carries the stream on; as often as the server lets
 * go of it again. The request itself was delivered once and is never sent a second time, so whatever fails here is
 * `upstream_lost`. The caller's deadline ends the waiting.
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import { GatewayError } from '../../model/errors.ts';
import { isPlain, mediaKind } from './http-answer.ts';
import type { AnswerStream, StreamOwner } from './http-answer-stream.ts';
import { Drain } from './http-drain.ts';
import type { HttpLine } from './http-line.ts';

type Controller = Dispatcher.DispatchController;

/** Attempts in a row that get no stream before the exchange is given up. */
const FAILURES_MAX = 3;

export class Resumption implements Dispatcher.DispatchHandler {
  readonly #line: HttpLine;
  readonly #stream: AnswerStream;
  readonly #owner: StreamOwner;
  #timer: NodeJS.Timeout | undefined;
  #controller: Controller | undefined;
  #drain: Drain | undefined;
  #streaming = false;
  #failures = 0;

  constructor(line: HttpLine, stream: AnswerStream, owner: StreamOwner) {
    this.#line = line;
    this.#stream = stream;
    this.#owner = owner;
  }

  wait(): void {
    this.#line.waiting.add(this);
    this.#timer = setTimeout(() => this.#ask(), this.#stream.intake.retryMs);
  }

  /** Ends the waiting or the stream, and the exchange if it has not ended. */
  close(): void {
    clearTimeout(this.#timer);
    this.#line.waiting.delete(this);
    this.#owner.fail(lost({ why: 'closed before the answer' }));
    this.#controller?.abort(new Error('no longer needed'));
  }

  #ask(): void {
    this.#line.waiting.delete(this);
    this.#streaming = false;
    const { pool, path, headers } = this.#line;
    pool.dispatch({ path, method: 'GET', headers: headers.forStream(this.#stream.intake.lastEventId) }, this);
  }

  onRequestStart(controller: Controller): void {
    this.#controller = controller;
    if (this.#owner.settled) controller.abort(new Error('no longer needed'));
  }

  onResponseStart(controller: Controller, status: number, headers: IncomingHttpHeaders): void {
    if (status < 200) return;
    const isStream = mediaKind(headers['content-type']) === 'events' && isPlain(headers['content-encoding']);
    if (status === 200 && isStream) {
      this.#streaming = true;
      this.#failures = 0;
      this.#stream.intake.reopen();
      return;
    }
    this.#controller = undefined;
    this.#owner.fail(lost({ why: 'the server does not resume the stream', status }));
    this.#drain = new Drain(controller);
  }

  onResponseData(controller: Controller, chunk: Buffer): void {
    if (this.#drain) {
      this.#drain.take(chunk);
      return;
    }
    this.#stream.intake.push(chunk);
    if (this.#owner.settled) this.#drain = new Drain(controller);
  }

  onResponseEnd(): void {
    this.#drain?.end();
    this.#controller = undefined;
    if (!this.#owner.settled) this.wait();
  }

  onResponseError(_controller: Controller | null, error: Error): void {
    this.#drain?.end();
    this.#controller = undefined;
    if (error instanceof GatewayError) this.#owner.fail(error);
    if (this.#owner.settled) return;
    if (!this.#streaming) this.#failures += 1;
    if (this.#failures < FAILURES_MAX) this.wait();
    else this.#owner.fail(lost({ why: 'the server cannot be reached to resume the stream', message: error.message }));
  }
}

function lost(internal: Readonly<Record<string, unknown>>): GatewayError {
  return new GatewayError('upstream_lost', { internal });
}
