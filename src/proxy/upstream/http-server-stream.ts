/*
 * The GET stream on which a legacy server says what belongs to no call (MCP 2025-11-25, Listening for Messages).
 *
 * It is optional: a server that refuses it (405, or anything else that asking again would not change) is left alone.
 * A stream that drops is asked for again, further along if its events have ids; a server that is away is asked ever
 * more rarely.
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import { GatewayError } from '../../model/errors.ts';
import type { Message } from '../../model/message.ts';
import { isPlain, mediaKind } from './http-answer.ts';
import { Drain } from './http-drain.ts';
import { EventIntake, type EventSink } from './http-events.ts';
import type { HttpLine } from './http-line.ts';

type Controller = Dispatcher.DispatchController;

export class ServerStream implements Dispatcher.DispatchHandler, EventSink {
  readonly #line: HttpLine;
  readonly #intake: EventIntake;
  #controller: Controller | undefined;
  #drain: Drain | undefined;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;
  /** Attempts in a row that got no stream. */
  #failures = 0;

  constructor(line: HttpLine) {
    this.#line = line;
    this.#intake = new EventIntake(line.limits, this);
  }

  start(): void {
    const { longPool, path, headers } = this.#line;
    longPool.dispatch({ path, method: 'GET', headers: headers.forStream(this.#intake.lastEventId) }, this);
  }

  close(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#line.waiting.delete(this);
    this.#controller?.abort(new Error('no longer needed'));
  }

  onRequestStart(controller: Controller): void {
    this.#controller = controller;
    if (this.#stopped) controller.abort(new Error('no longer needed'));
  }

  onResponseStart(controller: Controller, status: number, headers: IncomingHttpHeaders): void {
    if (status < 200) return;
    const isStream = mediaKind(headers['content-type']) === 'events' && isPlain(headers['content-encoding']);
    if (status === 200 && isStream) this.#onStream();
    else this.#onRefusal(controller, status);
  }

  onResponseData(_controller: Controller, chunk: Buffer): void {
    if (this.#drain) this.#drain.take(chunk);
    else this.#intake.push(chunk);
  }

  onResponseEnd(): void {
    this.#onOver();
  }

  onResponseError(_controller: Controller | null, error: Error): void {
    // An event over the limit would come again with every new stream.
    if (error instanceof GatewayError) this.#giveUp(error.internal);
    else if (!this.#stopped) this.#line.events.onDoubt?.();
    this.#onOver();
  }

  onMessage(message: Message): void {
    if (this.#stopped) return;
    // Answers come on the stream of their request, or of its resumption (ibid.).
    if (message.kind === 'request' || message.kind === 'notification') this.#line.events.onStray(message);
    else this.#line.events.onOddity('an answer on the server stream', {});
  }

  onInvalid(failure: GatewayError): void {
    this.#line.events.onOddity('no message on the server stream', failure.internal);
  }

  #onRefusal(controller: Controller, status: number): void {
    this.#drain = new Drain(controller);
    if (status === 405) this.#stopped = true;
    else if (status === 404 && this.#line.headers.hasSession) this.#forgotten();
    else if (!mayPass(status)) this.#giveUp({ status });
    else this.#line.events.onDoubt?.();
  }

  #onStream(): void {
    this.#failures = 0;
    this.#intake.reopen();
  }

  /** The session is gone (2025-11-25, Session Management); a new one brings a new stream. */
  #forgotten(): void {
    this.#stopped = true;
    this.#line.events.onForgotten?.();
  }

  #giveUp(internal: Readonly<Record<string, unknown>>): void {
    this.#stopped = true;
    this.#line.events.onOddity('the server stream is given up', internal);
  }

  #onOver(): void {
    this.#drain?.end();
    this.#drain = undefined;
    this.#controller = undefined;
    if (this.#stopped) return;
    const waitMs = Math.min(this.#intake.retryMs * 2 ** this.#failures, this.#line.limits.reconnectMaxMs);
    this.#failures = Math.min(this.#failures + 1, 16);
    this.#line.waiting.add(this);
    this.#timer = setTimeout(() => this.#again(), waitMs).unref();
  }

  #again(): void {
    this.#line.waiting.delete(this);
    this.start();
  }
}

/** Whether asking again later may help: the server is busy or broken, and did not say no. */
function mayPass(status: number): boolean {
  return status === 408 || status === 429 || status >= 500;
}
