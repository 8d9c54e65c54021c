/*
 * Who watches which resource over one legacy link. The server is told once per URI, when the first comes and when the
 * last goes, and again after a session was opened anew.
 *
 * The server may name a sub-resource of what was subscribed (Server › Resources › Subscriptions), so an update goes to
 * whoever watches the URI itself or what it is a part of, as paths go.
 */
import type { Message } from '../../model/message.ts';

export type Watcher = (update: Message) => void;

/** Whether `uri` is what is watched or a part of it. */
export function isWithin(uri: string, watched: string): boolean {
  return uri === watched || uri.startsWith(watched.endsWith('/') ? watched : `${watched}/`);
}

export class Subscriptions {
  readonly #watched = new Map<string, { readonly watchers: Set<Watcher>; readonly told: Promise<void> }>();
  readonly #tell: (method: string, uri: string) => Promise<void>;

  constructor(tell: (method: string, uri: string) => Promise<void>) {
    this.#tell = tell;
  }

  get size(): number {
    return this.#watched.size;
  }

  /** Rejects when the server refuses, for everyone who asked meanwhile. */
  async add(uri: string, watcher: Watcher): Promise<void> {
    const known = this.#watched.get(uri);
    known?.watchers.add(watcher);
    if (known) return known.told;
    const told = this.#tell('resources/subscribe', uri);
    const mine = { watchers: new Set([watcher]), told };
    this.#watched.set(uri, mine);
    try {
      await told;
    } catch (thrown) {
      if (this.#watched.get(uri) === mine) this.#watched.delete(uri);
      throw thrown;
    }
  }

  async remove(uri: string, watcher: Watcher): Promise<void> {
    const known = this.#watched.get(uri);
    if (!known?.watchers.delete(watcher) || known.watchers.size > 0) return;
    this.#watched.delete(uri);
    await this.#tell('resources/unsubscribe', uri);
  }

  updated(uri: string, update: Message): void {
    for (const [watched, { watchers }] of this.#watched) {
      if (isWithin(uri, watched)) for (const watcher of watchers) watcher(update);
    }
  }

  async replay(): Promise<void> {
    for (const uri of this.#watched.keys()) await this.#tell('resources/subscribe', uri);
  }
}
