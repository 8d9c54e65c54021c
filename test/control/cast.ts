/*
 * Who asks in the matrix, and what the placeholders of an example stand for: for each cell of the table something that was made
 * for it, so that no cell depends on another.
 */
import type { Logins } from '../../src/control/admin/people/logins.ts';
import { newId } from '../../src/control/store/ids.ts';
import { insertOrganisation } from '../../src/control/store/queries/organisations.ts';
import { claimMappings, keys, memberships, roles, users } from '../../src/control/store/queries/people.ts';
import type { Change, Store, Touched } from '../../src/control/store/store.ts';
import { seederIn } from '../rig/desk-people.ts';

export const PASSWORD = 'a quite long sentence of words';
const NEW_PASSWORD = 'another rather long sentence';

/** What a person of the matrix is. */
export interface Part {
  readonly organisation: string;
  readonly roles: readonly string[];
}

/** One person, made for one cell. */
export interface Actor extends Part {
  readonly userId: string;
  readonly username: string;
  readonly token: string;
}

export interface Scene {
  readonly store: Store;
  readonly logins: Logins;
  readonly now: () => number;
  /** Of `PASSWORD`. */
  readonly passwordHash: string;
}

/** Every person has a name of their own. */
let made = 0;

export function uniqueName(): string {
  made += 1;
  return `n${made}`;
}

export async function person(scene: Scene, { organisation, roles: held }: Part): Promise<Actor> {
  const { store, logins, now, passwordHash } = scene;
  const [actor, username] = [seederIn(organisation), uniqueName()];
  const blank = { displayName: username, email: '', mustChangePassword: 0, disabled: 0, sessionsNotBeforeMs: 0 };
  const user = users.fresh(actor, { ...blank, username, passwordHash }, now());
  const member = memberships.fresh(actor, { userId: user.id, rolesJson: JSON.stringify(held) }, now());
  await put(store, users.insert(actor, user), { kind: 'users', id: user.id, organisation });
  await put(store, memberships.insert(actor, member), { kind: 'memberships', id: member.id, organisation });
  const { token } = await logins.sessions.open(actor, { userId: user.id, username, organisation });
  return { organisation, roles: held, userId: user.id, username, token };
}

async function put(store: Store, change: Change, touched: Touched): Promise<void> {
  await store.write(seederIn(touched.organisation), { changes: [change], touched: [touched], audit: [] });
}

/** What a placeholder of people stands for, made in `acme`; of the caller where it is theirs. */
export const PEOPLE_PLACEHOLDERS: Readonly<Record<string, (scene: Scene, caller: Actor) => Promise<string>>> = {
  username: async (_, { username }) => username,
  password: async () => PASSWORD,
  newPassword: async () => NEW_PASSWORD,
  otherUsername: async (scene) => (await memberlessUser(scene)).username,
  refreshToken: async ({ logins }, { userId, username, organisation }) =>
    (await logins.sessions.open(seederIn(organisation), { userId, username, organisation })).refreshToken,
  sessionId: async (scene, { userId, username, organisation }) => {
    const asked = seederIn(organisation);
    const { token } = await scene.logins.sessions.open(asked, { userId, username, organisation });
    return (await scene.logins.credentials.session(token))?.sessionId ?? '';
  },
  userId: async (scene) => (await person(scene, { organisation: 'acme', roles: ['user'] })).userId,
  membershipId: async (scene) => {
    const { id: userId } = await memberlessUser(scene);
    return memberOfAcme(scene, userId);
  },
  roleId: (scene) => roleOfAcme(scene),
  unusedRoleId: (scene) => roleOfAcme(scene),
  mappingId: async ({ store, now }) => {
    const actor = seederIn('acme');
    const mappedJson = JSON.stringify({ scopes: [], roles: [], groups: ['staff'] });
    const values = { issuer: ISSUER, claim: 'groups', value: uniqueName(), mappedJson };
    const row = claimMappings.fresh(actor, values, now());
    await put(store, claimMappings.insert(actor, row), { kind: 'claimMappings', id: row.id, organisation: 'acme' });
    return row.id;
  },
  keyRowId: async (scene, caller) => {
    const { store, now } = scene;
    // A key belongs to whoever asks, where they are of acme: one's own may be changed, another's is not there.
    const owner =
      caller.organisation === 'acme' ? caller : await person(scene, { organisation: 'acme', roles: ['user'] });
    const actor = seederIn('acme');
    const all = { rolesJson: null, reachJson: null, apiJson: '[]', expiresAtMs: null, lastUsedAtMs: null, disabled: 0 };
    const name = uniqueName();
    const values = { ...all, keyId: `id${name}x`, name, sha256: name.padStart(64, '0'), userId: owner.userId };
    const row = keys.fresh(actor, values, now());
    await put(store, keys.insert(actor, row), { kind: 'apiKeys', id: row.id, organisation: 'acme' });
    return row.id;
  },
  organisationId: (scene) => organisation(scene),
  emptyOrganisationId: (scene) => organisation(scene),
  issuer: async () => ISSUER,
};

export const ISSUER = 'https://issuer.example';

/** An account of acme that is a member of nothing. */
async function memberlessUser({ store, now }: Scene): Promise<{ readonly id: string; readonly username: string }> {
  const [actor, username] = [seederIn('acme'), uniqueName()];
  const blank = {
    displayName: '',
    email: '',
    passwordHash: '',
    mustChangePassword: 0,
    disabled: 0,
    sessionsNotBeforeMs: 0,
  };
  const user = users.fresh(actor, { ...blank, username }, now());
  await put(store, users.insert(actor, user), { kind: 'users', id: user.id, organisation: 'acme' });
  return user;
}

async function memberOfAcme({ store, now }: Scene, userId: string): Promise<string> {
  const actor = seederIn('acme');
  const row = memberships.fresh(actor, { userId, rolesJson: '["viewer"]' }, now());
  await put(store, memberships.insert(actor, row), { kind: 'memberships', id: row.id, organisation: 'acme' });
  return row.id;
}

async function roleOfAcme({ store, now }: Scene): Promise<string> {
  const actor = seederIn('acme');
  const values = { name: uniqueName(), title: '', permissionsJson: JSON.stringify([{ servers: ['*'] }]) };
  const row = roles.fresh(actor, values, now());
  await put(store, roles.insert(actor, row), { kind: 'roles', id: row.id, organisation: 'acme' });
  return row.id;
}

async function organisation({ store, now }: Scene): Promise<string> {
  const [id, name, atMs] = [newId('organisations'), uniqueName(), now()];
  const row = { id, organisation: name, version: 1, createdAtMs: atMs, updatedAtMs: atMs, name, title: name };
  await put(store, insertOrganisation(row), { kind: 'organisations', id, organisation: name });
  return id;
}
