/*
 * All of the admin API: one line for each area. An area is a file (or several) with a function of the parts:
 *
 *   export function serverRoutes(parts: AdminParts): readonly AdminRoute[] { return [listServers(parts), …]; }
 *
 * It keeps nothing and asks nothing while it is called: the OpenAPI document is made of the same list, without a store.
 */
import type { AdminParts } from './parts.ts';
import { peopleRoutes } from './people/people-routes.ts';
import type { AdminRoute } from './route.ts';
import { RULE_AREAS } from './rules/rule-areas.ts';
import { serverRoutes } from './servers/servers.ts';

type Area = (parts: AdminParts) => readonly AdminRoute[];

const AREAS: readonly Area[] = [peopleRoutes, serverRoutes, ...RULE_AREAS];

export function adminRoutes(parts: AdminParts): readonly AdminRoute[] {
  return AREAS.flatMap((area) => area(parts));
}
