/*
 * By what it is found out who somebody is: the session of a token, the user of a key; and the keys by which tokens of sessions are signed. No actor is known yet, so none is asked for.
 */
import type { Tables } from '../tables.ts';
import { ownQuery } from './query.ts';

const BEFORE = 'By this it is found out who the actor is.';
const THEIRS = 'Of one user, who logs in wherever they are a member.';

export interface SessionFacts {
  readonly userId: string;
  readonly username: string;
  readonly disabled: number;
  readonly mustChangePassword: number;
  readonly sessionsNotBeforeMs: number;
  readonly organisation: string;
  readonly createdAtMs: number;
  readonly expiresAtMs: number;
  readonly revokedAtMs: number | null;
  readonly refreshSha256: string;
  readonly version: number;
  /** Null for who is no member there any more. */
  readonly rolesJson: string | null;
}

export const sessionFacts = ownQuery<string, SessionFacts>(
  { name: 'sessions.facts', why: BEFORE },
  (db, id) =>
    db
      .selectFrom('sessions')
      .innerJoin('users', 'users.id', 'sessions.userId')
      .leftJoin('memberships', (join) =>
        join
          .onRef('memberships.userId', '=', 'sessions.userId')
          .onRef('memberships.organisation', '=', 'sessions.organisation'),
      )
      .select(['users.id as userId', 'users.username', 'users.disabled', 'users.mustChangePassword'])
      .select(['users.sessionsNotBeforeMs', 'sessions.organisation', 'sessions.createdAtMs', 'sessions.expiresAtMs'])
      .select(['sessions.revokedAtMs', 'sessions.refreshSha256', 'sessions.version', 'memberships.rolesJson'])
      .where('sessions.id', '=', id),
  ['ses_sample'],
);

export interface KeyFacts {
  readonly keyId: string;
  readonly userId: string;
  readonly username: string;
  readonly userDisabled: number;
  readonly organisation: string;
  readonly keyRolesJson: string | null;
  readonly apiJson: string;
  readonly expiresAtMs: number | null;
  readonly disabled: number;
  readonly rolesJson: string | null;
}

export const keyFacts = ownQuery<string, KeyFacts>(
  { name: 'apiKeys.facts', why: BEFORE },
  (db, sha256) =>
    db
      .selectFrom('apiKeys')
      .innerJoin('users', 'users.id', 'apiKeys.userId')
      .leftJoin('memberships', (join) =>
        join
          .onRef('memberships.userId', '=', 'apiKeys.userId')
          .onRef('memberships.organisation', '=', 'apiKeys.organisation'),
      )
      .select(['apiKeys.keyId', 'apiKeys.userId', 'users.username', 'users.disabled as userDisabled'])
      .select(['apiKeys.organisation', 'apiKeys.rolesJson as keyRolesJson', 'apiKeys.apiJson', 'apiKeys.expiresAtMs'])
      .select(['apiKeys.disabled', 'memberships.rolesJson'])
      .where('apiKeys.sha256', '=', sha256),
  ['0'.repeat(64)],
);

export type SessionRow = Tables['sessions'];

export const insertSession = ownQuery<SessionRow, unknown>(
  { name: 'sessions.begin', why: BEFORE },
  (db, row) => db.insertInto('sessions').values(row),
  [
    {
      ...{ id: 'ses_sample', organisation: 'default', version: 1, createdAtMs: 1, updatedAtMs: 1 },
      ...{ userId: 'usr_sample', refreshSha256: '', usedSha256: '', expiresAtMs: 1, revokedAtMs: null },
    },
  ],
);

/**
 * Touches the row exactly while the password is the one that was proven and the account is not disabled: to look at a password
 * takes its time, and what was changed meanwhile ends only the logins that there were.
 */
export const stillProven = ownQuery<{ readonly userId: string; readonly passwordHash: string }, unknown>(
  { name: 'users.stillProven', why: BEFORE },
  (db, { userId, passwordHash }) =>
    db
      .updateTable('users')
      .set((eb) => ({ disabled: eb.ref('disabled') }))
      .where('id', '=', userId)
      .where('disabled', '=', 0)
      .where('passwordHash', '=', passwordHash),
  [{ userId: 'usr_sample', passwordHash: '' }],
);

export interface Rotation {
  readonly id: string;
  readonly fromSha256: string;
  readonly toSha256: string;
  readonly expiresAtMs: number;
  readonly atMs: number;
}

/** Of two that come with the same token one finds it as it was. */
export const rotateSession = ownQuery<Rotation, unknown>(
  { name: 'sessions.rotate', why: BEFORE },
  (db, { id, fromSha256, toSha256, expiresAtMs, atMs }) =>
    db
      .updateTable('sessions')
      .set((eb) => ({
        ...{ refreshSha256: toSha256, usedSha256: fromSha256, expiresAtMs, updatedAtMs: atMs },
        version: eb('version', '+', 1),
      }))
      .where('id', '=', id)
      .where('refreshSha256', '=', fromSha256)
      .where('revokedAtMs', 'is', null),
  [{ id: 'ses_sample', fromSha256: '0', toSha256: '1', expiresAtMs: 2, atMs: 1 }],
);

export interface SessionShown {
  readonly id: string;
  readonly organisation: string;
  readonly version: number;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  readonly expiresAtMs: number;
}

/** The newest first; those that are over are not shown. */
export const sessionsOf = ownQuery<{ readonly userId: string; readonly nowMs: number }, SessionShown>(
  { name: 'sessions.ofUser', why: THEIRS },
  (db, { userId, nowMs }) =>
    db
      .selectFrom('sessions')
      .select(['id', 'organisation', 'version', 'createdAtMs', 'updatedAtMs', 'expiresAtMs'])
      .where('userId', '=', userId)
      .where('revokedAtMs', 'is', null)
      .where('expiresAtMs', '>', nowMs)
      .orderBy('createdAtMs', 'desc')
      .orderBy('id')
      .limit(10_000),
  [{ userId: 'usr_sample', nowMs: 1 }],
);

export interface Ending {
  readonly userId: string;
  readonly atMs: number;
  /** One; all of the user when undefined. */
  readonly id?: string | undefined;
  readonly except?: string | undefined;
}

export const endSessions = ownQuery<Ending, unknown>(
  { name: 'sessions.end', why: THEIRS },
  (db, { userId, id, except, atMs }) => {
    let ended = db
      .updateTable('sessions')
      .set((eb) => ({ revokedAtMs: atMs, updatedAtMs: atMs, version: eb('version', '+', 1) }))
      .where('userId', '=', userId)
      .where('revokedAtMs', 'is', null);
    if (id !== undefined) ended = ended.where('id', '=', id);
    if (except !== undefined) ended = ended.where('id', '<>', except);
    return ended;
  },
  [
    { userId: 'usr_sample', atMs: 1, id: 'ses_sample' },
    { userId: 'usr_sample', atMs: 1, except: 'ses_sample' },
  ],
);

/** Not a change that anybody made: the version stays, and the change of password that comes next finds it. */
export const rehash = ownQuery<{ readonly id: string; readonly from: string; readonly to: string }, unknown>(
  { name: 'users.rehash', why: BEFORE },
  (db, { id, from, to }) =>
    db.updateTable('users').set({ passwordHash: to }).where('id', '=', id).where('passwordHash', '=', from),
  [{ id: 'usr_sample', from: '', to: '' }],
);

type SecretRow = Tables['secrets'];
const SIGNING = 'Tokens of all organisations are signed by the same keys.';

export const signingKeys = ownQuery<undefined, SecretRow>(
  { name: 'secrets.signing', why: SIGNING },
  (db) =>
    db
      .selectFrom('secrets')
      .selectAll()
      .where('kind', '=', 'session_key')
      .orderBy('createdAtMs', 'desc')
      .orderBy('id')
      .limit(100),
  [undefined],
);

export const insertSigningKey = ownQuery<SecretRow, unknown>(
  { name: 'secrets.insertSigning', why: SIGNING },
  (db, row) => db.insertInto('secrets').values(row),
  [
    {
      ...{ id: 'sec_sample', organisation: 'default', version: 1, createdAtMs: 1, updatedAtMs: 1 },
      ...{ kind: 'session_key', ownerId: 'installation', name: 'sec_sample', keyId: 'k', sealed: '' },
    },
  ],
);

export const forgetSigningKeys = ownQuery<{ readonly beforeMs: number }, unknown>(
  { name: 'secrets.forgetSigning', why: SIGNING },
  (db, { beforeMs }) => db.deleteFrom('secrets').where('kind', '=', 'session_key').where('createdAtMs', '<', beforeMs),
  [{ beforeMs: 1 }],
);
