/*
 * What holds for calls and what becomes of it: rules, explanations, search, what runs now, the kill switch, and what is written
 * down.
 */
import { auditRoutes } from '../live/audit.ts';
import { healthRoutes } from '../live/health.ts';
import { killRoutes } from '../live/kill.ts';
import { liveRoutes } from '../live/live.ts';
import { searchRoutes } from '../live/tool-search.ts';
import type { AdminParts } from '../parts.ts';
import type { AdminRoute } from '../route.ts';
import { explainRoutes } from './explain.ts';
import { limitRuleRoutes } from './limit-rules.ts';
import { policyRoutes } from './policies.ts';

export const RULE_AREAS: readonly ((parts: AdminParts) => readonly AdminRoute[])[] = [
  ...[policyRoutes, limitRuleRoutes, explainRoutes, searchRoutes],
  ...[liveRoutes, killRoutes, auditRoutes, healthRoutes],
];
