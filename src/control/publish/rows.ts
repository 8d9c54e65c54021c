/*
 * The rows that are published, as they were read last.
 */
import { PUBLISHED_TABLES, type PublishedRows, type PublishedTable } from '../store/queries/published.ts';

/** What is known of one row since it was read; undefined: it is gone. */
export type RowChange = {
  readonly [Table in PublishedTable]: {
    readonly table: Table;
    readonly id: string;
    readonly row: PublishedRows[Table] | undefined;
  };
}[PublishedTable];

type AllRows = { readonly [Table in PublishedTable]: Map<string, PublishedRows[Table]> };

export function noRows(): AllRows {
  return Object.fromEntries(PUBLISHED_TABLES.map((table) => [table, new Map()])) as unknown as AllRows;
}
export type Rows = { readonly [Table in PublishedTable]: ReadonlyMap<string, PublishedRows[Table]> };

/** Puts it there; false when it was there as it is. */
export function putRow(rows: AllRows, { table, id, row }: RowChange): boolean {
  const of = rows[table] as Map<string, unknown>;
  if (isSameRow(of.get(id), row)) return false;
  if (row === undefined) of.delete(id);
  else of.set(id, row);
  return true;
}

/** Rows are flat, and those of one table have the same columns. */
function isSameRow(before: unknown, now: object | undefined): boolean {
  if (before === undefined || now === undefined) return before === now;
  const known = before as Record<string, unknown>;
  return Object.entries(now).every(([column, value]) => known[column] === value);
}

/** The oldest first, so that nobody takes a place by coming later. */
export function byAge<Row extends { readonly id: string; readonly createdAtMs: number }>(
  rows: ReadonlyMap<string, Row>,
): readonly Row[] {
  return [...rows.values()].sort((a, b) => a.createdAtMs - b.createdAtMs || (a.id < b.id ? -1 : 1));
}
