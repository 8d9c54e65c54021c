/*
 * Limits of asking the database of the store. Part of the table of all limits (`limits.ts`).
 */
import type { LimitShape } from './limit-shape.ts';

export const STORE_LIMITS = {
  storeRequestsMax: {
    initial: 1_000,
    min: 1,
    max: 100_000,
    why: 'Reads and writes that wait for the store at once; one more is refused.',
  },
  storeAnswerMs: {
    initial: 10_000,
    min: 100,
    max: 600_000,
    why: 'Time after which a read or write that the store did not answer is refused; a write may have happened.',
  },
  storeStatementMs: {
    initial: 2_000,
    min: 10,
    max: 60_000,
    why: 'Time for one statement in Postgres, and for another program to let go of the SQLite file.',
  },
  storeWaitMs: {
    initial: 1_000,
    min: 10,
    max: 60_000,
    why: 'Time to get a connection to Postgres, a new one or one that is in use.',
  },
  storeConnectionsMax: {
    initial: 4,
    min: 1,
    max: 100,
    paces: true,
    why: 'Connections to Postgres; what is asked beyond that waits for one (storeWaitMs).',
  },
  storeFollowMs: {
    initial: 1_000,
    min: 10,
    max: 4_000,
    paces: true,
    why: 'How often it is looked for what another gateway or the command line wrote to the same database.',
  },
  storeChangesMax: {
    initial: 100_000,
    min: 1_000,
    max: 10_000_000,
    paces: true,
    why: 'Notes of changes that are kept for other gateways; one that missed more of them reads everything anew.',
  },
} as const satisfies Record<string, LimitShape>;

export type StoreLimits = { readonly [Name in keyof typeof STORE_LIMITS]: number };
