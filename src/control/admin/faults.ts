/*
 * What zod found wrong with a request, as faults of named fields: all of them, in the language that was asked for.
 */
import { z } from 'zod';
import type { FieldFault } from '../../model/admin-errors.ts';
import type { Language } from './language.ts';

type Issue = z.core.$ZodIssue;
type ErrorMap = z.core.$ZodErrorMap;

const WORDS = {
  en: { required: 'Is required.', unknown: 'There is no such field.', nothing: 'Nothing is expected here.' },
  zh: { required: '必填', unknown: '未知字段', nothing: '此处不应有内容' },
} as const satisfies Record<Language, object>;

const LOCALES: Readonly<Record<Language, ErrorMap>> = {
  en: z.locales.en().localeError,
  zh: z.locales.zhCN().localeError,
};

function errorMap(language: Language): ErrorMap {
  return (issue) => {
    const isMissing = issue.input === undefined && (issue.code === 'invalid_type' || issue.code === 'invalid_value');
    return isMissing ? WORDS[language].required : LOCALES[language](issue);
  };
}

const MAPS: Readonly<Record<Language, ErrorMap>> = { en: errorMap('en'), zh: errorMap('zh') };

export interface Part {
  /** What its fields are named after: `body`. */
  readonly name: string;
  readonly schema: z.ZodType | undefined;
  readonly value: unknown;
}

/** The values as their schemas give them, by the parts' names; or whatever is wrong with any of them. */
export function checkParts(
  parts: readonly Part[],
  language: Language,
): { readonly values: Readonly<Record<string, unknown>>; readonly faults: readonly FieldFault[] } {
  const values: Record<string, unknown> = {};
  const faults: FieldFault[] = [];
  for (const { name, schema, value } of parts) {
    if (schema === undefined) {
      faults.push(...strayFaults(name, value, language));
      continue;
    }
    const result = schema.safeParse(value, { error: MAPS[language] });
    if (result.success) values[name] = result.data;
    else faults.push(...result.error.issues.flatMap((issue) => faultsOf(issue, [name], language)));
  }
  return { values, faults };
}

/** Where nothing is expected, all there is is unknown. */
function strayFaults(name: string, value: unknown, language: Language): FieldFault[] {
  if (value === undefined || value === null) return [];
  if (typeof value !== 'object' || Array.isArray(value)) return [{ field: name, say: WORDS[language].nothing }];
  return Object.keys(value).map((key) => ({ field: `${name}.${key}`, say: WORDS[language].unknown }));
}

function faultsOf(issue: Issue, above: readonly PropertyKey[], language: Language): FieldFault[] {
  const path = [...above, ...issue.path];
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ field: fieldAt([...path, key]), say: WORDS[language].unknown }));
  }
  const nearest = issue.code === 'invalid_union' ? nearestOf(issue.errors) : undefined;
  if (nearest) return nearest.flatMap((each) => faultsOf(each, path, language));
  return [{ field: fieldAt(path), say: issue.message }];
}

/** Of several shapes the one with the fewest faults, if it was recognised at all. */
function nearestOf(branches: readonly (readonly Issue[])[]): readonly Issue[] | undefined {
  const inside = branches.filter((issues) => issues.length > 0 && issues.every(({ path }) => path.length > 0));
  return [...inside].sort((a, b) => a.length - b.length)[0];
}

const FIELD_LENGTH_MAX = 200;

function fieldAt(path: readonly PropertyKey[]): string {
  return path.map(String).join('.').slice(0, FIELD_LENGTH_MAX);
}
