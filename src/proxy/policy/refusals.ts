/*
 * What stands in the way whatever is granted (design §4 (1) and (2)): the endpoint does not hold it, it is switched off, it is
 * another organisation's, the credential is for something else, a filter keeps it out. In this order; the first is told.
 */
import type { EntryKind } from '../../model/catalogue.ts';
import type { RightsPlace, Settled } from './decision.ts';
import type { Facts } from './facts.ts';
import { filterTool, toolAddress } from './filter.ts';
import { isOutOfReach, placeOutOfReach } from './grants.ts';
import type { PlaceRules } from './organisation.ts';

export type No = Extract<Settled, { answer: 'no' }>;

export function denied(rule: string): No {
  return { answer: 'no', rule, reason: 'denied' };
}

/** A URI that could be another one's, and is too long to find out. */
export const TOO_LONG = denied('uri.length');

/** Of a place, before any name is known. */
export function placeRefusal(facts: Facts, rules: PlaceRules): No | undefined {
  const [first] = placeRefusals(facts, rules);
  return first;
}

export function* placeRefusals(facts: Facts, rules: PlaceRules): Generator<No> {
  if (rules.absent) yield denied('endpoint');
  if (rules.disabled) yield { answer: 'no', rule: `overlay.servers.${rules.place.server.name}`, reason: 'disabled' };
  if (rules.foreign && !facts.everywhere) yield denied('organisation');
  const rule = placeOutOfReach(facts, rules);
  if (rule !== undefined) yield denied(rule);
}

/** Of a name there. */
export function nameRefusal(facts: Facts, rules: PlaceRules, kind: EntryKind, key: string): No | undefined {
  const { place } = rules;
  return killed(rules, kind, key) ?? filterRefusal(place, kind, key) ?? reachRefusal(facts, place, kind, key);
}

export function nameRefusals(facts: Facts, rules: PlaceRules, kind: EntryKind, key: string): readonly No[] {
  const { place } = rules;
  const all = [killed(rules, kind, key), filterRefusal(place, kind, key), reachRefusal(facts, place, kind, key)];
  return all.filter((each) => each !== undefined);
}

function killed({ place, killed: tools }: PlaceRules, kind: EntryKind, key: string): No | undefined {
  if (kind !== 'tools' || tools.size === 0) return undefined;
  const address = toolAddress(place.server.name, key);
  return tools.has(address) ? { answer: 'no', rule: `overlay.tools.${address}`, reason: 'killed' } : undefined;
}

function filterRefusal(place: RightsPlace, kind: EntryKind, key: string): No | undefined {
  const { allow, rule } = filterTool(place, kind, key);
  return allow ? undefined : { answer: 'no', rule, reason: 'filtered' };
}

function reachRefusal(facts: Facts, { server }: RightsPlace, kind: EntryKind, key: string): No | undefined {
  return isOutOfReach(facts, kind, server.name, key) ? denied('credential.tools') : undefined;
}
