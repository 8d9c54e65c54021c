/*
 * The end of a call, seen by everyone who works for it.
 *
 * Not `AbortSignal`: a listener on one costs more than the whole policy ring (see bench/README.md), and a call needs
 * just this: has it ended, why, and who wants to know.
 */
import type { GatewayError } from './errors.ts';

export class Cancellation {
  #reason: GatewayError | undefined;
  #listeners: ((reason: GatewayError) => void)[] | undefined;

  get reason(): GatewayError | undefined {
    return this.#reason;
  }

  get cancelled(): boolean {
    return this.#reason !== undefined;
  }

  /** Ends the call. The first reason stays; later ones are ignored. */
  cancel(reason: GatewayError): void {
    if (this.#reason) return;
    this.#reason = reason;
    const listeners = this.#listeners;
    this.#listeners = undefined;
    if (listeners) for (const listener of listeners) listener(reason);
  }

  /** Calls `listener` once when the call ends, at once if it has ended. Returns the way to stop listening. */
  onCancel(listener: (reason: GatewayError) => void): () => void {
    if (this.#reason) {
      listener(this.#reason);
      return () => {};
    }
    this.#listeners ??= [];
    this.#listeners.push(listener);
    return () => {
      const at = this.#listeners?.indexOf(listener) ?? -1;
      if (at >= 0) this.#listeners?.splice(at, 1);
    };
  }

  /** Waits for `promise`, but no longer than the call: rejects with the reason when that ends first. */
  race<Value>(promise: Promise<Value>): Promise<Value> {
    if (this.#reason) return Promise.reject(this.#reason);
    return new Promise((resolve, reject) => {
      const unlisten = this.onCancel(reject);
      promise.then(resolve, reject).finally(unlisten);
    });
  }

  throwIfCancelled(): void {
    if (this.#reason) throw this.#reason;
  }
}
