/*
 * What one server offers, as those see it who show it to clients or miss something in it. Looking wakes nobody: while the
 * gateway's own process rests, its lists are what they were.
 */
import type { CacheHint, EntryKind } from '../../model/catalogue.ts';
import type { Said } from './freshness.ts';
import type { Lists } from './lists.ts';
import type { Own } from './own.ts';

export class Offers {
  readonly #lists: Lists;
  readonly #own: () => Own;

  constructor(lists: Lists, own: () => Own) {
    this.#lists = lists;
    this.#own = own;
  }

  /** Somebody asked for a name that the list does not have: perhaps the list is old. */
  nudge(kinds: readonly EntryKind[]): void {
    const { link } = this.#own();
    if (link) this.#lists.refreshSoon(link, kinds);
  }

  /**
   * A list is to be shown. Undefined when it may be as it is, though it may be read anew meanwhile; else resolves when it
   * was read, or when the server is known not to be there.
   */
  due(kind: EntryKind): Promise<void> | undefined {
    const { link } = this.#own();
    return link && this.#lists.due(link, kind);
  }

  /** What is left of what the server said of how long something is good. */
  hintOf(what: Said): CacheHint {
    return this.#lists.freshness.hintOf(what);
  }
}
