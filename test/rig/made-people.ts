/*
 * Users, keys and switches of the store, made by hand.
 */
import { createHash } from 'node:crypto';
import { composeKey } from '../../src/model/key-text.ts';
import { NO_OVERLAY, type Overlay } from '../../src/model/overlay.ts';
import { NO_PEOPLE, type People, type StoredKey, type StoredMapping, type StoredUser } from '../../src/model/people.ts';
import { tableOf } from '../../src/model/table.ts';

/** The text of a key; another one for each id. */
export function keyText(id: string): string {
  return composeKey(id, createHash('sha256').update(`secret of ${id}`).digest());
}

export function madeKey(id: string, change: Partial<StoredKey> = {}): StoredKey {
  return {
    ...{ id, sha256: createHash('sha256').update(keyText(id)).digest('hex'), organisation: 'default', user: 'ann' },
    ...{ roles: undefined, reach: undefined, api: [], expiresAtMs: undefined, disabled: false },
    ...change,
  };
}

/** A member of `default` with the role `user`, unless `change` says so. */
export function madeUser(name: string, change: Partial<StoredUser> = {}): StoredUser {
  return { name, disabled: false, memberships: new Map([['default', ['user']]]), ...change };
}

export function madePeople(
  users: readonly StoredUser[],
  keys: readonly StoredKey[],
  mappings: readonly StoredMapping[] = [],
): People {
  return {
    ...NO_PEOPLE,
    users: tableOf(users.map((user) => [user.name, user])),
    keys: tableOf(keys.map((key) => [key.sha256, key])),
    mappings,
  };
}

export function madeOverlay(change: Partial<Overlay>): Overlay {
  return { ...NO_OVERLAY, ...change };
}
