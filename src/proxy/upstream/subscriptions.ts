/*
 * Who watches which resource over one link. The server is told once per URI, when the first comes and when the last goes,
 * and again over every new session. How it is told is another matter: by a request for each URI, or by listen streams.
 *
 * The server may name a sub-resource of what was subscribed (Server › Resources › Subscriptions), so an update goes to
 * whoever watches the URI itself or what it is a part of, as paths go.
 */
import type { Message } from '../../model/message.ts';

export interface Watcher {
  readonly updated: (update: Message) => void;
  /** The link has ended, and with it whatever was watched over it. */
  readonly dropped: () => void;
}

/** Whether `uri` is what is watched or a part of it. */
export function isWithin(uri: string, watched: string): boolean {
  return uri === watched || uri.startsWith(watched.endsWith('/') ? watched : `${watched}/`);
}

/** How the server is told. Both settle when it has answered, and reject when it refuses. */
export interface Telling {
  readonly watch: (uri: string) => Promise<void>;
  readonly unwatch: (uri: string) => Promise<void>;
}

interface Watched {
  readonly watchers: Set<Watcher>;
  /** Settles when the server has answered what it was told of the URI last. */
  readonly told: Promise<void>;
}

export class Subscriptions {
  readonly #telling: Telling;
  readonly #concerns: typeof isWithin;
  readonly #watched = new Map<string, Watched>();

  /** `concerns`: whether what is said of the first is for those who watch the second. */
  constructor(telling: Telling, concerns = isWithin) {
    this.#telling = telling;
    this.#concerns = concerns;
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
    const mine = { watchers: new Set([watcher]), told: this.#inOrder(known, this.#telling.watch, uri) };
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
    const nobody = { watchers: new Set<Watcher>(), told: this.#inOrder(known, this.#telling.unwatch, uri) };
    this.#watched.set(uri, nobody);
    await nobody.told.finally(() => this.#forget(uri, nobody));
  }

  /** Who watches a resource and a part of it is told once. */
  updated(uri: string, update: Message): void {
    const told = new Set<Watcher>();
    for (const [watched, { watchers }] of this.#watched) {
      if (this.#concerns(uri, watched)) for (const watcher of watchers) told.add(watcher);
    }
    for (const watcher of told) watcher.updated(update);
  }

  /** Tells all of it once more. Rejects when the server refuses any of it; the rest is watched. */
  async replay(watch: Telling['watch']): Promise<void> {
    const uris = [...this.#watched].filter(([, { watchers }]) => watchers.size > 0).map(([uri]) => uri);
    const outcomes = await Promise.allSettled(uris.map(watch));
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
  }

  /** The link has ended: nobody is left here. */
  drop(): void {
    const dropped = new Set([...this.#watched.values()].flatMap(({ watchers }) => [...watchers]));
    this.#watched.clear();
    for (const watcher of dropped) watcher.dropped();
  }

  /** Over HTTP two requests may overtake each other, so what is said of one URI is said one after the other. */
  #inOrder(before: Watched | undefined, tell: Telling['watch'], uri: string): Promise<void> {
    if (!before) return tell(uri);
    return before.told.catch(() => {}).then(() => tell(uri));
  }

  #forget(uri: string, watched: Watched): void {
    if (this.#watched.get(uri) === watched) this.#watched.delete(uri);
  }
}
