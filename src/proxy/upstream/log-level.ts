/*
 * Log messages reach only who asked for them (Server › Utilities › Logging; RFC 5424 §6.2.1 names the levels).
 */
import type { Call } from '../../model/call.ts';
import { GatewayError } from '../../model/errors.ts';

export const LOG_LEVELS = ['debug', 'info', 'notice', 'warning', 'error', 'critical', 'alert', 'emergency'] as const;

/** A level that a client wants. Throws `params_invalid` for what is none. */
export function checkedLevel(level: unknown): string {
  if ((LOG_LEVELS as readonly unknown[]).includes(level)) return level as string;
  throw new GatewayError('params_invalid', { say: `The log level must be one of ${LOG_LEVELS.join(', ')}.` });
}

/** A session that never set a level leaves the choice to the server; a request without one wants none. */
export function isWanted(level: string, call: Call): boolean {
  const wanted = call.client.logLevel;
  if (wanted === undefined) return call.sessionId !== '';
  return severity(level) >= severity(wanted);
}

/** Whether a server set to level `set` says everything that `wanted` asks for. */
export function isAtLeast(set: string | undefined, wanted: string): boolean {
  return set !== undefined && severity(set) <= severity(wanted);
}

function severity(level: string): number {
  return (LOG_LEVELS as readonly string[]).indexOf(level);
}
