/*
 * Who shows a token of a login, or a key of the store, to the admin API.
 *
 * Nothing about anybody stands in the token: whether the session goes on, whether its user is disabled or killed, and which roles they
 * have in its organisation is looked up at every use. A key is first looked up in the snapshot, so that what strangers
 * make up never reaches the store. Keys and tokens of the file mean something to MCP alone.
 */
import { hash } from 'node:crypto';
import { keyIdIn } from '../../../model/key-text.ts';
import { isKilled } from '../../../model/overlay.ts';
import { inTable } from '../../../model/table.ts';
import type { Publisher } from '../../publish/publisher.ts';
import { type KeyFacts, keyFacts, type SessionFacts, sessionFacts } from '../../store/queries/logins.ts';
import type { Credentials, Known } from '../credentials.ts';
import type { LoginFactsKept } from './login-facts.ts';
import { readToken, type SigningKeys } from './session-tokens.ts';

export interface StoredCredentialParts {
  readonly facts: LoginFactsKept;
  readonly keys: SigningKeys;
  readonly publisher: Pick<Publisher, 'snapshot'>;
  readonly isLive: (facts: SessionFacts) => boolean;
  readonly now: () => number;
  /** Of a key that was taken. */
  readonly onKeyUsed: (keyId: string) => void;
}

export function storedCredentials(parts: StoredCredentialParts): Credentials {
  return {
    session: (token) => bySession(parts, token),
    key: (text) => byKey(parts, text),
  };
}

async function bySession(parts: StoredCredentialParts, token: string): Promise<Known | undefined> {
  const words = await readToken(parts.keys, token, { kind: 'access', nowMs: parts.now() });
  if (!words) return undefined;
  const { sessionId, userId } = words;
  const facts = await parts.facts.of(`session ${sessionId}`, () => sessionFacts(sessionId));
  if (!facts || facts.userId !== userId || !parts.isLive(facts)) return undefined;
  const { username, organisation } = facts;
  const id = `user:${username}`;
  if (isKilled(parts.publisher.snapshot().overlay, organisation, [id])) return undefined;
  return {
    ...{ by: 'session', id, userId, username, organisation, sessionId, api: [] },
    roles: rolesIn(facts.rolesJson),
    mustChangePassword: facts.mustChangePassword !== 0,
  };
}

async function byKey(parts: StoredCredentialParts, text: string): Promise<Known | undefined> {
  const keyId = keyIdIn(text);
  const sha256 = hash('sha256', text);
  const { people, overlay } = parts.publisher.snapshot();
  if (keyId === undefined || !inTable(people.keys, sha256) || overlay.keys.has(keyId)) return undefined;
  const facts = await parts.facts.of(`key ${sha256}`, () => keyFacts(sha256));
  if (!facts || !isGood(facts, parts.now())) return undefined;
  const { userId, username, organisation } = facts;
  const id = `key:${facts.keyId}`;
  if (isKilled(overlay, organisation, [id, `user:${username}`])) return undefined;
  parts.onKeyUsed(facts.keyId);
  const kept = facts.keyRolesJson === null ? undefined : new Set(rolesIn(facts.keyRolesJson));
  return {
    ...{ by: 'key', id, userId, username, organisation, sessionId: undefined, mustChangePassword: false },
    roles: rolesIn(facts.rolesJson).filter((role) => kept === undefined || kept.has(role)),
    api: apiIn(facts.apiJson),
  };
}

function isGood({ disabled, userDisabled, expiresAtMs, rolesJson }: KeyFacts, nowMs: number): boolean {
  return disabled === 0 && userDisabled === 0 && rolesJson !== null && (expiresAtMs === null || expiresAtMs > nowMs);
}

/** What cannot be read is nothing. */
export function rolesIn(json: string | null): readonly string[] {
  return textsIn(json);
}

function apiIn(json: string): readonly ('read' | 'write')[] {
  return textsIn(json).filter((each) => each === 'read' || each === 'write');
}

function textsIn(json: string | null): readonly string[] {
  if (json === null) return [];
  try {
    const read: unknown = JSON.parse(json);
    return Array.isArray(read) && read.every((each) => typeof each === 'string') ? read : [];
  } catch {
    return [];
  }
}
