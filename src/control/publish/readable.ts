/*
 * What stands in a column as JSON, by its schema: the value, or in words what is wrong with it. The words name fields and
 * never values.
 */
import type { z } from 'zod';
import { fieldText, type Path } from '../../config/problem.ts';
import { schemaWords } from '../../config/schema-words.ts';

export type Read<Value> = { readonly ok: true; readonly value: Value } | { readonly ok: false; readonly why: string };

export function readJson<Value>(schema: z.ZodType<Value>, text: string, column: string): Read<Value> {
  const value = parsed(text);
  return value === undefined ? { ok: false, why: `${column} is no JSON text.` } : readValue(schema, value.of, column);
}

/** Undefined when it is no JSON text. */
export function parsed(text: string): { readonly of: unknown } | undefined {
  try {
    return { of: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

/** What nobody thought of is a fault of this row, and of no other. */
export function guarded<Value>(read: () => Read<Value>): Read<Value> {
  try {
    return read();
  } catch {
    return { ok: false, why: 'It cannot be read.' };
  }
}

export function readValue<Value>(schema: z.ZodType<Value>, value: unknown, where: string): Read<Value> {
  const read = schema.safeParse(value, { error: schemaWords });
  if (read.success) return { ok: true, value: read.data };
  const [issue] = read.error.issues;
  return { ok: false, why: `${fieldText([where, ...((issue?.path ?? []) as Path)])}: ${issue?.message ?? 'wrong'}` };
}
