/*
 * One request on its way to an HTTP+SSE server: only whether the server takes it matters, for the answer comes elsewhere.
 *
 * The answer may come before the POST is over, and some servers end the POST only when they have answered. So the POST has
 * no clock of its own while somebody waits for the answer, and little time once nobody does.
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import type { GatewayError } from '../../model/errors.ts';
import { Drain } from './http-drain.ts';
import { networkFailure, statusFailure } from './http-failures.ts';
import type { HttpLine } from './http-line.ts';
import type { Outgoing } from './stdio-writer.ts';

type Controller = Dispatcher.DispatchController;

/** Cutting a POST off costs its connection, so one that is about to end may. */
const GRACE_MS = 1_000;

const NOT_NEEDED = new Error('no longer needed');

export class Delivery implements Dispatcher.DispatchHandler {
  readonly #outgoing: Outgoing;
  readonly #onFailure: (failure: GatewayError) => void;
  #controller: Controller | undefined;
  #drain: Drain | undefined;
  #timer: NodeJS.Timeout | undefined;
  #over = false;

  /** `onFailure` is told when the server did not take it, or may not have. */
  constructor(outgoing: Outgoing, onFailure: (failure: GatewayError) => void) {
    this.#outgoing = outgoing;
    this.#onFailure = onFailure;
  }

  start({ pool, path, headers }: HttpLine, extra: readonly string[]): void {
    pool.dispatch({ path, method: 'POST', headers: headers.forPost(extra), body: this.#outgoing.bytes }, this);
  }

  /** Nobody waits for the answer any more. What is not sent yet must have been dropped. */
  letGo(): void {
    if (!this.#over && this.#controller)
      this.#timer ??= setTimeout(() => this.#controller?.abort(NOT_NEEDED), GRACE_MS);
  }

  onRequestStart(controller: Controller): void {
    if (this.#outgoing.dropped) {
      controller.abort(NOT_NEEDED);
      return;
    }
    this.#controller = controller;
    this.#outgoing.sent = true;
  }

  onResponseStart(controller: Controller, status: number, headers: IncomingHttpHeaders): void {
    if (status < 200) return;
    this.#end();
    this.#drain = new Drain(controller);
    if (status >= 300) this.#onFailure(statusFailure(status, headers, false));
  }

  onResponseData(_controller: Controller, chunk: Buffer): void {
    this.#drain?.take(chunk);
  }

  onResponseEnd(): void {
    this.#drain?.end();
  }

  onResponseError(_controller: Controller | null, error: Error): void {
    this.#drain?.end();
    if (this.#over) return;
    this.#end();
    this.#onFailure(networkFailure(error, this.#controller !== undefined));
  }

  #end(): void {
    this.#over = true;
    clearTimeout(this.#timer);
  }
}
