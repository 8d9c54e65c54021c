/*
 * How lists are asked for and answered: a page at a time, from a cursor on, in an order that the route offers.
 */
import { z } from 'zod';

export const PAGE_DEFAULT = 50;
export const PAGE_MAX = 200;

const LIMIT_WORDS = `Must be a whole number from 1 to ${PAGE_MAX}.`;

/** What a list may be sorted by, in the words of the API → the column. The first is the default. */
export type Sorts = Readonly<Record<string, string>>;

/** The schema of a list's query; `filters` are fields of the route's own. */
export function listQuery<Filters extends z.ZodRawShape>(sorts: Sorts, filters: Filters) {
  const names = Object.keys(sorts);
  const [first = 'name', ...rest] = names.flatMap((field) => [field, `-${field}`]);
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
