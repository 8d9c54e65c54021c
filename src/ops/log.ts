/*
 * The log: one JSON line per event on stderr, asynchronous, never a secret in it. Handed to whoever logs; nobody imports
 * it as a global.
 */
import { type DestinationStream, destination, type Logger, pino } from 'pino';

export type { Logger };

export function createLog(level: string, to: DestinationStream = destination({ fd: 2, sync: false })): Logger {
  return pino({ level, base: null, timestamp: () => `,"time":"${new Date().toISOString()}"` }, to);
}
