/*
 * A URI that is not in its normal form passes when both its own text and the normal form do: nobody knows which of the two
 * its server goes by, and patterns know texts alone.
 */
import type { EntryKind } from '../../model/catalogue.ts';
import { settled, shown } from './decide.ts';
import type { Decision, Settled } from './decision.ts';
import type { Trace } from './trace.ts';
import { normalUri } from './uri-form.ts';

/**
 * The key itself where there is no other form, undefined where nobody knows. What a template expands to is decided when it
 * is read.
 */
export function otherForm(kind: EntryKind, key: string): string | undefined {
  const isUri = kind === 'resources' || (kind === 'templates' && !key.includes('{'));
  return isUri ? normalUri(key) : key;
}

/** The decision on both. */
export function both(kind: EntryKind, one: Decision, other: Decision): Decision {
  if (one.answer === 'no' || other.answer === 'no') return one.answer === 'no' ? one : other;
  if (one.answer !== 'ask' && other.answer !== 'ask') return bothSettled(one, other);
  const asked = [one, other].filter((each) => each.answer === 'ask');
  return {
    answer: 'ask',
    rule: [...new Set(asked.flatMap(({ rule }) => rule.split(' ')))].join(' '),
    volatile: asked.some(({ volatile }) => volatile),
    listed: (about) =>
      bothSettled(
        shown(one, () => about, kind),
        shown(other, () => about, kind),
      ),
    called: (about, argumentsOf) =>
      bothSettled(
        settled(one, () => about, argumentsOf),
        settled(other, () => about, argumentsOf),
      ),
  };
}

/** What refuses goes before what asks for more scopes, and that before what passes. */
function bothSettled(one: Settled, other: Settled): Settled {
  if (one.answer === 'step-up' && other.answer === 'step-up') {
    return { ...one, scopes: [...new Set([...one.scopes, ...other.scopes])] };
  }
  return weightOf(other) > weightOf(one) ? other : one;
}

const WEIGHTS = { yes: 0, 'step-up': 1, no: 2 } as const;

function weightOf({ answer }: Settled): number {
  return WEIGHTS[answer];
}

/** Of the form that decides. */
export function bothTraced(kind: EntryKind, one: Trace, other: Trace): Trace {
  const decision = both(kind, one.decision, other.decision);
  return decision === other.decision ? other : { ...one, decision };
}
