/*
 * Policies over the API: managed like all rules, and tried out before they hold.
 */
import type { AdminParts } from '../parts.ts';
import type { AdminRoute } from '../route.ts';
import { dryRunPolicy } from './policy-dry-run.ts';
import { POLICIES } from './policy-kind.ts';
import { ruleRoutes } from './rule-routes.ts';

export function policyRoutes(parts: AdminParts): readonly AdminRoute[] {
  return [...ruleRoutes(parts, POLICIES), dryRunPolicy(parts)];
}
