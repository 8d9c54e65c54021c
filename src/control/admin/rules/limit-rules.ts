/*
 * Limit rules over the API: managed like all rules, tried out on calls, and held against each other.
 */

import type { AdminParts } from '../parts.ts';
import type { AdminRoute } from '../route.ts';
import { dryRunLimitRule, limitRuleConflicts } from './limit-rule-dry-run.ts';
import { LIMIT_RULES } from './limit-rule-kind.ts';
import { ruleRoutes } from './rule-routes.ts';

export function limitRuleRoutes(parts: AdminParts): readonly AdminRoute[] {
  return [limitRuleConflicts(parts), ...ruleRoutes(parts, LIMIT_RULES), dryRunLimitRule(parts)];
}
