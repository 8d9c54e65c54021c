/*
 * The credential that a request presents, read from its head alone (RFC 6750 §2).
 *
 *   Authorization: Bearer …      the usual way
 *   X-API-Key: …                 for programs that know keys and no tokens
 *   ?token=…                     where it was switched on, for clients that can be given a URL and nothing else
 *
 * Two ways at once are one credential or none: what two readers could take for two callers is refused. A body is never
 * looked at (§2.2): who asks is known before it is read.
 */
import type { IncomingMessage } from 'node:http';
import type { RefusedWhy } from '../../model/event.ts';

export interface Presented {
  readonly credential: string;
  /** It stood in `Authorization` without naming its scheme. */
  readonly isBare: boolean;
  /** What is answered to it may be kept by nobody (RFC 6750 §2.3). */
  readonly inQuery: boolean;
}

/** Undefined for a request that presents nothing; a word for one that cannot be read. */
export function presentedIn(
  { headers, url = '' }: Pick<IncomingMessage, 'headers' | 'url'>,
  queryToken: boolean,
): Presented | RefusedWhy | undefined {
  const { authorization, 'x-api-key': apiKey } = headers;
  const query = queryToken ? tokensIn(url) : NONE;
  if (authorization === undefined && apiKey === undefined && query.length === 0) return undefined;
  const read = authorization === undefined ? undefined : readAuthorization(authorization);
  if (read === 'malformed' || typeof apiKey === 'object') return 'malformed';
  const all = [read?.credential, apiKey, ...query].filter((one) => one !== undefined);
  const credential = all[0];
  if (credential === undefined || credential === '') return 'malformed';
  if (all.some((other) => other !== credential)) return 'ambiguous';
  if (credential.length > CREDENTIAL_BYTES_MAX) return 'malformed';
  return { credential, isBare: read?.isBare === true && all.length === 1, inQuery: query.length > 0 };
}
/** A longer credential is refused unread. */
const CREDENTIAL_BYTES_MAX = 8192;
const NONE: readonly string[] = [];

/** The scheme's case does not matter (RFC 9110 §11.1). */
function readAuthorization(field: string): Pick<Presented, 'credential' | 'isBare'> | 'malformed' {
  const blank = field.indexOf(' ');
  if (blank < 0) return { credential: field, isBare: true };
  const credential = field.slice(blank + 1);
  if (credential === '' || credential.includes(' ')) return 'malformed';
  return field.slice(0, blank).toLowerCase() === 'bearer' ? { credential, isBare: false } : 'malformed';
}

function tokensIn(url: string): readonly string[] {
  const query = url.indexOf('?');
  return query < 0 ? NONE : new URLSearchParams(url.slice(query + 1)).getAll('token');
}
