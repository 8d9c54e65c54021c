/*
 * Which roles give which rights in the admin API. Roles that are defined for tools give none here.
 */
import type { Right } from '../actor.ts';

const RIGHTS_OF: Readonly<Record<string, readonly Right[]>> = {
  viewer: ['read'],
  service: ['read'],
  user: ['read', 'own'],
  admin: ['read', 'own', 'manage'],
  system_admin: ['read', 'own', 'manage', 'system'],
};

/** The roles that there always are. */
export const BUILT_IN_ROLES: readonly string[] = Object.keys(RIGHTS_OF);

export function rightsOf(roles: readonly string[]): ReadonlySet<Right> {
  return new Set(roles.flatMap((role) => (Object.hasOwn(RIGHTS_OF, role) ? (RIGHTS_OF[role] ?? []) : [])));
}
