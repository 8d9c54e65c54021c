/*
 * The listen streams for updates of resources over one link (MCP 2026-07-28, Subscriptions): one for all clients that
 * watch the same, open while any of them wants it.
 *
 *   client ─┐
 *   client ─┼─▶ a set of URIs ──▶ subscriptions/listen ──▶ server
 *   client ─┘
 */
import { Cancellation } from '../../model/cancellation.ts';
import { GatewayError } from '../../model/errors.ts';
import type { Message } from '../../model/message.ts';

export type Listen = (
  uris: readonly string[],
  cancellation: Cancellation,
  onMessage: (message: Message) => void,
) => Promise<void>;

interface Shared {
  readonly watchers: Set<{ readonly relay: (message: Message) => void }>;
  readonly cancellation: Cancellation;
  /** Settles when the server has ended or refused the stream. */
  readonly over: Promise<void>;
}

/** Streams over one link at once. */
export const WATCHES_MAX = 256;

export class Watches {
  readonly #listen: Listen;
  readonly #byUris = new Map<string, Shared>();

  constructor(listen: Listen) {
    this.#listen = listen;
  }

  get size(): number {
    return this.#byUris.size;
  }

  /** Settles when the server ends the stream; rejects when the watcher does. Throws `over_limit`. */
  watch(uris: readonly string[], cancellation: Cancellation, relay: (message: Message) => void): Promise<void> {
    const sorted = [...new Set(uris)].sort();
    const key = JSON.stringify(sorted);
    const shared = this.#byUris.get(key) ?? this.#begin(key, sorted);
    const watcher = { relay };
    shared.watchers.add(watcher);
    return cancellation.race(shared.over).finally(() => {
      shared.watchers.delete(watcher);
      if (shared.watchers.size > 0) return;
      this.#forget(key, shared);
      shared.cancellation.cancel(new GatewayError('call_cancelled'));
    });
  }

  #begin(key: string, uris: readonly string[]): Shared {
    if (this.#byUris.size >= WATCHES_MAX) {
      throw new GatewayError('over_limit', { say: 'Too many different subscriptions.', retryAfterSeconds: 10 });
    }
    const cancellation = new Cancellation();
    const watchers: Shared['watchers'] = new Set();
    const over = this.#listen(uris, cancellation, (message) => {
      for (const { relay } of watchers) relay(message);
    });
    const shared = { watchers, cancellation, over };
    this.#byUris.set(key, shared);
    // Whoever comes after the end begins a new stream.
    const end = () => this.#forget(key, shared);
    over.then(end, end);
    return shared;
  }

  #forget(key: string, shared: Shared): void {
    if (this.#byUris.get(key) === shared) this.#byUris.delete(key);
  }
}
