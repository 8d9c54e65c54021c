/*
 * Ids of stored rows: what it is, and 128 random bits. Opaque to everybody, never used again, not to be guessed.
 */
import { randomBytes } from 'node:crypto';
import type { Tables } from './tables.ts';

const PREFIXES = {
  organisations: 'org',
  users: 'usr',
  memberships: 'mem',
  roles: 'rol',
  apiKeys: 'key',
  servers: 'srv',
  serverReplicas: 'rep',
  endpoints: 'end',
  forwardTokens: 'fwt',
  policies: 'pol',
  limitRules: 'lim',
  claimMappings: 'map',
  secrets: 'sec',
  overlay: 'ovl',
  sessions: 'ses',
  adminAudit: 'aud',
} as const satisfies Partial<Record<keyof Tables, string>>;

export type WithId = keyof typeof PREFIXES;

const ID_BYTES = 16;

export function newId(table: WithId): string {
  return `${PREFIXES[table]}_${randomBytes(ID_BYTES).toString('base64url')}`;
}

/** Whether it could be the id of a row of that table; what could not be one is not asked for. */
export function isId(table: WithId, text: string): boolean {
  return text.startsWith(`${PREFIXES[table]}_`) && /^[a-z]{3}_[\w-]{22}$/.test(text);
}
