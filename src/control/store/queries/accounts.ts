/*
 * Users as an organisation sees them: those who belong to it and those who are its members. An account is one for the whole
 * installation; what its user is in an organisation stands in their membership there.
 */
import { type Expression, type ExpressionBuilder, type SqlBool, sql } from 'kysely';
import type { Tables, UserRow } from '../tables.ts';
import { inPages, type Listing } from './listing.ts';
import { ownQuery, query } from './query.ts';

/** What of a user is shown; the hash of the password is not read where nobody compares it. */
export type ShownUser = Omit<UserRow, 'passwordHash' | 'sessionsNotBeforeMs'>;

const SHOWN = [
  ...(['id', 'organisation', 'version', 'createdAtMs', 'updatedAtMs', 'username', 'displayName', 'email'] as const),
  ...(['mustChangePassword', 'disabled'] as const),
] as const;

type OfUsers = ExpressionBuilder<Tables, 'users'>;

/** Belongs to the organisation, or is a member: looked up for one user after another, so that a list keeps to its index. */
function isOf(eb: OfUsers, organisation: string): Expression<SqlBool> {
  const membership = eb
    .selectFrom('memberships')
    .select('memberships.id')
    .whereRef('memberships.userId', '=', 'users.id')
    .where('memberships.organisation', '=', organisation);
  return eb.or([eb('users.organisation', '=', organisation), eb.exists(membership)]);
}

export const userSeen = query<Partial<Pick<UserRow, 'id' | 'username'>>, ShownUser>(
  'users.seen',
  (db, actor, { id, username }) => {
    const seen = db
      .selectFrom('users')
      .select(SHOWN)
      .where((eb) => isOf(eb, actor.organisation));
    return id === undefined ? seen.where('username', '=', username ?? '') : seen.where('id', '=', id);
  },
  [{ id: 'usr_sample' }, { username: 'ada' }],
);

export const usersSeen = query<Listing<UserRow>, ShownUser>(
  'users.listSeen',
  (db, actor, listing) =>
    inPages(
      db
        .selectFrom('users')
        .select(SHOWN)
        .where((eb) => isOf(eb, actor.organisation)),
      listing,
    ),
  [
    {
      ...{ limit: 50, sort: { field: 'username', descending: false }, after: { value: 'ada', id: 'usr_sample' } },
      ...{ contains: { columns: ['username', 'email'], text: 'ad_a' }, equal: { disabled: 0 } },
    },
  ],
);

const ACCOUNT = 'An account is one for all organisations: who may touch it depends on all memberships.';

export interface MembershipSeen {
  readonly id: string;
  readonly version: number;
  readonly userId: string;
  readonly organisation: string;
  readonly rolesJson: string;
}

/** Wherever they are members. */
export const membershipsOfAll = ownQuery<readonly string[], MembershipSeen>(
  { name: 'memberships.ofAll', why: ACCOUNT },
  (db, userIds) =>
    db
      .selectFrom('memberships')
      .select(['id', 'version', 'userId', 'organisation', 'rolesJson'])
      .where('userId', 'in', userIds)
      .orderBy('organisation'),
  [['usr_sample', 'usr_other']],
);

const INSTALLATION = 'Those who manage the installation belong to no organisation alone.';

/**
 * Writes that take the installation away from somebody begin with this row, which there always is: the second one waits for the
 * end of the first, and what it reads afterwards is what that one has left. Rows of two such people have nothing in common.
 */
export const turnOfSystemAdmins = ownQuery<undefined, unknown>(
  { name: 'organisations.turnOfSystemAdmins', why: INSTALLATION },
  (db) =>
    db
      .updateTable('organisations')
      .set((eb) => ({ version: eb.ref('version') }))
      .where('name', '=', 'default'),
  [undefined],
);

/** At the end of such a write: touches one row exactly when somebody is left, active, who manages the installation. */
export const keepsSystemAdmin = ownQuery<undefined, unknown>(
  { name: 'users.keepsSystemAdmin', why: INSTALLATION },
  (db) =>
    db
      .updateTable('users')
      .set((eb) => ({ disabled: eb.ref('disabled') }))
      .where('id', 'in', (eb) => someSystemAdmin(eb)),
  [undefined],
);

function someSystemAdmin(eb: OfUsers) {
  return eb
    .selectFrom('memberships')
    .innerJoin('users as admins', 'admins.id', 'memberships.userId')
    .select('admins.id')
    .where('admins.disabled', '=', 0)
    .where('memberships.rolesJson', 'like', '%"system_admin"%')
    .orderBy('admins.id')
    .limit(1);
}

export type OwnedKind = 'memberships' | 'apiKeys' | 'forwardTokens' | 'servers';

/** What a user has that others follow, in every organisation. */
export const ownedBy = ownQuery<
  { readonly userId: string; readonly username: string },
  {
    readonly kind: OwnedKind;
    readonly id: string;
    readonly organisation: string;
  }
>(
  { name: 'users.owned', why: ACCOUNT },
  (db, { userId, username }) => {
    const of = (table: 'memberships' | 'apiKeys' | 'forwardTokens') =>
      db
        .selectFrom(table)
        .select([sql.lit<OwnedKind>(table).as('kind'), 'id', 'organisation'])
        .where('userId', '=', userId);
    const owned = db
      .selectFrom('servers')
      .select([sql.lit<OwnedKind>('servers').as('kind'), 'id', 'organisation'])
      .where('owner', '=', username);
    return of('memberships').unionAll(of('apiKeys')).unionAll(of('forwardTokens')).unionAll(owned);
  },
  [{ userId: 'usr_sample', username: 'ada' }],
);

/** Who gets the same name later would own them. */
export const disownServers = ownQuery<{ readonly username: string; readonly atMs: number }, unknown>(
  { name: 'servers.disown', why: ACCOUNT },
  (db, { username, atMs }) =>
    db
      .updateTable('servers')
      .set((eb) => ({ owner: null, updatedAtMs: atMs, version: eb('version', '+', 1) }))
      .where('owner', '=', username),
  [{ username: 'ada', atMs: 1 }],
);

/** What users of memberships, keys and the like are called. */
export const usernames = ownQuery<readonly string[], Pick<UserRow, 'id' | 'username'>>(
  { name: 'users.names', why: ACCOUNT },
  (db, ids) => db.selectFrom('users').select(['id', 'username']).where('id', 'in', ids),
  [['usr_sample', 'usr_other']],
);
