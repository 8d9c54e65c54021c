/*
 * How lists are asked for and answered: a page at a time, from a cursor on, in an order that the route offers.
 *
 *   const SORTS = { name: 'name', createdAt: 'createdAtMs' } as const;      // in the query → the column
 *   query: listQuery(SORTS, { tag: z.string().optional() }), data: listData(SERVER)
 *   …
 *   const page = pageAsked(query, SORTS);
 *   const stored = await store.read(servers.list(actor, { ...page, equal: … }));
 *   return { data: listed({ ...page, stored, ofFile }, placeOf(page), serverOf) };
 */
import { z } from 'zod';
import { type Position, positionOf, type Sort } from '../../store/cursor.ts';
import { pageOf } from '../../store/page.ts';

export const PAGE_DEFAULT = 50;
export const PAGE_MAX = 200;

const LIMIT_WORDS = `Must be a whole number from 1 to ${PAGE_MAX}.`;

/** What a list may be sorted by, in the words of the API → the column. The first is the default. */
export type Sorts = Readonly<Record<string, string>>;

/** The schema of a list's query; `filters` are fields of the route's own. */
export function listQuery<Filters extends z.ZodRawShape>(sorts: Sorts, filters: Filters) {
  const [first = 'name', ...rest] = Object.keys(sorts).flatMap((field) => [field, `-${field}`]);
  return z.strictObject({
    limit: z
      .string()
      .regex(/^[1-9]\d{0,2}$/, LIMIT_WORDS)
      .refine((text) => Number(text) <= PAGE_MAX, LIMIT_WORDS)
      .optional()
      .describe(`How many at most; ${PAGE_DEFAULT} unless told.`),
    cursor: z.string().max(2_048).optional().describe('`nextCursor` of the page before.'),
    sort: z
      .enum([first, ...rest])
      .optional()
      .describe(`With a minus descending. \`${first}\` unless told.`),
    ...filters,
  });
}

export function listData<Item extends z.ZodType>(item: Item) {
  return z.object({ items: z.array(item), nextCursor: z.string().optional().describe('Absent at the end.') });
}

interface Asked {
  readonly limit?: string | undefined;
  readonly cursor?: string | undefined;
  readonly sort?: string | undefined;
}

/** As queries of the store take it. */
export interface PageAsked<Column extends string> {
  readonly limit: number;
  readonly sort: Sort<Column>;
  readonly after: Position | undefined;
}

/** Throws `parameter_wrong` for a cursor that is not of this list in this order. */
export function pageAsked<S extends Sorts>({ limit, cursor, sort }: Asked, sorts: S): PageAsked<S[keyof S]> {
  const written = sort ?? Object.keys(sorts)[0] ?? '';
  const descending = written.startsWith('-');
  // The schema has let through the names of `sorts` alone.
  const field = sorts[descending ? written.slice(1) : written] as S[keyof S];
  const by = { field, descending };
  const after = cursor === undefined ? undefined : positionOf(by, cursor);
  return { limit: Number(limit ?? PAGE_DEFAULT), sort: by, after };
}

export interface Sources<Item, Column extends string> extends PageAsked<Column> {
  /** After the cursor, in order; at most `limit` + 1. */
  readonly stored: readonly Item[];
  /** Those that pass the filters, in any order. */
  readonly ofFile?: readonly Item[];
}

/** Where a row stands in the order of a page. */
export function placeOf<Column extends string>({ sort }: PageAsked<Column>) {
  return (row: { readonly id: string } & Readonly<Record<Column, string | number>>): Position => ({
    value: row[sort.field],
    id: row.id,
  });
}

/** The data of a list: one page of both sources, as it is shown. */
export function listed<Item, Column extends string, Shown>(
  sources: Sources<Item, Column>,
  position: (item: Item) => Position,
  shown: (item: Item) => Shown,
): { items: Shown[]; nextCursor?: string } {
  const { items, nextCursor } = pageOf({ ...sources, position });
  return { items: items.map(shown), ...(nextCursor === undefined ? {} : { nextCursor }) };
}
