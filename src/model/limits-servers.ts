/*
 * Limits of what is stored of servers and endpoints. Part of the table of all limits (`limits.ts`).
 */
import type { LimitShape } from './limit-shape.ts';

export const SERVERS_LIMITS = {
  serversPerOrganisationMax: {
    initial: 1_000,
    min: 0,
    max: 10_000,
    why: 'Stored servers of one organisation; those of the file are not counted.',
  },
  serversPerUserMax: {
    initial: 100,
    min: 0,
    max: 10_000,
    why: 'Stored servers that one user has in one organisation, where that user does not manage it.',
  },
  replicasPerServerMax: { initial: 16, min: 0, max: 1_000, why: 'Further addresses of one stored server.' },
  headersPerServerMax: { initial: 32, min: 0, max: 100, why: 'Header fields that are sent to one stored server.' },
  tagsPerServerMax: { initial: 32, min: 0, max: 1_000, why: 'Tags of one stored server.' },
  serverTrialsMax: { initial: 8, min: 1, max: 1_000, why: 'Connections to servers that are tried out at once.' },
  endpointsPerOrganisationMax: {
    initial: 500,
    min: 0,
    max: 10_000,
    why: 'Stored endpoints and toolsets of one organisation.',
  },
  forwardTokensPerUserMax: {
    initial: 100,
    min: 0,
    max: 10_000,
    why: 'Forward tokens that one user has in one organisation.',
  },
} as const satisfies Record<string, LimitShape>;
