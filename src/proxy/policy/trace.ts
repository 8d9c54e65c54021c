/*
 * How a decision came about, for people who ask: all that was looked at, also what made no difference in the end.
 *
 * It is the decision's own parts that are asked here, one by one, so that there is nothing that could disagree with it: the
 * first refusal refuses; else the first policy that is met decides; else the first grant; else nothing does.
 */
import type { EntryKind } from '../../model/catalogue.ts';
import type { Truth } from './condition/condition.ts';
import type { Decision } from './decision.ts';
import { type Facts, isMeant } from './facts.ts';
import { namedGrants, wholeGrants } from './grants.ts';
import type { Policy } from './policies.ts';
import { type No, nameRefusals, placeRefusals } from './refusals.ts';
import { type AskedScopes, holds } from './scope-permissions.ts';
import type { Standing } from './standing.ts';

export interface Trace {
  readonly decision: Decision;
  readonly refusals: readonly No[];
  /** Rules. */
  readonly grants: readonly string[];
  /** What the scope permissions ask for, where there are any. */
  readonly scopes: (AskedScopes & { readonly held: boolean }) | undefined;
  /** All that are about the target, in the order in which they are asked. */
  readonly policies: readonly TracedPolicy[];
}

export interface TracedPolicy {
  readonly policy: Policy;
  /** Whether it means this caller. */
  readonly isMeant: boolean;
  /** What its condition comes to; `true` without one. Not asked of a policy that means others. */
  readonly truth: Truth | undefined;
}

interface Entry {
  readonly kind: EntryKind;
  readonly key: string;
}

export function lookedAt(
  facts: Facts,
  standing: Pick<Standing, 'rules' | 'overlay'>,
  { kind, key }: Entry,
  truthOf: (policy: Policy) => Truth,
): Omit<Trace, 'decision'> {
  const { rules, overlay } = standing;
  const asked = kind === 'tools' ? rules.permissions?.asked(key) : undefined;
  const about: Policy[] = [];
  rules.policies[kind].visit(kind, key, (policy) => about.push(policy) < 0);
  return {
    refusals: [...placeRefusals(facts, rules, overlay), ...nameRefusals(facts, standing, kind, key)],
    grants: [...wholeGrants(facts, kind, rules.place.server), ...namedGrants(facts, rules, kind, key)],
    scopes: asked && { ...asked, held: holds(asked, facts.scopes) },
    policies: about.map((policy) => {
      const means = isMeant(facts, policy);
      return { policy, isMeant: means, truth: means ? truthOf(policy) : undefined };
    }),
  };
}
