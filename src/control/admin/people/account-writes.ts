/*
 * What is done to accounts, each as one write with its audit: made, changed, given another password, deleted. Who may was asked
 * before.
 *
 * In the audit stands who they are and what was changed; never a password, nor what was made of one.
 */
import { AdminError } from '../../../model/admin-errors.ts';
import type { Actor } from '../../actor.ts';
import { disownServers, ownedBy, type ShownUser } from '../../store/queries/accounts.ts';
import { endSessions } from '../../store/queries/logins.ts';
import { memberships, removeUserRows, users } from '../../store/queries/people.ts';
import type { Audited, Change, Touched } from '../../store/store.ts';
import type { AdminParts } from '../parts.ts';
import { type Account, isSystemAdmin, keepingOne, lastOne } from './account-rules.ts';
import { wrong } from './me-routes.ts';
import { passwordFault } from './password-rules.ts';
import { oneTimePassword } from './passwords.ts';
import { checkGiven, rolesKnown } from './role-rules.ts';

export interface NewAccount {
  readonly username: string;
  readonly displayName?: string | undefined;
  readonly email?: string | undefined;
  readonly password?: string | undefined;
  readonly mustChangePassword?: boolean | undefined;
  readonly roles?: readonly string[] | undefined;
}

export interface MadeAccount {
  readonly id: string;
  readonly oneTimePassword: string | undefined;
}

export async function createAccount(parts: AdminParts, actor: Actor, asked: NewAccount): Promise<MadeAccount> {
  const { username, displayName = '', email = '', roles = ['user'] } = asked;
  checkGiven(actor, roles, await rolesKnown(parts, actor));
  if (parts.file().identity.users.has(username))
    throw new AdminError('conflict', { say: 'The configuration file has a user of this name. Choose another name.' });
  const secret = await secretOf(parts, asked.password, username);
  const atMs = parts.now();
  const mustChange = secret.oneTimePassword !== undefined || asked.mustChangePassword !== false;
  const values = { username, displayName, email, passwordHash: secret.passwordHash, disabled: 0 };
  const more = { mustChangePassword: mustChange ? 1 : 0, sessionsNotBeforeMs: 0 };
  const user = users.fresh(actor, { ...values, ...more }, atMs);
  const member = memberships.fresh(actor, { userId: user.id, rolesJson: JSON.stringify(roles) }, atMs);
  const after = { username, displayName, email, disabled: false, roles };
  await written(parts, actor, {
    changes: [users.insert(actor, user), memberships.insert(actor, member)],
    touched: [touched('users', user), touched('memberships', member)],
    audit: [audited('user.create', user, { before: null, after })],
  });
  return { id: user.id, oneTimePassword: secret.oneTimePassword };
}

interface Secret {
  readonly passwordHash: string;
  readonly oneTimePassword: string | undefined;
}

async function secretOf({ logins }: AdminParts, given: string | undefined, username: string): Promise<Secret> {
  const fault = given === undefined ? undefined : passwordFault(given, username);
  if (fault !== undefined) throw wrong('body.password', fault);
  const made = given === undefined ? oneTimePassword() : undefined;
  return { passwordHash: await logins.passwords.hash(given ?? made ?? ''), oneTimePassword: made };
}

export interface AccountUpdate {
  readonly set: {
    readonly displayName?: string | undefined;
    readonly email?: string | undefined;
    readonly disabled?: boolean | undefined;
  };
  readonly ifMatch: number | undefined;
}

export async function updateAccount(
  parts: AdminParts,
  actor: Actor,
  account: Account,
  { set: { disabled, ...texts }, ifMatch }: AccountUpdate,
): Promise<void> {
  const { user } = account;
  const atMs = parts.now();
  const given = Object.fromEntries(Object.entries(texts).filter(([, value]) => value !== undefined));
  const set = { ...given, ...(disabled === undefined ? {} : { disabled: disabled ? 1 : 0 }) };
  const before = stateOf(user);
  const after = { ...before, ...given, ...(disabled === undefined ? {} : { disabled }) };
  const change = users.update(homeOf(actor, user), { id: user.id, version: ifMatch, set, atMs });
  await written(parts, actor, {
    changes: disabled === true ? takingAway(account, [change], atMs) : [change],
    touched: [touched('users', user)],
    audit: [audited('user.update', user, { before, after })],
  });
}

/** Whoever is disabled and enabled again logs in anew. */
function takingAway({ user, memberships: all }: Account, changes: readonly Change[], atMs: number): readonly Change[] {
  const both = [...changes, { statement: endSessions({ userId: user.id, atMs }) }];
  return isSystemAdmin(all) ? keepingOne(both) : both;
}

export async function resetPassword(
  parts: AdminParts,
  actor: Actor,
  { user }: Account,
  given: string | undefined,
): Promise<{ oneTimePassword?: string }> {
  const { passwordHash, oneTimePassword: made } = await secretOf(parts, given, user.username);
  const atMs = parts.now();
  const set = { passwordHash, mustChangePassword: 1, sessionsNotBeforeMs: atMs };
  await written(parts, actor, {
    changes: [
      users.update(homeOf(actor, user), { id: user.id, set, atMs }),
      { statement: endSessions({ userId: user.id, atMs }) },
    ],
    touched: [touched('users', user)],
    audit: [audited('user.password', user, { before: null, after: null })],
  });
  return made === undefined ? {} : { oneTimePassword: made };
}

export async function deleteAccount(
  parts: AdminParts,
  actor: Actor,
  { user, memberships: all }: Account,
  ifMatch: number | undefined,
): Promise<void> {
  const { id: userId, username } = user;
  const owned = await parts.store.read(ownedBy({ userId, username }));
  const theirs = Object.values(removeUserRows).map((remove) => ({ statement: remove(userId) }));
  const atMs = parts.now();
  const changes = [
    ...theirs,
    { statement: disownServers({ username, atMs }) },
    users.remove(homeOf(actor, user), { id: userId, version: ifMatch }),
  ];
  await written(parts, actor, {
    changes: isSystemAdmin(all) ? keepingOne(changes) : changes,
    touched: [touched('users', user), ...owned],
    audit: [audited('user.delete', user, { before: stateOf(user), after: null })],
  });
}

/** Rows are changed in the organisation that they belong to; whether the actor may was asked before. */
function homeOf(actor: Actor, { organisation }: ShownUser): Actor {
  return { ...actor, organisation };
}

function stateOf({ username, displayName, email, disabled }: ShownUser) {
  return { username, displayName, email, disabled: disabled !== 0 };
}

function touched(kind: Touched['kind'], { id, organisation }: Pick<ShownUser, 'id' | 'organisation'>): Touched {
  return { kind, id, organisation };
}

type Named = Pick<ShownUser, 'id' | 'username'>;

function audited(action: string, { id, username }: Named, states: Pick<Audited, 'before' | 'after'>): Audited {
  return { action, outcome: 'done', kind: 'users', targetId: id, targetName: username, reason: '', ...states };
}

interface Written {
  readonly changes: readonly Change[];
  readonly touched: readonly Touched[];
  readonly audit: readonly Audited[];
}

/** In the snapshot when it is answered: who was disabled is out. */
async function written({ store, publisher }: AdminParts, actor: Actor, write: Written): Promise<void> {
  const isGuarded = write.changes.some(({ statement }) => statement.name === 'users.keepsSystemAdmin');
  try {
    await store.write(actor, write);
  } catch (error) {
    throw isGuarded ? lastOne(error) : error;
  }
  await publisher.settled();
}
