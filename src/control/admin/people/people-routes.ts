/*
 * Everything about people: who logs in, who they are, what they are in an organisation, and their keys.
 */

import type { AdminParts } from '../parts.ts';
import type { AdminRoute } from '../route.ts';
import { authRoutes } from './auth-routes.ts';
import { keyRoutes } from './key-routes.ts';
import { mappingRoutes } from './mapping-routes.ts';
import { meRoutes } from './me-routes.ts';
import { membershipRoutes } from './membership-routes.ts';
import { organisationRoutes } from './organisation-routes.ts';
import { roleRoutes } from './role-routes.ts';
import { userRoutes } from './user-routes.ts';

const AREAS = [
  ...[authRoutes, meRoutes, userRoutes, membershipRoutes],
  ...[organisationRoutes, roleRoutes, keyRoutes, mappingRoutes],
] as const;

export function peopleRoutes(parts: AdminParts): readonly AdminRoute[] {
  return AREAS.flatMap((area) => area(parts));
}
