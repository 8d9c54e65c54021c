/*
 * What the snapshot is made of: everything of a moment at the start, and afterwards the rows that were touched.
 *
 * Of all organisations, for the gateway itself; no answer to anybody is made from these.
 */
import type { Managed, ManagedTable, Tables } from '../tables.ts';
import { type OwnQuery, ownQuery } from './query.ts';

const WHY = 'The snapshot is made of all organisations.';

/** Tables of which something is in the snapshot. Passwords, sessions and the audit are not. */
const PUBLISHED = [
  'organisations',
  'memberships',
  'roles',
  'apiKeys',
  'servers',
  'serverReplicas',
  'endpoints',
  'forwardTokens',
  'policies',
  'limitRules',
  'claimMappings',
  'secrets',
  'overlay',
] as const satisfies readonly ManagedTable[];

export type PublishedTable = (typeof PUBLISHED)[number];

interface PublishedQueries<Row> {
  readonly all: OwnQuery<undefined, Row>;
  readonly byIds: OwnQuery<readonly string[], Row>;
}

function publishedQueries<Name extends PublishedTable>(table: Name): PublishedQueries<Tables[Name]> {
  // Every one of them has these columns; the rest goes through by name.
  const name = table as 'organisations';
  const queries = {
    all: ownQuery({ name: `${table}.published`, why: WHY }, (db) => db.selectFrom(name).selectAll().orderBy('id'), [
      undefined,
    ]),
    byIds: ownQuery(
      { name: `${table}.byIds`, why: WHY },
      (db, ids: readonly string[]) => db.selectFrom(name).selectAll().where('id', 'in', ids).orderBy('id'),
      [['id1', 'id2']],
    ),
  };
  return queries as unknown as PublishedQueries<Tables[Name]>;
}

export const published: { readonly [Name in PublishedTable]: PublishedQueries<Tables[Name]> } = Object.fromEntries(
  PUBLISHED.map((table) => [table, publishedQueries(table)]),
) as never;

/** Of users only what the data plane goes by. */
export type PublishedUser = Managed & Pick<Tables['users'], 'username' | 'disabled'>;

const USER = ['id', 'organisation', 'version', 'createdAtMs', 'updatedAtMs', 'username', 'disabled'] as const;

export const publishedUsers: PublishedQueries<PublishedUser> = {
  all: ownQuery({ name: 'users.published', why: WHY }, (db) => db.selectFrom('users').select(USER).orderBy('id'), [
    undefined,
  ]),
  byIds: ownQuery(
    { name: 'users.byIds', why: WHY },
    (db, ids: readonly string[]) => db.selectFrom('users').select(USER).where('id', 'in', ids).orderBy('id'),
    [['usr_1', 'usr_2']],
  ),
};
