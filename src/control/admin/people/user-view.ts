/*
 * Users as they are shown: those of the store as the organisation sees them, and those of the file, which have no account.
 */
import { z } from 'zod';
import type { UserDefinition } from '../../../model/identity.ts';
import type { Actor } from '../../actor.ts';
import { type MembershipSeen, membershipsOfAll, type ShownUser } from '../../store/queries/accounts.ts';
import { fileHead, headOf, objectData } from '../kit/object.ts';
import type { AdminParts } from '../parts.ts';
import { fileRuleId } from '../rules/file-id.ts';
import { type Account, isManaged } from './account-rules.ts';
import { MEMBER_OF } from './people-words.ts';
import { rolesIn } from './stored-credentials.ts';

export const USER = objectData({
  username: z.string(),
  displayName: z.string(),
  email: z.string(),
  disabled: z.boolean(),
  mustChangePassword: z.boolean(),
  roles: z.array(z.string()).nullable().describe('In this organisation; null for who is no member.'),
  memberships: z.array(MEMBER_OF).describe('As far as they are yours to see: all of them for a system_admin.'),
  managed: z.boolean().describe('Whether the account is yours to change, and not the membership alone.'),
});

export type ShownAccount = z.infer<typeof USER>;

export function accountView(actor: Actor, { user, memberships }: Account): ShownAccount {
  const { username, displayName, email } = user;
  const here = memberships.find(({ organisation }) => organisation === actor.organisation);
  const seen = actor.rights.has('system') ? memberships : memberships.filter((each) => each === here);
  return {
    ...{ ...headOf(user), username, displayName, email },
    ...{ disabled: user.disabled !== 0, mustChangePassword: user.mustChangePassword !== 0 },
    roles: here ? [...rolesIn(here.rolesJson)] : null,
    memberships: seen.map(({ organisation, rolesJson }) => ({ organisation, roles: [...rolesIn(rolesJson)] })),
    managed: isManaged(actor, { user, memberships }),
  };
}

/** Accounts of users, with what they are members of. */
export async function accountsOf({ store }: AdminParts, users: readonly ShownUser[]): Promise<readonly Account[]> {
  if (users.length === 0) return [];
  const all = await store.read(membershipsOfAll(users.map(({ id }) => id)));
  const byUser = Map.groupBy(all, ({ userId }: MembershipSeen) => userId);
  return users.map((user) => ({ user, memberships: byUser.get(user.id) ?? [] }));
}

/** Of the file, in the organisation where they act. */
export function fileUsers({ file }: AdminParts, { organisation }: Actor): readonly ShownAccount[] {
  return [...file().identity.users.values()].filter((user) => user.organisation === organisation).map(fileUserView);
}

function fileUserView({ name, organisation, roles }: UserDefinition): ShownAccount {
  return {
    ...{ ...fileHead('user', name), id: fileRuleId('user', name), organisation },
    ...{ username: name, displayName: '', email: '', disabled: false, mustChangePassword: false },
    ...{ roles: [...roles], memberships: [{ organisation, roles: [...roles] }], managed: false },
  };
}
