/*
 * Who may change an account: its password, whether it is disabled, what it is called, whether it is there.
 *
 * An account is one for the whole installation, and belongs to the organisation in which it was made. Who manages that
 * organisation manages the account as long as its user is a member of no other one: who could set the password of somebody
 * who also works elsewhere would act there in their name. Of a user with several memberships each organisation
 * manages its own membership, and the account is for the system_admin. In no case does anybody change the account of a user who
 * has a role that they do not hold.
 *
 * The last account that is active and manages the installation stays as it is.
 */
import { AdminError } from '../../../model/admin-errors.ts';
import type { Actor } from '../../actor.ts';
import {
  keepsSystemAdmin,
  type MembershipSeen,
  membershipsOfAll,
  type ShownUser,
  turnOfSystemAdmins,
  userSeen,
} from '../../store/queries/accounts.ts';
import type { Change } from '../../store/store.ts';
import type { AdminParts } from '../parts.ts';
import { checkHeld, type KnownRoles, rolesKnown } from './role-rules.ts';
import { rolesIn } from './stored-credentials.ts';

export interface Account {
  readonly user: ShownUser;
  readonly memberships: readonly MembershipSeen[];
}

/** Of those whom the organisation sees. Throws `not_found`. */
export async function accountSeen({ store }: AdminParts, actor: Actor, id: string): Promise<Account> {
  const [user] = await store.read(userSeen(actor, { id }));
  if (!user) throw new AdminError('not_found');
  return { user, memberships: await store.read(membershipsOfAll([id])) };
}

/** Whether the account is the actor's to change, apart from the roles that its user has. */
export function isManaged(actor: Actor, { user, memberships }: Account): boolean {
  if (actor.rights.has('system')) return true;
  const isHome = user.organisation === actor.organisation;
  return isHome && memberships.every(({ organisation }) => organisation === actor.organisation);
}

/** Throws `not_found`, `forbidden`. */
export async function accountManaged(parts: AdminParts, actor: Actor, id: string): Promise<Account> {
  const account = await accountSeen(parts, actor, id);
  if (!isManaged(actor, account)) {
    const say =
      'The account belongs to another organisation, or its user is a member of one: a system_admin changes it. You can change the membership.';
    throw new AdminError('forbidden', { say });
  }
  const known: KnownRoles = await rolesKnown(parts, actor);
  for (const { rolesJson } of account.memberships) checkHeld(actor, rolesIn(rolesJson), known);
  return account;
}

export function isSystemAdmin(memberships: readonly Pick<MembershipSeen, 'rolesJson'>[]): boolean {
  return memberships.some(({ rolesJson }) => rolesIn(rolesJson).includes('system_admin'));
}

/** Changes that take the installation away from somebody, undone when nobody is left; `lastOne` words what that means. */
export function keepingOne(changes: readonly Change[]): readonly Change[] {
  const turn = { statement: turnOfSystemAdmins(), rows: { count: 1, as: 'conflict' } } as const;
  return [turn, ...changes, { statement: keepsSystemAdmin(), rows: { count: 1, as: 'conflict' } }];
}

export function lastOne(error: unknown): unknown {
  if (!(error instanceof AdminError) || error.kind !== 'conflict') return error;
  const say = 'Nobody would be left who manages the installation. Give somebody else the role system_admin first.';
  return new AdminError('conflict', { say });
}
