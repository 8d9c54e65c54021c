/*
 * What a place is to somebody before any name is known: out of bounds, granted whole, or to be asked about.
 */
import type { EntryKind } from '../../model/catalogue.ts';
import type { Overlay } from '../../model/overlay.ts';
import { type Facts, isMeant } from './facts.ts';
import { wholeGrant } from './grants.ts';
import { byKind, type PlaceRules } from './organisation.ts';
import type { Locals } from './policies.ts';
import { type No, placeRefusal } from './refusals.ts';

export interface Standing {
  readonly rules: PlaceRules;
  readonly overlay: Overlay;
  readonly refused: No | undefined;
  /** The rule by which everything of a kind is granted, policies aside. */
  readonly granted: Readonly<Record<EntryKind, string | undefined>>;
  /** The policies that mean the principal. */
  readonly policies: (kind: EntryKind) => Locals;
  /** Whether anything may be used here; undefined until somebody asks. */
  seen: boolean | undefined;
}

export function standingOf(facts: Facts, rules: PlaceRules, overlay: Overlay): Standing {
  const granted = byKind((kind) => wholeGrant(facts, kind, rules.place.server));
  const narrowed = new Map<EntryKind, Locals>();
  const policies = (kind: EntryKind) => {
    const known =
      narrowed.get(kind) ?? rules.policies[kind].narrowed(facts.company, (policy) => isMeant(facts, policy));
    narrowed.set(kind, known);
    return known;
  };
  return { rules, overlay, refused: placeRefusal(facts, rules, overlay), granted, policies, seen: undefined };
}
