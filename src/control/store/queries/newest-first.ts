/*
 * Records in pages: what happened, newest first, by the number that rises.
 */
import { type Expression, type SqlBool, sql } from 'kysely';
import { allOf, equals } from './conditions.ts';

export interface RecordListing<Row> {
  readonly limit: number;
  /** Newest first: those before this number. */
  readonly before?: number | undefined;
  readonly equal?: Partial<Row> | undefined;
  readonly fromMs?: number | undefined;
  readonly toMs?: number | undefined;
}

interface Paged {
  where(condition: Expression<SqlBool>): Paged;
  orderBy(column: 'seq', direction: 'desc'): Paged;
  limit(count: number): Paged;
}

export function newestFirst<Query, Row>(selection: Query, listing: RecordListing<Row>): Query {
  const { limit, before, equal, fromMs, toMs } = listing;
  const conditions = [
    ...(before === undefined ? [] : [sql<SqlBool>`seq < ${before}`]),
    ...(fromMs === undefined ? [] : [sql<SqlBool>`at_ms >= ${fromMs}`]),
    ...(toMs === undefined ? [] : [sql<SqlBool>`at_ms < ${toMs}`]),
    ...equals(equal ?? {}),
  ];
  // Every builder of a selection has these; what it selects stays as it is.
  return (selection as Paged)
    .where(allOf(conditions))
    .orderBy('seq', 'desc')
    .limit(limit + 1) as Query;
}
