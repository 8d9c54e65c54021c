/*
 * Who watches which resource over one legacy link. The server is told once per URI, when the first comes and when the
 * last goes, and again after a session was opened anew.
 *
 * The server may name a sub-resource of what was subscribed (Server › Resources › Subscriptions), so an update goes to
 * whoever watches the URI itself or a prefix of it.
 */
import type { Message } from '../../model/message.ts';

export type Watcher = (update: Message) => void;

export class Subscriptions {
  readonly #watchers = new Map<string, Set<Watcher>>();
  readonly #tell: (method: string, uri: string) => Promise<void>;

  constructor(tell: (method: string, uri: string) => Promise<void>) {
    this.#tell = tell;
  }

  async add(uri: string, watcher: Watcher): Promise<void> {
    const known = this.#watchers.get(uri);
    if (known) {
      known.add(watcher);
      return;
    }
    this.#watchers.set(uri, new Set([watcher]));
    try {
      await this.#tell('resources/subscribe', uri);
    } catch (thrown) {
      this.#watchers.delete(uri);
      throw thrown;
    }
  }

  async remove(uri: string, watcher: Watcher): Promise<void> {
    const known = this.#watchers.get(uri);
    if (!known?.delete(watcher) || known.size > 0) return;
    this.#watchers.delete(uri);
    await this.#tell('resources/unsubscribe', uri);
  }

  updated(uri: string, update: Message): void {
    for (const [watched, watchers] of this.#watchers) {
      if (uri === watched || uri.startsWith(watched)) for (const watcher of watchers) watcher(update);
    }
  }

  async replay(): Promise<void> {
    for (const uri of this.#watchers.keys()) await this.#tell('resources/subscribe', uri);
  }
}
