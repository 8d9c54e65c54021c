/*
 * Stores on a database of their own, and rows to put into them.
 */
import type { Actor } from '../../src/control/actor.ts';
import { openStore, type StoreSettings } from '../../src/control/store/open-store.ts';
import { servers } from '../../src/control/store/queries/objects.ts';
import { insertOrganisation } from '../../src/control/store/queries/organisations.ts';
import { keys, users } from '../../src/control/store/queries/people.ts';
import type { Audited, Change, Store, Touched } from '../../src/control/store/store.ts';
import type { KeyRow, ServerRow, UserRow } from '../../src/control/store/tables.ts';

export type Target = StoreSettings['target'];

export interface StoreStage {
  readonly store: Store;
  readonly target: Target;
  /** Another one on the same database; closed with the stage. */
  open(settings?: Partial<StoreSettings>): Promise<Store>;
  close(): Promise<void>;
}

export async function storeStage(target: Target, settings: Partial<StoreSettings> = {}): Promise<StoreStage> {
  const stores: Store[] = [];
  const open = async (more: Partial<StoreSettings> = {}) => {
    const store = await openStore({ target, now: Date.now, limits: { storeFollowMs: 20 }, ...settings, ...more });
    stores.push(store);
    return store;
  };
  const store = await open();
  return { store, target, open, close: async () => void (await Promise.all(stores.map((one) => one.close()))) };
}

export function actorIn(organisation: string): Actor {
  return {
    id: 'user:ada',
    userId: 'usr_ada',
    username: 'ada',
    organisation,
    roles: ['admin'],
    rights: new Set(['read', 'own', 'manage']),
    by: 'session',
    sessionId: undefined,
    requestId: 'req_1',
    address: '192.0.2.7',
  };
}

export const ADA = actorIn('default');

export const serverNamed = (name: string, more: Partial<ServerRow> = {}, actor = ADA): ServerRow => {
  const plain = { title: name, description: '', definitionJson: '{}', url: 'https://a.example/mcp', owner: null };
  const values = { ...plain, name, visibility: 'private', tagsJson: '[]', weight: 1 };
  return { ...servers.fresh(actor, values, 1), ...more };
};

export const userNamed = (username: string, actor = ADA): UserRow =>
  users.fresh(
    actor,
    {
      ...{ username, displayName: username, email: '', passwordHash: '', mustChangePassword: 0 },
      ...{ disabled: 0, sessionsNotBeforeMs: 0 },
    },
    1,
  );

export const keyOf = (user: UserRow, name: string, actor = ADA): KeyRow =>
  keys.fresh(
    actor,
    {
      ...{ keyId: `${name}-id`, name, sha256: `${name}-sum`, userId: user.id, rolesJson: null, reachJson: null },
      ...{ apiJson: '[]', expiresAtMs: null, lastUsedAtMs: null, disabled: 0 },
    },
    1,
  );

export const touchedOne = (row: { id: string; organisation: string }, kind: Touched['kind'] = 'servers'): Touched => ({
  kind,
  id: row.id,
  organisation: row.organisation,
});

export const auditOf = (row: ServerRow): Audited => {
  const target = { kind: 'servers', targetId: row.id, targetName: row.name };
  return { action: 'server.create', outcome: 'done', ...target, reason: '', before: null, after: { name: row.name } };
};

export const silently = (...changes: Change[]) => ({ changes, touched: [], audit: [] });

export async function addServers(store: Store, rows: readonly ServerRow[], actor = ADA): Promise<void> {
  await store.write(actor, silently(...rows.map((row) => servers.insert(actor, row))));
}

export async function addOrganisation(store: Store, name: string): Promise<void> {
  const times = { version: 1, createdAtMs: 1, updatedAtMs: 1 };
  const row = { id: `org_${name}`, organisation: name, name, title: name, ...times };
  await store.write(ADA, silently(insertOrganisation(row)));
}
