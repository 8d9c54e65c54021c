/*
 * Whom a credential of our own makes of its bearer.
 *
 * Roles that stand at the credential are the whole of its roles, so that a key can be less than its user; where there are
 * none it has those of the user whom it names. Groups are the user's.
 */
import type { Holder, IdentityDefinition } from '../../model/identity.ts';
import { NOBODY, type Principal } from '../../model/principal.ts';

export function bearerOf(
  { organisation, user, roles, grants, reach }: Holder,
  { users }: Pick<IdentityDefinition, 'users'>,
): Omit<Principal, 'id' | 'kind'> {
  const known = user === undefined ? undefined : users.get(user);
  return {
    ...NOBODY,
    ...{ organisation, user, grants, reach },
    roles: roles.length > 0 ? roles : (known?.roles ?? []),
    groups: known?.groups ?? [],
  };
}
