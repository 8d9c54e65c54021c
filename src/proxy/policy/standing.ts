/*
 * What a place is to somebody before any name is known: out of bounds, granted whole, or to be asked about.
 */
import type { EntryKind } from '../../model/catalogue.ts';
import type { Facts } from './facts.ts';
import { wholeGrant } from './grants.ts';
import { byKind, type PlaceRules } from './organisation.ts';
import { type No, placeRefusal } from './refusals.ts';

export interface Standing {
  readonly rules: PlaceRules;
  readonly refused: No | undefined;
  /** The rule by which everything of a kind is granted, policies aside. */
  readonly granted: Readonly<Record<EntryKind, string | undefined>>;
  /** Whether anything may be used here; undefined until somebody asks. */
  seen: boolean | undefined;
}

export function standingOf(facts: Facts, rules: PlaceRules): Standing {
  const granted = byKind((kind) => wholeGrant(facts, kind, rules.place.server));
  return { rules, refused: placeRefusal(facts, rules), granted, seen: undefined };
}
