/*
 * Names with `*` for any run of characters, matched in linear time: no regular expression is ever made from
 * configuration (threat T26). Case-sensitive.
 */
export function matchesPattern(pattern: string, name: string): boolean {
  if (!pattern.includes('*')) return pattern === name;
  return matchesParts(pattern.split('*'), name);
}

/** What stands between the `*`; at least two parts. */
export function matchesParts(parts: readonly string[], name: string): boolean {
  const last = parts.length - 1;
  const [first = ''] = parts;
  const end = name.length - (parts[last] ?? '').length;
  if (end < first.length || !name.startsWith(first) || !name.endsWith(parts[last] ?? '')) return false;
  let from = first.length;
  for (let each = 1; each < last; each += 1) {
    const part = parts[each] ?? '';
    const at = name.indexOf(part, from);
    if (at < 0) return false;
    from = at + part.length;
  }
  return from <= end;
}

interface Patterns {
  readonly exact: ReadonlySet<string>;
  readonly wild: readonly { readonly pattern: string; readonly parts: readonly string[] }[];
}

/** By the list itself, which configuration never changes: ten thousand names are not walked for every tool. */
const known = new WeakMap<readonly string[], Patterns>();

/** The pattern that matches. */
export function matchIn(patterns: readonly string[], name: string): string | undefined {
  if (patterns.length === 0) return undefined;
  const { exact, wild } = known.get(patterns) ?? sorted(patterns);
  if (exact.has(name)) return name;
  for (const { pattern, parts } of wild) if (matchesParts(parts, name)) return pattern;
  return undefined;
}

function sorted(patterns: readonly string[]): Patterns {
  const wild = patterns.filter((pattern) => pattern.includes('*'));
  const exact = new Set(patterns.filter((pattern) => !pattern.includes('*')));
  const made = { exact, wild: wild.map((pattern) => ({ pattern, parts: pattern.split('*') })) };
  known.set(patterns, made);
  return made;
}
