/*
 * Conditions that many queries have, as pieces of SQL. Names of columns come from the code, values are always parameters.
 */
import { type Expression, type SqlBool, sql } from 'kysely';

/** These values; null is asked for as null, undefined not at all. */
export function equals(equal: object): Expression<SqlBool>[] {
  return Object.entries(equal)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) =>
      value === null ? sql<SqlBool>`${sql.ref(name)} is null` : sql<SqlBool>`${sql.ref(name)} = ${value}`,
    );
}

/** The letters that mean something to LIKE mean themselves. */
export function like(column: string, text: string): Expression<SqlBool> {
  const pattern = `%${text.replace(/[\\%_]/g, '\\$&')}%`;
  return sql<SqlBool>`lower(${sql.ref(column)}) like lower(${pattern}) escape '\\'`;
}

export function allOf(conditions: readonly Expression<SqlBool>[]): Expression<SqlBool> {
  return conditions.length === 0 ? sql<SqlBool>`1 = 1` : sql<SqlBool>`${sql.join(conditions, sql` and `)}`;
}
