/*
 * Log messages reach only who asked for them (Server › Utilities › Logging; RFC 5424 §6.2.1 names the levels).
 */
import type { Call } from '../../model/call.ts';

export const LOG_LEVELS = ['debug', 'info', 'notice', 'warning', 'error', 'critical', 'alert', 'emergency'] as const;

/** In words. */
export const LEVELS = LOG_LEVELS.join(', ');

export function isLevel(level: unknown): level is string {
  return (LOG_LEVELS as readonly unknown[]).includes(level);
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
