/*
 * The one shape of every answer: `{code: 0, message: "success", data}`, or a code of the catalogue with words for people, the
 * name of the error for programs, and whatever is wrong with which field.
 */
import { z } from 'zod';
import { ADMIN_ERRORS, type AdminError, type AdminErrorName, type FieldFault } from '../../model/admin-errors.ts';
import type { Language } from './language.ts';

export interface Failure {
  readonly code: number;
  readonly error: AdminErrorName;
  readonly message: string;
  readonly errors: readonly { readonly field: string; readonly message: string }[];
}

export const FAILURE = z.object({
  code: z.int().describe('From the catalogue of errors.'),
  error: z.string().describe('Its name there: several errors may share one code.'),
  message: z.string().describe('For people, in English or, by Accept-Language, in Chinese.'),
  errors: z
    .array(z.object({ field: z.string().describe('Where it stands: `body.url`.'), message: z.string() }))
    .describe('What is wrong with which field; all of it at once.'),
});

export function success<Data extends z.ZodType>(data: Data) {
  return z.object({ code: z.literal(0), message: z.literal('success'), data });
}

/** English words that say more than the catalogue's stand behind those of the catalogue where another language is asked for. */
export function failureOf({ kind, ownWords, faults }: AdminError, language: Language): Failure {
  const { code, say, zh } = ADMIN_ERRORS[kind];
  const message = language === 'en' ? (ownWords ?? say) : ownWords === undefined ? zh : `${zh}：${ownWords}`;
  return { code, error: kind, message, errors: faults.map(toldOf) };
}

function toldOf({ field, say }: FieldFault): { field: string; message: string } {
  return { field, message: say };
}
