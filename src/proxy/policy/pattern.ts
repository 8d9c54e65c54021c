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
  const first = parts[0] ?? '';
  const last = parts[parts.length - 1] ?? '';
  if (name.length < first.length + last.length || !name.startsWith(first) || !name.endsWith(last)) return false;
  let from = first.length;
  for (const part of parts.slice(1, -1)) {
    const at = name.indexOf(part, from);
    if (at < 0) return false;
    from = at + part.length;
  }
  return from <= name.length - last.length;
}

interface Patterns {
  readonly exact: ReadonlySet<string>;
  readonly wild: readonly string[];
}

/** By the list itself, which configuration never changes: ten thousand names are not walked for every tool. */
const known = new WeakMap<readonly string[], Patterns>();

/** The pattern that matches. */
export function matchIn(patterns: readonly string[], name: string): string | undefined {
  if (patterns.length === 0) return undefined;
  let sorted = known.get(patterns);
  if (!sorted) {
    const wild = patterns.filter((pattern) => pattern.includes('*'));
    sorted = { exact: new Set(patterns.filter((pattern) => !pattern.includes('*'))), wild };
    known.set(patterns, sorted);
  }
  return sorted.exact.has(name) ? name : sorted.wild.find((pattern) => matchesPattern(pattern, name));
}
