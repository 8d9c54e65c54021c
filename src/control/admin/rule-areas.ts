/*
 * What holds for calls and what becomes of it: rules, explanations, search, what runs now, the kill switch, and what is written
 * down.
 */
import { auditRoutes } from './audit.ts';
import { explainRoutes } from './explain.ts';
import { healthRoutes } from './health.ts';
import { killRoutes } from './kill.ts';
import { limitRuleRoutes } from './limit-rules.ts';
import { liveRoutes } from './live.ts';
import type { AdminParts } from './parts.ts';
import { policyRoutes } from './policies.ts';
import type { AdminRoute } from './route.ts';
import { searchRoutes } from './tool-search.ts';

export const RULE_AREAS: readonly ((parts: AdminParts) => readonly AdminRoute[])[] = [
  ...[policyRoutes, limitRuleRoutes, explainRoutes, searchRoutes],
  ...[liveRoutes, killRoutes, auditRoutes, healthRoutes],
];
