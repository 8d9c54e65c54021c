/*
 * What a role or a policy is about: which servers, where, and what of them.
 *
 * A tool, a prompt and a resource have one name, and a pattern fits it or not. A template has many, and the two ends of a
 * decision ask differently: what allows must fit some of them, what keeps out all.
 */
import type { Pattern, Scope } from '../../model/access.ts';
import type { EntryKind } from '../../model/catalogue.ts';
import { matchIn } from '../../model/pattern.ts';
import type { EndpointDefinition } from '../../model/snapshot.ts';
import type { RightsPlace } from './decision.ts';
import { fitsAll, fitsSome } from './template.ts';

/** Of the many names of a template. */
export type HowMuch = 'some' | 'all';

export function fitting(
  patterns: readonly Pattern[] | undefined,
  kind: EntryKind,
  key: string,
  much: HowMuch,
): Pattern | undefined {
  if (!patterns) return undefined;
  if (kind !== 'templates') return matchIn(patterns, key);
  return much === 'some' ? fitsSome(patterns, key) : fitsAll(patterns, key);
}

/** Rules about resources are about templates too. */
export function patternsFor(scope: Scope, kind: EntryKind): readonly Pattern[] | undefined {
  return scope[kind === 'templates' ? 'resources' : kind];
}

export function isAbout(scope: Pick<Scope, 'servers' | 'endpoints'>, { endpoint, server }: RightsPlace): boolean {
  if (matchIn(scope.servers, server.name) === undefined) return false;
  return !scope.endpoints || matchIn(scope.endpoints, calledInRules(endpoint)) !== undefined;
}

/** `/mcp` has a name in rules only. */
export function calledInRules({ name }: EndpointDefinition): string {
  return name || 'default';
}
