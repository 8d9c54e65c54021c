/*
 * Who watches which resource of one server, for one kind of client. The server is told once per URI, when the first
 * comes and when the last goes, and again over every new session or process.
 *
 * The server may name a sub-resource of what was subscribed (Server › Resources › Subscriptions), so an update goes to
 * whoever watches the URI itself or what it is a part of, as paths go.
 */
import { GatewayError } from '../../model/errors.ts';
import type { Message } from '../../model/message.ts';

export type Watcher = (update: Message) => void;

/** Whether `uri` is what is watched or a part of it. */
export function isWithin(uri: string, watched: string): boolean {
  return uri === watched || uri.startsWith(watched.endsWith('/') ? watched : `${watched}/`);
}

/** Says `resources/subscribe` or `unsubscribe` of a URI to the server; rejects when it refuses. */
export type Tell = (method: string, uri: string) => Promise<void>;

interface Watched {
  readonly watchers: Set<Watcher>;
  /** Settles when the server has answered what it was told of the URI last. */
  readonly told: Promise<void>;
}

export class Subscriptions {
  readonly #watched = new Map<string, Watched>();
  #tell: Tell = () => Promise.reject(new GatewayError('upstream_down'));

  /** From now on over this link. What is watched outlives the link over which it was asked for. */
  attach(tell: Tell): void {
    this.#tell = tell;
  }

  get size(): number {
    return this.#watched.size;
  }

  /** Rejects when the server refuses, for everyone who asked meanwhile. */
  async add(uri: string, watcher: Watcher): Promise<void> {
    const known = this.#watched.get(uri);
    if (known && known.watchers.size > 0) {
      known.watchers.add(watcher);
      return known.told;
    }
    const mine = { watchers: new Set([watcher]), told: this.#inOrder(known, 'resources/subscribe', uri) };
    this.#watched.set(uri, mine);
    try {
      await mine.told;
    } catch (thrown) {
      this.#forget(uri, mine);
      throw thrown;
    }
  }

  async remove(uri: string, watcher: Watcher): Promise<void> {
    const known = this.#watched.get(uri);
    if (!known?.watchers.delete(watcher) || known.watchers.size > 0) return;
    const nobody = { watchers: new Set<Watcher>(), told: this.#inOrder(known, 'resources/unsubscribe', uri) };
    this.#watched.set(uri, nobody);
    await nobody.told.finally(() => this.#forget(uri, nobody));
  }

  updated(uri: string, update: Message): void {
    for (const [watched, { watchers }] of this.#watched) {
      if (isWithin(uri, watched)) for (const watcher of watchers) watcher(update);
    }
  }

  async replay(): Promise<void> {
    for (const [uri, { watchers }] of this.#watched)
      if (watchers.size > 0) await this.#tell('resources/subscribe', uri);
  }

  /** Over HTTP two requests may overtake each other, so what is said of one URI is said one after the other. */
  #inOrder(before: Watched | undefined, method: string, uri: string): Promise<void> {
    if (!before) return this.#tell(method, uri);
    return before.told.catch(() => {}).then(() => this.#tell(method, uri));
  }

  #forget(uri: string, watched: Watched): void {
    if (this.#watched.get(uri) === watched) this.#watched.delete(uri);
  }
}
