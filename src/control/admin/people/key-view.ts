/*
 * API keys as they are shown: never the key, nor what was made of it. Those of the file are shown to who manages the
 * organisation, and to whose they are.
 */
import { z } from 'zod';
import { storedReach } from '../../../config/schema-stored.ts';
import type { KeyDefinition } from '../../../model/identity.ts';
import type { Reach } from '../../../model/principal.ts';
import type { Actor } from '../../actor.ts';
import type { ShownKey } from '../../store/queries/keys.ts';
import { fileHead, headOf, objectData, rfc3339, TIME } from '../kit/object.ts';
import type { AdminParts } from '../parts.ts';
import { fileRuleId } from '../rules/file-id.ts';
import { rolesIn } from './stored-credentials.ts';

const PATTERNS = z.array(z.string()).nullable();

export const KEY = objectData({
  keyId: z.string().describe('Stands in the key itself, in logs, and in policies as `key:{keyId}`. No secret.'),
  name: z.string(),
  username: z.string().nullable().describe('Whose it is; null for a key of the file that is nobody’s.'),
  roles: z.array(z.string()).nullable().describe('Null: all of its user’s roles.'),
  servers: PATTERNS,
  endpoints: PATTERNS,
  tools: PATTERNS,
  api: z.array(z.enum(['read', 'write'])),
  expiresAt: TIME.nullable().describe('Null for never, which only the file can say.'),
  lastUsedAt: TIME.nullable().describe('To the minute. Not known of keys of the file.'),
  disabled: z.boolean(),
});

export type KeyShown = z.infer<typeof KEY>;

export function keyView(row: ShownKey): KeyShown {
  const { keyId, name, username, rolesJson, expiresAtMs, lastUsedAtMs, disabled } = row;
  const api = rolesIn(row.apiJson).filter((each) => each === 'read' || each === 'write');
  return {
    ...{ ...headOf(row), keyId, name, username, api, disabled: disabled !== 0 },
    ...{ roles: rolesJson === null ? null : [...rolesIn(rolesJson)], ...reachView(reachIn(row.reachJson)) },
    ...{ expiresAt: rfc3339(expiresAtMs), lastUsedAt: rfc3339(lastUsedAtMs) },
  };
}

type StoredReach = z.infer<typeof storedReach>;

/** What cannot be read reaches nothing, and is shown so. */
export function reachIn(json: string | null): StoredReach {
  if (json === null) return {};
  try {
    return storedReach.parse(JSON.parse(json));
  } catch {
    return { servers: [] };
  }
}

function reachView(reach: StoredReach | Reach | undefined) {
  const { servers, endpoints, tools } = reach ?? {};
  const listed = (patterns: readonly string[] | undefined) => (patterns === undefined ? null : [...patterns]);
  return { servers: listed(servers), endpoints: listed(endpoints), tools: listed(tools) };
}

export function fileKeys({ file }: AdminParts, actor: Actor): readonly KeyShown[] {
  const mine = (key: KeyDefinition) => key.user !== undefined && key.user === actor.username;
  return file()
    .identity.keys.filter(({ organisation }) => organisation === actor.organisation)
    .filter((key) => actor.rights.has('manage') || mine(key))
    .map(fileKeyView);
}

function fileKeyView({ id, name, user, organisation, roles, reach, expiresAtMs }: KeyDefinition): KeyShown {
  return {
    ...{ ...fileHead('key', id), id: fileRuleId('key', id), organisation, keyId: id, name, username: user ?? null },
    ...{ roles: [...roles], ...reachView(reach), api: [], disabled: false },
    ...{ expiresAt: rfc3339(expiresAtMs ?? null), lastUsedAt: null },
  };
}
