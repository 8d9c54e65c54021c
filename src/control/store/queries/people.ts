/*
 * Who people are and what they were given: users, memberships, roles, keys, sessions, claim mappings.
 *
 * A user is of one organisation (the row's), and may be a member of others: whoever manages those sees the user through
 * the membership, and changes nothing but that.
 */
import { managed } from './managed.ts';
import { ownQuery } from './query.ts';

export const users = managed('users', {
  username: 'ada',
  displayName: 'Ada',
  email: '',
  passwordHash: '',
  mustChangePassword: 0,
  disabled: 0,
  sessionsNotBeforeMs: 0,
});

export const memberships = managed('memberships', { userId: 'usr_sample', rolesJson: '[]' });

export const roles = managed('roles', { name: 'reader', title: 'Reader', permissionsJson: '[]' });

export const keys = managed('apiKeys', {
  keyId: 'k1',
  name: 'ci',
  sha256: '',
  userId: 'usr_sample',
  rolesJson: null,
  reachJson: null,
  apiJson: '[]',
  expiresAtMs: null,
  lastUsedAtMs: null,
  disabled: 0,
});

export const sessions = managed('sessions', {
  userId: 'usr_sample',
  refreshSha256: '',
  usedSha256: '',
  expiresAtMs: 1,
  revokedAtMs: null,
});

export const claimMappings = managed('claimMappings', {
  issuer: 'https://issuer.example',
  claim: 'groups',
  value: 'staff',
  mappedJson: '{}',
});

const LOGIN = 'It is by this that it is found out who asks.';
const USER_GONE = 'A user who goes takes along what is theirs, in every organisation.';

export const userByName = ownQuery(
  { name: 'users.byName', why: LOGIN },
  (db, username: string) => db.selectFrom('users').selectAll().where('username', '=', username),
  ['ada'],
);

export const userById = ownQuery(
  { name: 'users.byId', why: LOGIN },
  (db, id: string) => db.selectFrom('users').selectAll().where('id', '=', id),
  ['usr_sample'],
);

/** In all organisations. */
export const membershipsOf = ownQuery(
  { name: 'memberships.of', why: LOGIN },
  (db, userId: string) => db.selectFrom('memberships').selectAll().where('userId', '=', userId).orderBy('organisation'),
  ['usr_sample'],
);

export const removeUserRows = {
  memberships: ownQuery(
    { name: 'memberships.removeOfUser', why: USER_GONE },
    (db, userId: string) => db.deleteFrom('memberships').where('userId', '=', userId),
    ['usr_sample'],
  ),
  keys: ownQuery(
    { name: 'apiKeys.removeOfUser', why: USER_GONE },
    (db, userId: string) => db.deleteFrom('apiKeys').where('userId', '=', userId),
    ['usr_sample'],
  ),
  sessions: ownQuery(
    { name: 'sessions.removeOfUser', why: USER_GONE },
    (db, userId: string) => db.deleteFrom('sessions').where('userId', '=', userId),
    ['usr_sample'],
  ),
  forwardTokens: ownQuery(
    { name: 'forwardTokens.removeOfUser', why: USER_GONE },
    (db, userId: string) => db.deleteFrom('forwardTokens').where('userId', '=', userId),
    ['usr_sample'],
  ),
};

export const removeOldSessions = ownQuery(
  { name: 'sessions.removeOld', why: 'Those that are over are nobody’s any more.' },
  (db, beforeMs: number) => db.deleteFrom('sessions').where('expiresAtMs', '<', beforeMs),
  [1],
);

/** A key and its user's name were used; not a change that anybody follows. */
export const noteKeyUse = ownQuery(
  { name: 'apiKeys.noteUse', why: 'Seen by the data plane; nobody acts.' },
  (db, { id, atMs }: { readonly id: string; readonly atMs: number }) =>
    db
      .updateTable('apiKeys')
      .set({ lastUsedAtMs: atMs })
      .where('keyId', '=', id)
      .where((eb) => eb.or([eb('lastUsedAtMs', 'is', null), eb('lastUsedAtMs', '<', atMs)])),
  [{ id: 'k1', atMs: 1 }],
);

/** Whether the installation was begun by somebody. */
export const anyUser = ownQuery(
  { name: 'users.any', why: 'Asked at the start: the first user is made when there is none.' },
  (db) => db.selectFrom('users').select('id').limit(1),
  [undefined],
);
