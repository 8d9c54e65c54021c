/*
 * A page out of two sources in one order: rows of the store, asked for with one more than the page has, and objects of
 * the file, which are few and all there.
 */
import { comparing, cursorOf, type Position, type Sort } from './cursor.ts';

export interface Page<Item> {
  readonly items: readonly Item[];
  readonly nextCursor: string | undefined;
}

export interface PageOf<Item> {
  readonly limit: number;
  readonly sort: Sort;
  readonly after?: Position | undefined;
  /** In order; at most `limit` + 1. */
  readonly stored: readonly Item[];
  /** Those that pass the filters, in any order. */
  readonly ofFile?: readonly Item[];
  position(item: Item): Position;
}

export function pageOf<Item>({ limit, sort, after, stored, ofFile = [], position }: PageOf<Item>): Page<Item> {
  const order = comparing(sort);
  const placed = (item: Item) => ({ item, at: position(item) });
  const rest = ofFile.map(placed).filter(({ at }) => after === undefined || order(at, after) > 0);
  const all = [...stored.map(placed), ...rest].sort((a, b) => order(a.at, b.at));
  const last = all[limit - 1];
  return {
    items: all.slice(0, limit).map(({ item }) => item),
    nextCursor: all.length > limit && last ? cursorOf(sort, last.at) : undefined,
  };
}
