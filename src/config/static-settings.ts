/*
 * What of a configuration holds from the next start on only: where the gateway listens, and what its listener was given.
 */
import { isDeepStrictEqual } from 'node:util';
import type { LimitName } from '../model/limits.ts';
import type { Config } from './config.ts';

/** Those that are checked before any of our code sees a request. */
const LISTENER_LIMITS: readonly LimitName[] = ['headerBytesMax', 'headerCountMax', 'headTimeoutMs', 'bodyTimeoutMs'];

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
  const limits = LISTENER_LIMITS.filter((limit) => started.limits[limit] !== now.limits[limit]);
  return [...listen, ...control.map(([name]) => name), ...limits.map((limit) => `limits.${limit}`)];
}
