/*
 * What the snapshot is made of: everything of a moment at the start, and afterwards the rows that were touched. Of each row
 * only what the snapshot needs: no password, no time of a last use.
 *
 * Of all organisations, for the gateway itself; no answer to anybody is made from these.
 */
import type { Tables } from '../tables.ts';
import { type OwnQuery, ownQuery } from './query.ts';

/** Tables of which something is in the snapshot, and which columns. Passwords, sessions and the audit are not. */
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
  overlay: ['id', 'organisation', 'kind', 'target', 'state', 'reason'],
} as const satisfies { readonly [Name in keyof Tables]?: readonly (keyof Tables[Name])[] };

type Columns = typeof PUBLISHED_COLUMNS;

export type PublishedTable = keyof Columns;

export type PublishedRows = {
  readonly [Name in PublishedTable]: Pick<Tables[Name], Columns[Name][number] & keyof Tables[Name]>;
};

interface PublishedQueries<Row> {
  readonly all: OwnQuery<undefined, Row>;
  readonly byIds: OwnQuery<readonly string[], Row>;
}

const WHY = 'The snapshot is made of all organisations.';

function publishedQueries<Name extends PublishedTable>(table: Name): PublishedQueries<PublishedRows[Name]> {
  // The types of one table stand for all: names of tables and columns go through as text.
  const [name, columns] = [table as 'organisations', PUBLISHED_COLUMNS[table] as Columns['organisations']];
  const queries = {
    all: ownQuery({ name: `${table}.published`, why: WHY }, (db) => db.selectFrom(name).select(columns).orderBy('id'), [
      undefined,
    ]),
    byIds: ownQuery(
      { name: `${table}.byIds`, why: WHY },
      (db, ids: readonly string[]) => db.selectFrom(name).select(columns).where('id', 'in', ids).orderBy('id'),
      [['id1', 'id2']],
    ),
  };
  return queries as unknown as PublishedQueries<PublishedRows[Name]>;
}

export const PUBLISHED_TABLES = Object.keys(PUBLISHED_COLUMNS) as readonly PublishedTable[];

export const published: { readonly [Name in PublishedTable]: PublishedQueries<PublishedRows[Name]> } =
  Object.fromEntries(PUBLISHED_TABLES.map((table) => [table, publishedQueries(table)])) as never;
