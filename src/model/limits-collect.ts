/*
 * Limits of what is written down about what happened. Part of the table of all limits (`limits.ts`).
 */
import type { LimitShape } from './limit-shape.ts';

export const COLLECT_LIMITS = {
  collectQueueMax: {
    initial: 10_000,
    min: 1,
    max: 1_000_000,
    why: 'Events, and as many refusals, that wait for being written to the store; one more takes the place of the oldest, which is lost and counted.',
  },
  stateEventsMax: {
    initial: 100_000,
    min: 1,
    max: 100_000_000,
    why: 'Changes of the state of servers that are kept in the store; the oldest go first.',
  },
  denialRowsMax: {
    initial: 1_000,
    min: 1,
    max: 1_000_000,
    why: 'Refused attempts that are written to the admin audit one by one within a minute; the others are counted in one row.',
  },
  denialRowsPerSourceMax: {
    initial: 10,
    min: 1,
    max: 1_000_000,
    why: 'The same, of one actor at one address.',
  },
} as const satisfies Record<string, LimitShape>;
