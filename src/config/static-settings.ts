/*
 * What of a configuration holds from the next start on only: where the gateway listens, and what its listener and its
 * store were given.
 */
import { isDeepStrictEqual } from 'node:util';
import type { LimitName } from '../model/limits.ts';
import { STORE_LIMITS } from '../model/limits-store.ts';
import type { Config } from './config.ts';

/** Those that are checked before any of our code sees a request, and those that the store was opened with. */
const STATIC_LIMITS: readonly LimitName[] = [
  ...(['headerBytesMax', 'headerCountMax', 'headTimeoutMs', 'bodyTimeoutMs'] as const),
  ...(Object.keys(STORE_LIMITS) as (keyof typeof STORE_LIMITS)[]),
];

const CONTROL = [
  ['storage.url', 'databaseUrl'],
  ['secrets.keyFile', 'encryptionKeyFile'],
  ['admin.enabled', 'isServed'],
  ['admin.listen', 'listen'],
] as const;

/** The fields that are not what the gateway was started with. The content of certificates may change at any time. */
export function needsRestart(started: Config, now: Config): string[] {
  const listen = (['host', 'port', 'tls'] as const)
    .filter((field) => !isDeepStrictEqual(started.listen[field], now.listen[field]))
    .map((field) => `listen.${field}`);
  const control = CONTROL.filter(([, field]) => !isDeepStrictEqual(started.control[field], now.control[field]));
  const limits = STATIC_LIMITS.filter((limit) => started.limits[limit] !== now.limits[limit]);
  return [...listen, ...control.map(([name]) => name), ...limits.map((limit) => `limits.${limit}`)];
}
