/*
 * The people of a test's admin API, written straight into its store: who they are is not what is tried there.
 */
import { createHash, randomBytes } from 'node:crypto';
import type { Actor } from '../../src/control/actor.ts';
import type { Logins } from '../../src/control/admin/people/logins.ts';
import { newId } from '../../src/control/store/ids.ts';
import { insertOrganisation, organisationByName } from '../../src/control/store/queries/organisations.ts';
import { keys, memberships, users } from '../../src/control/store/queries/people.ts';
import type { Change, Store, Touched } from '../../src/control/store/store.ts';
import { composeKey } from '../../src/model/key-text.ts';

interface Person {
  readonly organisation: string;
  readonly role: string;
}

export const PEOPLE = {
  root: { organisation: 'default', role: 'system_admin' },
  ada: { organisation: 'acme', role: 'admin' },
  uma: { organisation: 'acme', role: 'user' },
  eva: { organisation: 'acme', role: 'user' },
  vic: { organisation: 'acme', role: 'viewer' },
  bob: { organisation: 'beta', role: 'admin' },
} as const satisfies Readonly<Record<string, Person>>;

const KEYS = {
  'ada-write': { of: 'ada', api: ['read', 'write'] },
  'ada-read': { of: 'ada', api: ['read'] },
  'ada-none': { of: 'ada', api: [] },
  'uma-write': { of: 'uma', api: ['read', 'write'] },
} as const satisfies Readonly<Record<string, { readonly of: keyof typeof PEOPLE; readonly api: readonly string[] }>>;

export type Somebody = keyof typeof PEOPLE | keyof typeof KEYS;

export interface Somebodies {
  /** What each shows. */
  readonly tokens: Readonly<Record<Somebody, string>>;
  /** Their rows. */
  readonly userIds: Readonly<Record<keyof typeof PEOPLE, string>>;
}

/** Who writes what was there before; of no session. */
export function seederIn(organisation: string): Actor {
  const nobody = {
    userId: undefined,
    username: undefined,
    roles: [],
    sessionId: undefined,
    requestId: '',
    address: '',
  };
  return { ...nobody, id: 'local', organisation, rights: new Set(), by: 'local' };
}

export async function seedPeople(store: Store, logins: Logins, atMs: number): Promise<Somebodies> {
  await seedOrganisations(store, atMs);
  const userIds: Record<string, string> = {};
  const tokens: Record<string, string> = {};
  for (const [username, { organisation, role }] of Object.entries<Person>(PEOPLE)) {
    const userId = await seedUser(store, { username, organisation, role, atMs });
    userIds[username] = userId;
    tokens[username] = (await logins.sessions.open(seederIn(organisation), { userId, username, organisation })).token;
  }
  for (const [name, { of, api }] of Object.entries(KEYS)) {
    const key = { name, api, userId: userIds[of] ?? '', organisation: PEOPLE[of].organisation, atMs };
    tokens[name] = await seedKey(store, key);
  }
  return { tokens, userIds } as Somebodies;
}

async function seedOrganisations(store: Store, atMs: number): Promise<void> {
  for (const name of ['acme', 'beta']) {
    if ((await store.read(organisationByName(name))).length > 0) continue;
    const own = { id: newId('organisations'), organisation: name, version: 1, createdAtMs: atMs, updatedAtMs: atMs };
    await put(store, name, insertOrganisation({ ...own, name, title: name }), {
      ...{ kind: 'organisations', id: own.id, organisation: name },
    });
  }
}

interface SeededUser extends Person {
  readonly username: string;
  readonly atMs: number;
}

async function seedUser(store: Store, { username, organisation, role, atMs }: SeededUser): Promise<string> {
  const actor = seederIn(organisation);
  const blank = { displayName: username, email: '', passwordHash: '', mustChangePassword: 0, disabled: 0 };
  const user = users.fresh(actor, { ...blank, username, sessionsNotBeforeMs: 0 }, atMs);
  const member = memberships.fresh(actor, { userId: user.id, rolesJson: JSON.stringify([role]) }, atMs);
  await put(store, organisation, users.insert(actor, user), { kind: 'users', id: user.id, organisation });
  await put(store, organisation, memberships.insert(actor, member), {
    kind: 'memberships',
    id: member.id,
    organisation,
  });
  return user.id;
}

interface SeededKey {
  readonly name: string;
  readonly api: readonly string[];
  readonly userId: string;
  readonly organisation: string;
  readonly atMs: number;
}

async function seedKey(store: Store, { name, api, userId, organisation, atMs }: SeededKey): Promise<string> {
  const actor = seederIn(organisation);
  const keyId = randomBytes(8).toString('hex');
  const text = composeKey(keyId, randomBytes(32));
  const sha256 = createHash('sha256').update(text).digest('hex');
  const all = { rolesJson: null, reachJson: null, expiresAtMs: null, lastUsedAtMs: null, disabled: 0 };
  const row = keys.fresh(actor, { ...all, keyId, name, sha256, userId, apiJson: JSON.stringify(api) }, atMs);
  await put(store, organisation, keys.insert(actor, row), { kind: 'apiKeys', id: row.id, organisation });
  return text;
}

async function put(store: Store, organisation: string, change: Change, touched: Touched): Promise<void> {
  await store.write(seederIn(organisation), { changes: [change], touched: [touched], audit: [] });
}
