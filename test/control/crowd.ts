/*
 * A store that holds a whole company, put there before the gateway starts: servers of a fleet, users who are members, and
 * keys of theirs whose text is known.
 */
import { hash } from 'node:crypto';
import { hashPassword } from '../../src/control/admin/people/passwords.ts';
import { servers } from '../../src/control/store/queries/objects.ts';
import { keys, memberships, users } from '../../src/control/store/queries/people.ts';
import type { Change, Store } from '../../src/control/store/store.ts';
import type { UserRow } from '../../src/control/store/tables.ts';
import { ADA, keyOf, serverNamed, silently, userNamed } from './store-stage.ts';

export interface Crowd {
  readonly servers: number;
  readonly users: number;
  readonly keys: number;
  /** Of the server with that name. */
  readonly url: (name: string) => string;
}

const ROWS_AT_ONCE = 1_000;

export const serverName = (at: number) => `server-${at}`;
export const keyText = (at: number) =>
  `gwk_crowd${String(at).padStart(11, '0')}_${'k'.repeat(32)}${String(at).padStart(11, '0')}`;

export async function seedCrowd(store: Store, crowd: Crowd): Promise<void> {
  const people = numbered(crowd.users, (at) => userNamed(`user-${at}`));
  await insertAll(store, [
    ...numbered(crowd.servers, serverAt(crowd)),
    ...people.flatMap((user) => [users.insert(ADA, user), member(user)]),
    ...numbered(crowd.keys, (at) => keyAt(at, people)),
  ]);
}

function numbered<Item>(count: number, item: (at: number) => Item): Item[] {
  return Array.from({ length: count }, (_, at) => item(at));
}

const serverAt =
  (crowd: Crowd) =>
  (at: number): Change => {
    const name = serverName(at);
    return servers.insert(ADA, serverNamed(name, { url: crowd.url(name), visibility: 'public' }));
  };

function member(user: UserRow): Change {
  const row = memberships.fresh(ADA, { userId: user.id, rolesJson: '["user"]' }, 1);
  return memberships.insert(ADA, row);
}

function keyAt(at: number, people: readonly UserRow[]): Change {
  const user = people[at % people.length];
  if (!user) throw new RangeError('A key is of somebody.');
  const text = keyText(at);
  const keyId = text.split('_')[1] ?? '';
  return keys.insert(ADA, { ...keyOf(user, `key-${at}`), keyId, sha256: hash('sha256', text) });
}

async function insertAll(store: Store, changes: readonly Change[]): Promise<void> {
  for (let from = 0; from < changes.length; from += ROWS_AT_ONCE)
    await store.write(ADA, silently(...changes.slice(from, from + ROWS_AT_ONCE)));
}

export const BOSS = { username: 'boss', password: 'the boss of all of this' };

/** A system_admin who can log in. */
export async function seedBoss(store: Store): Promise<void> {
  const user = { ...userNamed(BOSS.username), passwordHash: await hashPassword(BOSS.password) };
  const member = memberships.fresh(ADA, { userId: user.id, rolesJson: '["system_admin"]' }, 1);
  await store.write(ADA, silently(users.insert(ADA, user), memberships.insert(ADA, member)));
}
