/*
 * The rest of a response that nobody needs any more.
 *
 * Reading a short rest to its end lets the connection be used again; a long or slow one is cheaper to cut off. Whoever
 * sends forever after it has answered must not hold a connection.
 */
import type { Dispatcher } from 'undici';

const DRAIN_BYTES_MAX = 64 * 1024;
const DRAIN_TIME_MS = 250;

export class Drain {
  readonly #controller: Dispatcher.DispatchController;
  readonly #timer: NodeJS.Timeout;
  #bytes = 0;

  constructor(controller: Dispatcher.DispatchController) {
    this.#controller = controller;
    this.#timer = setTimeout(() => this.#cut(), DRAIN_TIME_MS).unref();
  }

  take(chunk: Buffer): void {
    this.#bytes += chunk.length;
    if (this.#bytes > DRAIN_BYTES_MAX) this.#cut();
  }

  /** The response is over, however it ended. */
  end(): void {
    clearTimeout(this.#timer);
  }

  #cut(): void {
    clearTimeout(this.#timer);
    this.#controller.abort(new Error('the rest of the response is not needed'));
  }
}
