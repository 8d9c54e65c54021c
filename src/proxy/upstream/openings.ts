/*
 * Tells whoever waits for a server that one of its conversations has begun, or begun again: what could not be had of it a
 * moment ago may be had now, and need not be tried for at the next chance.
 */
import type { Link } from './link.ts';

/** `isOwn`: the gateway's own conversation; where that begins, all others can. */
export type OpeningListener = (link: Link, isOwn: boolean) => void;

export class Openings {
  readonly #listeners = new Set<OpeningListener>();

  /** Gives how to hear no more of it. */
  listen(listener: OpeningListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  opened(link: Link, isOwn: boolean): void {
    for (const listener of [...this.#listeners]) listener(link, isOwn);
  }
}
