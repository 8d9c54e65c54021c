/*
 * The rows that were written and are not published yet, each once however often it was.
 */
import type { PublishedTable } from '../store/queries/published.ts';
import type { TouchedRows } from './read-rows.ts';

export class Touches {
  #rows = new Map<PublishedTable, Set<string>>();

  get isEmpty(): boolean {
    return this.#rows.size === 0;
  }

  add(table: PublishedTable, id: string): void {
    const ids = this.#rows.get(table);
    if (ids) ids.add(id);
    else this.#rows.set(table, new Set([id]));
  }

  take(): TouchedRows {
    const rows = this.#rows;
    this.#rows = new Map();
    return rows;
  }

  putBack(rows: TouchedRows): void {
    for (const [table, ids] of rows) for (const id of ids) this.add(table, id);
  }
}
