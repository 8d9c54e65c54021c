/*
 * The one door to the decision: may this caller use this entry of this server here? List, call, read, get, complete,
 * subscribe, follow and listen all come through here (invariant I12), so what is not callable is not listed.
 *
 *   rights of a principal (rights.ts) ──▶ a decision for each entry ──▶ settled for a request that names it
 *
 * Whatever is thrown on the way refuses: an exception is never a yes.
 */
import type { EntryKind } from '../../model/catalogue.ts';
import type { Decision, RequestAbout, Rights, RightsPlace, Settled } from './decision.ts';

/** What was refused, and by what: for operators, never for the caller. */
export type Refusal = Extract<Settled, { readonly answer: 'no' }>;

export function decide(rights: Rights, place: RightsPlace, kind: EntryKind, key: string): Decision {
  try {
    return rights.decide(place, kind, key);
  } catch {
    return FAILED;
  }
}

export function sees(rights: Rights, place: RightsPlace): boolean {
  try {
    return rights.sees(place);
  } catch {
    return false;
  }
}

/** For a request that brings its arguments. */
export function settled(decision: Decision, about: () => RequestAbout, argumentsOf: () => unknown): Settled {
  if (decision.answer !== 'ask') return decision;
  try {
    return decision.called(about(), argumentsOf);
  } catch {
    return FAILED;
  }
}

/** The one method that each is used by, whatever it is listed or followed by. */
const USED_BY: Readonly<Record<EntryKind, string>> = {
  tools: 'tools/call',
  prompts: 'prompts/get',
  resources: 'resources/read',
  templates: 'resources/read',
};

/**
 * For one that leaves the call open: lists, completions, what goes on after a call was let in. What is read has no arguments,
 * so that its call is known before there is one.
 */
export function shown(decision: Decision, about: () => RequestAbout, kind: EntryKind): Settled {
  if (decision.answer !== 'ask') return decision;
  const using = () => ({ ...about(), method: USED_BY[kind] });
  if (kind === 'resources' || kind === 'templates') return settled(decision, using, () => ({}));
  try {
    return decision.listed(using());
  } catch {
    return FAILED;
  }
}

const FAILED: Refusal = { answer: 'no', rule: 'failed', reason: 'denied' };
