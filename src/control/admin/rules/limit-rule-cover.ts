/*
 * Limit rules that can never be the one that refuses, because another is always there first: it means all calls that they mean,
 * counts them together at least as far, and lets through no more.
 *
 * What is said here is certain. Two rules of which it cannot be told by their text alone are not in conflict.
 */
import { matchesPattern } from '../../../model/pattern.ts';
import { ALGORITHM_DEFAULT, type Dimension, type LimitRuleEntry } from './limit-rule-shape.ts';

export interface NamedLimit {
  readonly id: string;
  readonly name: string;
  readonly entry: LimitRuleEntry;
}

/** By id: the rule that is always there first. */
export function coveredBy(rules: readonly NamedLimit[]): ReadonlyMap<string, NamedLimit> {
  const covered = new Map<string, NamedLimit>();
  for (const rule of rules) {
    const by = rules.find(
      (other) => other !== rule && isFirst(other, rule) && !(isFirst(rule, other) && rule.id < other.id),
    );
    if (by) covered.set(rule.id, by);
  }
  return covered;
}

function isFirst({ entry: stricter }: NamedLimit, { entry: other }: NamedLimit): boolean {
  return (
    WIDER[stricter.per].includes(other.per) &&
    isAboutAll(stricter, other) &&
    (stricter.when === undefined || stricter.when === other.when) &&
    letsNoMoreThrough(stricter, other)
  );
}

/** Each key of the first has all calls of some key of the others in it. */
const WIDER: Readonly<Record<Dimension, readonly Dimension[]>> = {
  // A rule is one organisation's, so these two are one count.
  global: ['global', 'organisation', 'user', 'endpoint', 'server', 'tool', 'key', 'address'],
  organisation: ['global', 'organisation', 'user', 'endpoint', 'server', 'tool', 'key', 'address'],
  // Each key is one user's.
  user: ['user', 'key'],
  server: ['server', 'tool'],
  ...{ endpoint: ['endpoint'], tool: ['tool'], key: ['key'], address: ['address'] },
};

/** A key is one user's, but who has none of their own is no user. */
function isAboutAll(wide: LimitRuleEntry, narrow: LimitRuleEntry): boolean {
  const isExcepting = wide.exceptWho !== undefined || wide.exceptWhat !== undefined;
  const isSame = same(wide.exceptWho, narrow.exceptWho) && same(wide.exceptWhat, narrow.exceptWhat);
  if (isExcepting && !isSame) return false;
  return holds(wide.who, narrow.who, 'any') && holds(wide.what, narrow.what, 'each');
}

type Lists = Readonly<Record<string, readonly string[] | undefined>>;

/** `any`: an absent list adds nothing. `each`: an absent list of servers or endpoints takes nothing away. */
function holds(
  wide: LimitRuleEntry['who'] | LimitRuleEntry['what'],
  narrow: typeof wide,
  how: 'any' | 'each',
): boolean {
  if (wide === undefined || wide === '*') return true;
  if (narrow === undefined || narrow === '*') return false;
  const [whole, part]: readonly [Lists, Lists] = [wide, narrow];
  if (how === 'each' && !listHolds(whole.endpoints ?? ['*'], part.endpoints ?? ['*'])) return false;
  return Object.entries(part).every(
    ([list, patterns]) => list === 'endpoints' || listHolds(whole[list] ?? [], patterns ?? []),
  );
}

function listHolds(wide: readonly string[], narrow: readonly string[]): boolean {
  // What a pattern matches as text, star for star, it matches whatever the stars stand for.
  return narrow.every((pattern) => wide.some((each) => matchesPattern(each, pattern)));
}

function same(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function letsNoMoreThrough(stricter: LimitRuleEntry, other: LimitRuleEntry): boolean {
  const [one, two] = [stricter.algorithm ?? ALGORITHM_DEFAULT, other.algorithm ?? ALGORITHM_DEFAULT];
  const isLess = stricter.limit <= other.limit && stricter.windowMs >= other.windowMs;
  if (one === 'sliding_window') return two !== 'token_bucket' && isLess;
  if (one !== two) return false;
  if (one === 'fixed_window') return isLess && stricter.windowMs % other.windowMs === 0;
  const [size, otherSize] = [stricter.burst ?? stricter.limit, other.burst ?? other.limit];
  return size <= otherSize && stricter.limit * other.windowMs <= other.limit * stricter.windowMs;
}
