/*
 * The limits of requests to the admin API. Those of heads and targets are the listener's, and so are depth and keys of JSON.
 */
import type { LimitShape } from './limit-shape.ts';

export const ADMIN_LIMITS = {
  adminBodyBytesMax: {
    initial: 256 * 1024,
    min: 1024,
    max: 16 * 1024 * 1024,
    why: 'Largest body of a request to the admin API.',
  },
  adminRequestsMax: {
    initial: 64,
    min: 1,
    max: 10_000,
    why: 'Requests that the admin API works on at once; one more is told to come again.',
  },
  adminRequestTimeoutMs: {
    initial: 30_000,
    min: 10,
    max: 600_000,
    why: 'Time for the answer to one request to the admin API.',
  },
} as const satisfies Record<string, LimitShape>;
