/*
 * A list in pages: filters, an order, and where the page begins. Rows are not counted.
 */
import { type Expression, type SqlBool, sql } from 'kysely';
import type { Position, Sort } from '../cursor.ts';
import { allOf, equals, like } from './conditions.ts';

export interface Listing<Row> {
  /** The statement asks for one more, by which the page knows whether there is another (`page.ts`). */
  readonly limit: number;
  /** By a column that is never null. */
  readonly sort: Sort<keyof Row & string>;
  readonly after?: Position | undefined;
  readonly equal?: Partial<Row> | undefined;
  /** A text that one of these columns has in it, whatever its case; `%` and `_` are letters like others. */
  readonly contains?: { readonly columns: readonly (keyof Row & string)[]; readonly text: string } | undefined;
  /** A column of JSON whose list has this text in it. */
  readonly holds?: { readonly column: keyof Row & string; readonly text: string } | undefined;
  /** Rows of this owner, or with one of these visibilities: for who does not manage. Tables with both columns. */
  readonly visibleTo?: { readonly owner: string; readonly visibilities: readonly string[] } | undefined;
}

interface Paged {
  where(condition: Expression<SqlBool>): Paged;
  orderBy(column: Expression<unknown>, direction: 'asc' | 'desc'): Paged;
  limit(count: number): Paged;
}

/** A selection in pages, for lists of other tables too. */
export function inPages<Query, Row>(selection: Query, listing: Listing<Row>): Query {
  const { sort, limit, after } = listing;
  const direction = sort.descending ? 'desc' : 'asc';
  const begin = after ? [beyond(sort, after)] : [];
  // Every builder of a selection has these; what it selects stays as it is.
  return (selection as Paged)
    .where(allOf([...filtersOf(listing), ...begin]))
    .orderBy(sql.ref(sort.field), direction)
    .orderBy(sql.ref('id'), direction)
    .limit(limit + 1) as Query;
}

function filtersOf<Row>({ equal, contains, holds, visibleTo }: Listing<Row>): Expression<SqlBool>[] {
  return [
    ...equals(equal ?? {}),
    ...(contains
      ? [
          sql<SqlBool>`(${sql.join(
            contains.columns.map((one) => like(one, contains.text)),
            sql` or `,
          )})`,
        ]
      : []),
    ...(holds ? [like(holds.column, JSON.stringify(holds.text))] : []),
    ...(visibleTo ? [visible(visibleTo)] : []),
  ];
}

function visible({ owner, visibilities }: NonNullable<Listing<unknown>['visibleTo']>): Expression<SqlBool> {
  return sql<SqlBool>`(${sql.ref('owner')} = ${owner} or ${sql.ref('visibility')} in (${sql.join(visibilities)}))`;
}

function beyond({ field, descending }: Sort, { value, id }: Position): Expression<SqlBool> {
  const than = descending ? sql`<` : sql`>`;
  return sql<SqlBool>`(${sql.ref(field)}, ${sql.ref('id')}) ${than} (${value}, ${id})`;
}
