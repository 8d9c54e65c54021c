/*
 * Limits of finding out who asks, and of what people have (`limits-people.ts`). Part of the table of all limits (`limits.ts`).
 */
import type { LimitShape } from './limit-shape.ts';
import { PEOPLE_LIMITS } from './limits-people.ts';

export const IDENTITY_LIMITS = {
  credentialCacheMs: {
    initial: 60_000,
    min: 0,
    max: 600_000,
    paces: true,
    why: 'Time for which a credential that was verified is believed without being verified anew; 0 = not at all.',
  },
  credentialsCachedMax: {
    initial: 10_000,
    min: 1,
    max: 1_000_000,
    why: 'Verified credentials that are kept; the one verified longest ago is forgotten first.',
  },
  failedAuthenticationsMax: {
    initial: 50,
    min: 1,
    max: 1_000_000,
    why: 'Failed authentications from one address (version 6: one /64) within failedAuthenticationWindowMs; after that each next one waits 1, 2, 4 … seconds.',
  },
  failedAuthenticationWindowMs: {
    initial: 60_000,
    min: 10,
    max: 3_600_000,
    paces: true,
    why: 'Time over which failed authentications are counted, and after which those of an address are forgotten.',
  },
  failedAuthenticationWaitMaxMs: {
    initial: 60_000,
    min: 10,
    max: 3_600_000,
    paces: true,
    why: 'Longest wait of an address between two failed authentications.',
  },
  failedAddressesMax: {
    initial: 10_000,
    min: 1,
    max: 1_000_000,
    why: 'Addresses whose failed authentications are counted; the one that failed least lately is forgotten first.',
  },
  viewsMax: {
    initial: 500,
    min: 1,
    max: 100_000,
    why: 'Endpoints as callers with different rights see them, kept ready; the one used least lately is made anew.',
  },
  issuerKeysMax: {
    initial: 100,
    min: 1,
    max: 10_000,
    why: 'Keys of one issuer that are looked at; those behind them in its key set are not.',
  },
  issuerAnswerBytesMax: {
    initial: 512 * 1024,
    min: 1024,
    max: 16 * 1024 * 1024,
    why: 'Largest metadata or key set of an issuer.',
  },
  introspectionBytesMax: {
    initial: 64 * 1024,
    min: 1024,
    max: 1024 * 1024,
    why: 'Largest answer of an issuer about one token.',
  },
  introspectionsMax: {
    initial: 64,
    min: 1,
    max: 10_000,
    why: 'Tokens that one issuer is asked about at once; one more is refused.',
  },
  ...PEOPLE_LIMITS,
} as const satisfies Record<string, LimitShape>;
