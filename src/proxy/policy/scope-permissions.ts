/*
 * What OAuth scopes open: entries `server:tool`, of which only the most specific that fits a tool counts.
 *
 * The order is total, so that the same file always means the same: a name without `*` before any pattern; then more
 * letters beside the `*` before fewer; then fewer `*`; then by code units. An entry that asks for no scope is as none at
 * all, and hides less specific ones nevertheless: a tool of which nothing is said never becomes easier to reach by it.
 */
import type { Pattern, ScopePermissions } from '../../model/access.ts';
import { matchesPattern } from '../../model/pattern.ts';
import { overlap } from './template.ts';

/** What a tool asks for; `rule` names the entry. */
export interface AskedScopes {
  readonly rule: string;
  readonly scopes: readonly string[];
  readonly mode: 'any' | 'all';
}

type Entry = readonly [Pattern, readonly string[]];

export class PermissionsOfServer {
  readonly #definition: ScopePermissions;
  readonly #prefix: string;
  /** The most specific first. */
  readonly #wild: readonly Entry[];

  constructor(definition: ScopePermissions, server: string) {
    this.#definition = definition;
    this.#prefix = `${server}:`;
    const entries = [...definition.entries].filter(([pattern]) => pattern.includes('*'));
    this.#wild = entries.filter(([pattern]) => overlap(pattern, [this.#prefix, ''])).sort(bySpecificity);
  }

  asked(tool: string): AskedScopes | undefined {
    const { entries, mode, defaultScope } = this.#definition;
    const name = this.#prefix + tool;
    const exact = entries.get(name);
    const [pattern, scopes]: Entry = exact ? [name, exact] : (this.#fitting(name) ?? ['', []]);
    if (scopes.length > 0) return { rule: `access.permissions.${pattern}`, scopes, mode };
    return defaultScope === null ? undefined : { rule: 'access.defaultScope', scopes: [defaultScope], mode };
  }

  #fitting(name: string): Entry | undefined {
    return this.#wild.find(([pattern]) => matchesPattern(pattern, name));
  }

  /** Everything that any tool here may ask for. */
  get all(): readonly AskedScopes[] {
    const { entries, mode, defaultScope } = this.#definition;
    const exact = [...entries].filter(([pattern]) => pattern.startsWith(this.#prefix) && !pattern.includes('*'));
    const named = [...exact, ...this.#wild].filter(([, scopes]) => scopes.length > 0);
    const all = named.map(([pattern, scopes]) => ({ rule: `access.permissions.${pattern}`, scopes, mode }));
    return defaultScope === null ? all : [...all, { rule: 'access.defaultScope', scopes: [defaultScope], mode }];
  }
}

function bySpecificity([one]: Entry, [other]: Entry): number {
  const stars = (pattern: Pattern) => pattern.split('*').length - 1;
  const letters = (pattern: Pattern) => pattern.length - stars(pattern);
  return letters(other) - letters(one) || stars(one) - stars(other) || (one < other ? -1 : 1);
}

export function holds({ scopes, mode }: AskedScopes, held: ReadonlySet<string>): boolean {
  return mode === 'any' ? scopes.some((scope) => held.has(scope)) : scopes.every((scope) => held.has(scope));
}

/** Scopes that somebody may ask for beside those that he has. */
export type Step = readonly string[];

/** What is missing, in ways each of which is enough, as far as it can be had. */
export function missingScopes(
  asked: AskedScopes,
  held: ReadonlySet<string>,
  supported: readonly string[],
): readonly Step[] {
  if (holds(asked, held)) return [];
  const missing = asked.scopes.filter((scope) => !held.has(scope));
  const ways = asked.mode === 'all' ? [missing] : missing.map((scope) => [scope]);
  return ways.filter((way) => way.every((scope) => supported.includes(scope)));
}
