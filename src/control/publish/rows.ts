/*
 * The rows that are published, as they were read last. Of each row only what the snapshot needs: no password, no time of a
 * last use.
 */
import type { Tables } from '../store/tables.ts';

type Part<Table extends keyof Tables, Column extends keyof Tables[Table]> = Pick<
  Tables[Table],
  Column | ('id' & keyof Tables[Table])
>;

export interface PublishedRows {
  organisations: Part<'organisations', 'name'>;
  users: Part<'users', 'username' | 'disabled'>;
  memberships: Part<'memberships', 'organisation' | 'userId' | 'rolesJson'>;
  roles: Part<'roles', 'organisation' | 'createdAtMs' | 'name' | 'permissionsJson'>;
  apiKeys: Part<
    'apiKeys',
    | 'organisation'
    | 'keyId'
    | 'name'
    | 'sha256'
    | 'userId'
    | 'rolesJson'
    | 'reachJson'
    | 'apiJson'
    | 'expiresAtMs'
    | 'disabled'
  >;
  servers: Part<
    'servers',
    | 'organisation'
    | 'createdAtMs'
    | 'name'
    | 'title'
    | 'description'
    | 'definitionJson'
    | 'url'
    | 'owner'
    | 'visibility'
  >;
  endpoints: Part<'endpoints', 'organisation' | 'createdAtMs' | 'name' | 'title' | 'definitionJson'>;
  policies: Part<'policies', 'organisation' | 'createdAtMs' | 'name' | 'priority' | 'enabled' | 'definitionJson'>;
  claimMappings: Part<'claimMappings', 'organisation' | 'createdAtMs' | 'issuer' | 'claim' | 'value' | 'mappedJson'>;
  secrets: Part<'secrets', 'kind' | 'ownerId' | 'name' | 'keyId' | 'sealed'>;
  overlay: Part<'overlay', 'kind' | 'target' | 'state' | 'reason'>;
}

export type PublishedTable = keyof PublishedRows;

/** Its columns, for who reads them. */
export const PUBLISHED_COLUMNS = {
  organisations: ['id', 'name'],
  users: ['id', 'username', 'disabled'],
  memberships: ['id', 'organisation', 'userId', 'rolesJson'],
  roles: ['id', 'organisation', 'createdAtMs', 'name', 'permissionsJson'],
  apiKeys: [
    ...(['id', 'organisation', 'keyId', 'name', 'sha256', 'userId', 'rolesJson', 'reachJson', 'apiJson'] as const),
    ...(['expiresAtMs', 'disabled'] as const),
  ],
  servers: [
    ...(['id', 'organisation', 'createdAtMs', 'name', 'title', 'description', 'definitionJson', 'url'] as const),
    ...(['owner', 'visibility'] as const),
  ],
  endpoints: ['id', 'organisation', 'createdAtMs', 'name', 'title', 'definitionJson'],
  policies: ['id', 'organisation', 'createdAtMs', 'name', 'priority', 'enabled', 'definitionJson'],
  claimMappings: ['id', 'organisation', 'createdAtMs', 'issuer', 'claim', 'value', 'mappedJson'],
  secrets: ['id', 'kind', 'ownerId', 'name', 'keyId', 'sealed'],
  overlay: ['id', 'kind', 'target', 'state', 'reason'],
} as const satisfies { readonly [Table in PublishedTable]: readonly (keyof PublishedRows[Table])[] };

export const PUBLISHED_TABLES = Object.keys(PUBLISHED_COLUMNS) as readonly PublishedTable[];

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
