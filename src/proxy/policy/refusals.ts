/*
 * What stands in the way whatever is granted (design §4 (1) and (2)): the endpoint does not hold it, it is switched off, it is
 * another organisation's, the credential is for something else, a filter keeps it out. In this order; the first is told.
 */
import type { EntryKind } from '../../model/catalogue.ts';
import type { Overlay } from '../../model/overlay.ts';
import type { RightsPlace, Settled } from './decision.ts';
import type { Facts } from './facts.ts';
import { filterTool, toolAddress } from './filter.ts';
import { isOutOfReach, placeOutOfReach } from './grants.ts';
import type { PlaceRules } from './organisation.ts';
import { isDisabled } from './switched.ts';

export type No = Extract<Settled, { answer: 'no' }>;

export function denied(rule: string): No {
  return { answer: 'no', rule, reason: 'denied' };
}

/** A URI that could be another one's, and is too long to find out. */
export const TOO_LONG = denied('uri.length');

/** Of a place, before any name is known. */
export function placeRefusal(facts: Facts, rules: PlaceRules, overlay: Overlay): No | undefined {
  const [first] = placeRefusals(facts, rules, overlay);
  return first;
}

export function* placeRefusals(facts: Facts, rules: PlaceRules, overlay: Overlay): Generator<No> {
  if (rules.absent) yield denied('endpoint');
  const { server } = rules.place;
  if (isDisabled(overlay, server)) yield { answer: 'no', rule: `overlay.servers.${server.name}`, reason: 'disabled' };
  if (rules.foreign && !facts.everywhere) yield denied('organisation');
  const rule = placeOutOfReach(facts, rules);
  if (rule !== undefined) yield denied(rule);
}

/** Of a name there. */
export function nameRefusal(facts: Facts, standing: Place, kind: EntryKind, key: string): No | undefined {
  const { place } = standing.rules;
  return killed(standing, kind, key) ?? filterRefusal(place, kind, key) ?? reachRefusal(facts, place, kind, key);
}

export function nameRefusals(facts: Facts, standing: Place, kind: EntryKind, key: string): readonly No[] {
  const { place } = standing.rules;
  const all = [killed(standing, kind, key), filterRefusal(place, kind, key), reachRefusal(facts, place, kind, key)];
  return all.filter((each) => each !== undefined);
}

/** A place, and what is switched off. */
interface Place {
  readonly rules: PlaceRules;
  readonly overlay: Overlay;
}

function killed({ rules, overlay: { tools } }: Place, kind: EntryKind, key: string): No | undefined {
  if (kind !== 'tools' || tools.size === 0) return undefined;
  const address = toolAddress(rules.place.server.name, key);
  return tools.has(address) ? { answer: 'no', rule: `overlay.tools.${address}`, reason: 'killed' } : undefined;
}

function filterRefusal(place: RightsPlace, kind: EntryKind, key: string): No | undefined {
  const { allow, rule } = filterTool(place, kind, key);
  return allow ? undefined : { answer: 'no', rule, reason: 'filtered' };
}

function reachRefusal(facts: Facts, { server }: RightsPlace, kind: EntryKind, key: string): No | undefined {
  return isOutOfReach(facts, kind, server.name, key) ? denied('credential.tools') : undefined;
}
