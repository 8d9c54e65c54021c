/*
 * How long and for whom a result is good, as the server says in it (MCP 2026-07-28, Server › Utilities › Caching).
 */
import type { CacheHint } from '../model/catalogue.ts';
import type { Span } from '../model/message.ts';
import { memberOf, readValue } from './json/members.ts';

/** Absent or malformed means: ask again, for one caller only. */
export function cacheHintOf(bytes: Buffer, result: Span): CacheHint {
  const ttl = memberOf(bytes, result, 'ttlMs')?.value;
  const scope = memberOf(bytes, result, 'cacheScope')?.value;
  const ttlMs = ttl ? readValue(bytes, ttl) : 0;
  return {
    ttlMs: typeof ttlMs === 'number' && Number.isSafeInteger(ttlMs) && ttlMs >= 0 ? ttlMs : 0,
    scope: scope && readValue(bytes, scope) === 'public' ? 'public' : 'private',
  };
}
