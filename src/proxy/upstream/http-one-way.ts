/*
 * Requests of which only the status matters: notifications, answers to a server's questions, the end of a session.
 *
 * They have no caller who could cancel them, so each has its own deadline.
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import { GatewayError } from '../../model/errors.ts';
import { Drain } from './http-drain.ts';
import { networkFailure, statusFailure } from './http-failures.ts';
import type { HttpLine } from './http-line.ts';

type Controller = Dispatcher.DispatchController;

export interface OneWayRequest {
  readonly method: 'POST' | 'DELETE';
  readonly headers: string[];
  readonly body: Buffer | null;
  readonly timeoutMs: number;
}

/** Resolves as soon as the server says 2xx, rejects with a typed failure otherwise. */
export function sendOneWay(line: HttpLine, request: OneWayRequest): Promise<void> {
  return new Promise((resolve, reject) => new OneWay(line, resolve, reject).start(request));
}

class OneWay implements Dispatcher.DispatchHandler {
  readonly #line: HttpLine;
  readonly #hadSession: boolean;
  readonly #resolve: () => void;
  readonly #reject: (reason: GatewayError) => void;
  #timer: NodeJS.Timeout | undefined;
  #controller: Controller | undefined;
  #drain: Drain | undefined;
  #settled = false;

  constructor(line: HttpLine, resolve: () => void, reject: (reason: GatewayError) => void) {
    this.#line = line;
    this.#hadSession = line.headers.hasSession;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  start({ method, headers, body, timeoutMs }: OneWayRequest): void {
    this.#timer = setTimeout(() => this.#onTimeout(timeoutMs), timeoutMs);
    this.#line.pool.dispatch({ path: this.#line.path, method, headers, body }, this);
  }

  onRequestStart(controller: Controller): void {
    this.#controller = controller;
    if (this.#settled) controller.abort(new Error('ended before it was sent'));
  }

  onResponseStart(controller: Controller, status: number, headers: IncomingHttpHeaders): void {
    if (status < 200) return;
    const taken = status < 300;
    this.#settle(taken ? undefined : statusFailure(status, headers, this.#hadSession));
    this.#drain = new Drain(controller);
  }

  onResponseData(_controller: Controller, chunk: Buffer): void {
    this.#drain?.take(chunk);
  }

  onResponseEnd(): void {
    this.#drain?.end();
  }

  onResponseError(_controller: Controller | null, error: Error): void {
    this.#drain?.end();
    this.#settle(networkFailure(error, this.#controller !== undefined));
  }

  #onTimeout(timeoutMs: number): void {
    this.#settle(new GatewayError('upstream_timeout', { internal: { timeoutMs } }));
    this.#controller?.abort(new Error('not answered in time'));
  }

  #settle(failure: GatewayError | undefined): void {
    if (this.#settled) return;
    this.#settled = true;
    clearTimeout(this.#timer);
    if (failure) this.#reject(failure);
    else this.#resolve();
  }
}
