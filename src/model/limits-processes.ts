/*
 * Limits of the processes of stdio servers. Part of the table of all limits (`limits.ts`).
 */
import type { LimitShape } from './limit-shape.ts';

export const PROCESS_LIMITS = {
  processesMax: {
    initial: 16,
    min: 1,
    max: 1_000,
    perServer: true,
    why: 'Processes of one stdio server for different principals and client capabilities.',
  },
  startingMax: {
    initial: 8,
    min: 1,
    max: 1_000,
    paces: true,
    why: 'Processes of stdio servers that may be starting at once, over all servers; the others wait for their turn.',
  },
  restartsMax: {
    initial: 5,
    min: 0,
    max: 1_000,
    perServer: true,
    why: 'Restarts of a stdio server that keeps ending, within restartWindowMs; when it ends once more it is crashed.',
  },
  restartWindowMs: {
    initial: 60_000,
    min: 100,
    max: 3_600_000,
    perServer: true,
    paces: true,
    why: 'Time over which the restarts of a stdio server are counted.',
  },
  crashedRetryMs: {
    initial: 300_000,
    min: 100,
    max: 86_400_000,
    perServer: true,
    paces: true,
    why: 'Time after which a crashed server is tried once more without being told to.',
  },
  idleStopMs: {
    initial: 0,
    min: 0,
    max: 86_400_000,
    perServer: true,
    why: 'Time without use after which the process of a stdio server is stopped until the next call; 0 = never.',
  },
} as const satisfies Record<string, LimitShape>;
