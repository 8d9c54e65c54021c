/*
 * URI templates against patterns. A template stands for all that it expands to, so a pattern fits some of that, all, or none.
 *
 * Each `{…}` is taken for any run of characters, as `*` is, which is a little more than RFC 6570 expands to: so a template
 * may be listed of which nothing can be read, and none is hidden of which something can. Reads name a URI and are exact.
 */
import type { Pattern } from '../../model/access.ts';
import { matchesParts, matchesPattern } from '../../model/pattern.ts';

const EXPRESSION = /\{[^{}]*\}/g;
/** Stands for what an expression becomes: only the `*` of a pattern can match it. */
const ANYTHING = '\u0000';

/** The first pattern that fits something the template expands to. */
export function fitsSome(patterns: readonly Pattern[], template: string): Pattern | undefined {
  const parts = template.split(EXPRESSION);
  return patterns.find((pattern) => overlap(pattern, parts));
}

/** A pattern that fits all that the template expands to. Several that do so together are not found. */
export function fitsAll(patterns: readonly Pattern[], template: string): Pattern | undefined {
  const text = template.replaceAll(EXPRESSION, ANYTHING);
  return patterns.find((pattern) => matchesPattern(pattern, text));
}

/** Of two that both have a `*` the ends alone can differ: what lies between them fits behind one another. */
export function overlap(pattern: Pattern, parts: readonly string[]): boolean {
  const [only = ''] = parts;
  if (parts.length === 1) return matchesPattern(pattern, only);
  const others = pattern.split('*');
  if (others.length === 1) return matchesParts(parts, pattern);
  return meet(only, others[0] ?? '') && meet(reversed(parts.at(-1)), reversed(others.at(-1)));
}

function meet(one: string, other: string): boolean {
  return one.startsWith(other) || other.startsWith(one);
}

function reversed(text = ''): string {
  return text.split('').reverse().join('');
}
