/*
 * What of a configuration holds from the next start on only: where the gateway listens.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Config } from './config.ts';

/** The fields that are not what the gateway was started with. The content of certificates may change at any time. */
export function needsRestart(started: Config, now: Config): string[] {
  return (['host', 'port', 'tls'] as const)
    .filter((field) => !isDeepStrictEqual(started.listen[field], now.listen[field]))
    .map((field) => `listen.${field}`);
}
