/*
 * Whom a credential of our own makes of its bearer. Its roles were found when the configuration was read; groups are those
 * of the user whom it names.
 */
import type { Holder, IdentityDefinition } from '../../model/identity.ts';
import { NOBODY, type Principal } from '../../model/principal.ts';

export function bearerOf(
  { organisation, user, roles, grants, reach }: Holder,
  { users }: Pick<IdentityDefinition, 'users'>,
): Omit<Principal, 'id' | 'kind'> {
  const groups = user === undefined ? [] : (users.get(user)?.groups ?? []);
  return {
    ...NOBODY,
    ...{ organisation, user, roles, groups, grants, reach },
  };
}
