/*
 * What the schema found, in our own words: expected what, found what kind of thing, did you mean which field.
 *
 * Only kinds of values are named ("text", "a number"), never the values.
 */
import type { z } from 'zod';
import type { Fault, Path } from './problem.ts';
import { shortened } from './problem.ts';
import type { SchemaWalk } from './schema-walk.ts';
import { nearestWord } from './suggest.ts';

type Issue = z.core.$ZodIssue;

/** Fields that people know from elsewhere, with the name they have here. */
const KNOWN_ELSEWHERE: Readonly<Record<string, string>> = {
  mcpServers: 'servers',
  disabled: 'enabled',
  timeout: 'callTimeoutMs',
  workingDirectory: 'cwd',
  environment: 'env',
  serverUrl: 'url',
  httpUrl: 'url',
  endpoint: 'url',
  cmd: 'command',
  alwaysAllow: 'tools',
  host: 'listen',
  port: 'listen',
  tokens: 'auth',
};

/** Passed to the schema: words for what has no words of its own there. */
export const schemaWords: z.core.$ZodErrorMap = (issue) => {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined
        ? `This field is missing; expected ${wordForType(issue.expected)}.`
        : `Expected ${wordForType(issue.expected)}, found ${wordForValue(issue.input)}.`;
    case 'too_small':
      return `Must be at least ${String(issue.minimum)}${unit(issue.origin)}.`;
    case 'too_big':
      return `Must be at most ${String(issue.maximum)}${unit(issue.origin)}.`;
    case 'invalid_value':
      return `Must be ${issue.values.map((value) => `"${String(value)}"`).join(' or ')}.`;
    case 'unrecognized_keys':
      return UNKNOWN_FIELD;
    default:
      return undefined;
  }
};

const UNKNOWN_FIELD = 'Unknown field.';

export function faultsOf(issue: Issue, value: unknown, schema: SchemaWalk): Fault[] {
  const path = issue.path.filter((step): step is string | number => typeof step !== 'symbol');
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      path: [...path, key],
      say: issue.message,
      suggestion: issue.message === UNKNOWN_FIELD ? fieldSuggestion(key, schema.fields(path)) : undefined,
    }));
  }
  if (issue.code === 'invalid_union') return unionFaults(issue, value, schema);
  if (issue.code === 'invalid_key') return [{ path, say: issue.issues[0]?.message ?? issue.message }];
  return [{ path, say: issue.message, suggestion: valueSuggestion(issue, path, value, schema) }];
}

/** What is wrong with the alternative that was meant: the one whose kind of value is there. */
function unionFaults(issue: Issue & { readonly code: 'invalid_union' }, value: unknown, schema: SchemaWalk): Fault[] {
  const meant = issue.errors.find(
    (issues) => !issues.some(({ code, path }) => path.length === 0 && OTHER_KIND.has(code)),
  );
  const path = issue.path.filter((step): step is string | number => typeof step !== 'symbol');
  if (meant === undefined) return [{ path, say: issue.message }];
  return meant.flatMap((inner) => faultsOf({ ...inner, path: [...issue.path, ...inner.path] }, value, schema));
}

const OTHER_KIND: ReadonlySet<string> = new Set(['invalid_type', 'invalid_value', 'invalid_union']);

export function fieldSuggestion(key: string, fields: readonly string[]): string {
  const known = Object.hasOwn(KNOWN_ELSEWHERE, key) ? KNOWN_ELSEWHERE[key] : undefined;
  const nearest = known !== undefined && fields.includes(known) ? known : nearestWord(key, fields);
  if (nearest !== undefined) return `Did you mean "${nearest}"?`;
  return fields.length > 0 && fields.length <= 12
    ? `Known here: ${fields.join(', ')}.`
    : 'See the configuration reference.';
}

function valueSuggestion(issue: Issue, path: Path, value: unknown, schema: SchemaWalk): string | undefined {
  if (issue.code === 'custom') return issue.params?.suggestion as string | undefined;
  if (issue.code !== 'invalid_value') return undefined;
  const typed = path.reduce<unknown>((inside, step) => (inside as Record<string | number, unknown>)?.[step], value);
  const nearest = typeof typed === 'string' ? nearestWord(shortened(typed), schema.words(path)) : undefined;
  return nearest === undefined ? undefined : `Did you mean "${nearest}"?`;
}

const TYPE_WORDS: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map',
  record: 'a map',
};

function wordForType(type: string): string {
  return TYPE_WORDS[type] ?? type;
}

function wordForValue(value: unknown): string {
  if (value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  return TYPE_WORDS[typeof value] ?? 'something else';
}

function unit(origin: string): string {
  if (origin === 'string') return ' characters';
  return origin === 'array' ? ' entries' : '';
}
