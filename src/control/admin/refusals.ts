/*
 * From whatever was thrown to the one error that is answered. What nobody foresaw is `internal`, and only the log knows more.
 */
import { ADMIN_ERRORS, AdminError, type AdminErrorName } from '../../model/admin-errors.ts';
import { failureOf } from './envelope.ts';
import type { Language } from './language.ts';

/** What Fastify itself refuses, by its codes. */
const OF_FASTIFY: Readonly<Record<string, AdminErrorName>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'media_type',
  FST_ERR_CTP_EMPTY_TYPE: 'media_type',
  FST_ERR_CTP_BODY_TOO_LARGE: 'body_too_large',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'parameter_wrong',
  FST_ERR_BAD_URL: 'not_found',
  FST_ERR_MAX_PARAM_LENGTH: 'not_found',
};

export function adminErrorOf(thrown: unknown): AdminError {
  if (thrown instanceof AdminError) return thrown;
  const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
  const known = Object.hasOwn(OF_FASTIFY, code) ? OF_FASTIFY[code] : undefined;
  return new AdminError(known ?? 'internal', { cause: thrown });
}

export interface Refused {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export function refusedOf(error: AdminError, language: Language): Refused {
  const { http } = ADMIN_ERRORS[error.kind];
  const wait = error.retryAfterSeconds ?? (http === 429 || http === 503 ? RETRY_SECONDS : undefined);
  return {
    status: http,
    headers: {
      'content-type': 'application/json; charset=utf-8',
      ...(wait === undefined ? {} : { 'retry-after': String(Math.max(1, Math.ceil(wait))) }),
      ...(http === 401 ? { 'www-authenticate': 'Bearer realm="gatewright"' } : {}),
    },
    body: JSON.stringify(failureOf(error, language)),
  };
}

const RETRY_SECONDS = 1;
