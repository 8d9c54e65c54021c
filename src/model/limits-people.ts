/*
 * Limits of logging in and of what people have: passwords, sessions, keys. Part of the table of all limits (`limits.ts`).
 */
import type { LimitShape } from './limit-shape.ts';

const DAY_MS = 86_400_000;

export const PEOPLE_LIMITS = {
  passwordsAtOnceMax: {
    initial: 2,
    min: 1,
    max: 64,
    paces: true,
    why: 'Passwords that are hashed at once; each takes about 19 MiB of memory and one thread of the pool.',
  },
  passwordsWaitingMax: {
    initial: 32,
    min: 0,
    max: 10_000,
    why: 'Passwords that wait for their turn to be hashed; one more is told to come again.',
  },
  failedLoginsMax: {
    initial: 10,
    min: 1,
    max: 100_000,
    why: 'Wrong passwords for one user name within failedLoginWindowMs; after that each next one waits 1, 2, 4 … seconds, but for addresses where that user has logged in before.',
  },
  failedLoginsPerAddressMax: {
    initial: 20,
    min: 1,
    max: 100_000,
    why: 'Wrong passwords from one address (version 6: one /64) within failedLoginWindowMs; after that each next one waits 1, 2, 4 … seconds.',
  },
  failedLoginWindowMs: {
    initial: 900_000,
    min: 10,
    max: DAY_MS,
    paces: true,
    why: 'Time after which wrong passwords of a user name or an address are forgotten.',
  },
  failedLoginWaitMaxMs: {
    initial: 300_000,
    min: 10,
    max: DAY_MS,
    paces: true,
    why: 'Longest wait between two wrong passwords.',
  },
  failedLoginsKnownMax: {
    initial: 20_000,
    min: 1,
    max: 1_000_000,
    why: 'User names and addresses whose wrong passwords are counted; the one that failed least lately is forgotten first.',
  },
  accessTokenMs: {
    initial: 900_000,
    min: 10,
    max: 3_600_000,
    paces: true,
    why: 'Time for which a token of the admin API is good; the refresh token gets another one.',
  },
  loginIdleMs: {
    initial: DAY_MS,
    min: 10,
    max: 30 * DAY_MS,
    paces: true,
    why: 'Time without a refresh after which a login is over.',
  },
  loginTimeMaxMs: {
    initial: 7 * DAY_MS,
    min: 10,
    max: 90 * DAY_MS,
    paces: true,
    why: 'Longest whole time of a login; after that the password is asked for again.',
  },
  loginsPerUserMax: {
    initial: 50,
    min: 1,
    max: 10_000,
    why: 'Logins of one user that are open at once; one more ends the oldest.',
  },
  keysPerUserMax: { initial: 100, min: 1, max: 100_000, why: 'API keys that one user has in one organisation.' },
  keyTimeMs: {
    initial: 90 * DAY_MS,
    min: 60_000,
    max: 3_650 * DAY_MS,
    paces: true,
    why: 'Time for which an API key is good when nobody says for how long; never more than keyTimeMaxMs.',
  },
  keyTimeMaxMs: {
    initial: 365 * DAY_MS,
    min: 60_000,
    max: 3_650 * DAY_MS,
    why: 'Longest time for which an API key may be made.',
  },
} as const satisfies Record<string, LimitShape>;
