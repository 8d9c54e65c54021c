/*
 * The first user of an installation, and the way back for who has lost the password of one. Both are for who is on the host:
 * they are asked for at the start of a gateway and on the command line, and by no route.
 *
 * Nobody knows a password here but the person: it is made and told once, or taken from a file that is theirs alone.
 */
import { AdminError } from '../../../model/admin-errors.ts';
import { DEFAULT_ORGANISATION } from '../../../model/principal.ts';
import type { Actor } from '../../actor.ts';
import { endSessions } from '../../store/queries/logins.ts';
import { anyUser, memberships, userByName, users } from '../../store/queries/people.ts';
import type { Audited, Store } from '../../store/store.ts';
import { passwordFault } from './password-rules.ts';
import { hashPassword, oneTimePassword } from './passwords.ts';

export const FIRST_ADMIN = 'admin';

/** Who can read the data folder, and write to its store. */
const ON_HOST: Actor = {
  ...{ id: 'local', userId: undefined, username: undefined, organisation: DEFAULT_ORGANISATION, roles: [] },
  ...{ rights: new Set(), by: 'local', sessionId: undefined, requestId: '', address: '' },
};

export interface NewPassword {
  readonly username: string;
  /** Undefined when it was given. */
  readonly oneTimePassword: string | undefined;
}

interface Parts {
  readonly store: Pick<Store, 'read' | 'write'>;
  /** Wall clock. */
  readonly now: () => number;
}

/** Undefined when there is a user already; else how to make the first one. Throws an `Error` for operators. */
export async function firstAdminOf(
  parts: Parts,
  givenPassword: (() => Promise<string>) | undefined,
): Promise<(() => Promise<NewPassword | undefined>) | undefined> {
  if ((await parts.store.read(anyUser())).length > 0) return undefined;
  const given = await givenPassword?.();
  const fault = given === undefined ? undefined : passwordFault(given, FIRST_ADMIN);
  if (fault !== undefined) throw new Error(`The password for "${FIRST_ADMIN}" is not taken. ${fault}`);
  return () => makeFirstAdmin(parts, given);
}

async function makeFirstAdmin({ store, now }: Parts, given: string | undefined): Promise<NewPassword | undefined> {
  const secret = await secretOf(given);
  const atMs = now();
  const about = { username: FIRST_ADMIN, displayName: 'Administrator', email: '', disabled: 0, sessionsNotBeforeMs: 0 };
  const user = users.fresh(ON_HOST, { ...about, ...secret.columns }, atMs);
  const member = memberships.fresh(ON_HOST, { userId: user.id, rolesJson: '["system_admin"]' }, atMs);
  const touched = [touch('users', user.id), touch('memberships', member.id)];
  const changes = [users.insert(ON_HOST, user), memberships.insert(ON_HOST, member)];
  try {
    await store.write(ON_HOST, { changes, touched, audit: [audited('user.create', user.id, FIRST_ADMIN)] });
  } catch (error) {
    // Another gateway that was started at the same moment has made it, and told its password.
    if (error instanceof AdminError && error.kind === 'conflict') return undefined;
    throw error;
  }
  return { username: FIRST_ADMIN, oneTimePassword: secret.oneTimePassword };
}

/** Undefined when there is no such user. What they have open ends, and they choose another one at the next login. */
export async function resetOnHost({ store, now }: Parts, username: string): Promise<NewPassword | undefined> {
  const [user] = await store.read(userByName(username));
  if (user === undefined) return undefined;
  const secret = await secretOf(undefined);
  const atMs = now();
  const set = { ...secret.columns, sessionsNotBeforeMs: atMs };
  await store.write(ON_HOST, {
    changes: [
      users.update({ ...ON_HOST, organisation: user.organisation }, { id: user.id, set, atMs }),
      { statement: endSessions({ userId: user.id, atMs }) },
    ],
    touched: [touch('users', user.id)],
    audit: [audited('user.password', user.id, username)],
  });
  return { username, oneTimePassword: secret.oneTimePassword };
}

async function secretOf(given: string | undefined) {
  const made = given === undefined ? oneTimePassword() : undefined;
  const passwordHash = await hashPassword(given ?? made ?? '');
  return { columns: { passwordHash, mustChangePassword: made === undefined ? 0 : 1 }, oneTimePassword: made };
}

function touch(kind: 'users' | 'memberships', id: string) {
  return { kind, id, organisation: DEFAULT_ORGANISATION };
}

function audited(action: string, targetId: string, targetName: string): Audited {
  const states = { before: undefined, after: undefined };
  return { action, outcome: 'done', kind: 'users', targetId, targetName, reason: 'on the host', ...states };
}
