/*
 * The rows that were written and are not published yet, each once however often it was; or all of them, where it is not known
 * which.
 */
import type { PublishedTable } from '../store/queries/published.ts';
import type { TouchedRows } from './read-rows.ts';

/** Rows that may have changed. */
export type Touched = TouchedRows | 'everything';

export class Touches {
  #rows = new Map<PublishedTable, Set<string>>();
  #isEverything = false;

  get isEmpty(): boolean {
    return this.#rows.size === 0 && !this.#isEverything;
  }

  add(table: PublishedTable, id: string): void {
    const ids = this.#rows.get(table);
    if (ids) ids.add(id);
    else this.#rows.set(table, new Set([id]));
  }

  addEverything(): void {
    this.#isEverything = true;
  }

  take(): Touched {
    const taken = this.#isEverything ? 'everything' : this.#rows;
    this.#rows = new Map();
    this.#isEverything = false;
    return taken;
  }

  putBack(touched: Touched): void {
    if (touched === 'everything') this.addEverything();
    else for (const [table, ids] of touched) for (const id of ids) this.add(table, id);
  }
}
