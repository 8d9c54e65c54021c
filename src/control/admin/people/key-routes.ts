/*
 * API keys: each user's own, and for who manages the organisation everybody's. Somebody else's is as if it were not there (T25).
 *
 * A key is shown when it is made and never again; only its digest is kept. `rotate` gives it another secret, and the old one is
 * good no more: who cannot change it everywhere at once makes a second key first and deletes the first one later.
 */
import { z } from 'zod';
import { AdminError } from '../../../model/admin-errors.ts';
import type { Actor } from '../../actor.ts';
import { keySeen, keysSeen, type ShownKey } from '../../store/queries/keys.ts';
import { keys } from '../../store/queries/people.ts';
import type { Audited, Change } from '../../store/store.ts';
import type { KeyRow } from '../../store/tables.ts';
import { listData, listed, listQuery, pageAsked, placeOf } from '../kit/list.ts';
import { BY_ID } from '../kit/object.ts';
import type { AdminParts } from '../parts.ts';
import { type AdminRoute, adminRoute } from '../route.ts';
import {
  CREATE_KEY,
  checkKey,
  checkRoom,
  columnsOf,
  expiryOf,
  type KeyFields,
  makeKey,
  type Owner,
  ownerOf,
  rolesKept,
  UPDATE_KEY,
} from './key-rules.ts';
import { fileKeys, KEY, type KeyShown, keyView } from './key-view.ts';

export function keyRoutes(parts: AdminParts): readonly AdminRoute[] {
  return [list(parts), create(parts), get(parts), update(parts), rotate(parts), remove(parts)];
}

const PATH = '/api/v1/keys';
const ONE = { path: `${PATH}/{id}`, tag: 'keys', gate: 'own', params: BY_ID } as const;
const ONCE = { key: z.string().describe('The key itself. Shown this once: nobody can show it again.') };

const SORTS = { name: 'name', createdAt: 'createdAtMs', updatedAt: 'updatedAtMs' } as const;
const QUERY = listQuery(SORTS, {
  search: z.string().min(1).max(200).optional().describe('A part of the name.'),
  userId: z.string().max(64).optional().describe('Keys of this user, for who manages the organisation.'),
  disabled: z.enum(['true', 'false']).optional(),
  origin: z.enum(['file', 'store']).optional(),
});

/** Undefined for who sees everybody's. */
function onlyOf({ rights, userId = '' }: Actor): string | undefined {
  return rights.has('manage') ? undefined : userId;
}

function list(parts: AdminParts): AdminRoute {
  return adminRoute({
    ...{ id: 'listKeys', method: 'GET', path: PATH, tag: 'keys', gate: 'own' },
    say: 'Your keys, or all of the organisation for who manages it.',
    query: QUERY,
    data: listData(KEY),
    example: { query: { sort: '-createdAt' } },
    answer: async ({ actor, query }) => {
      const page = pageAsked(query, SORTS);
      const rows =
        query.origin === 'file' ? [] : await parts.store.read(keysSeen(actor, { ...page, ...filtersOf(actor, query) }));
      const stored = rows.map((row) => ({ ...row, shown: keyView(row) }));
      const ofFile = query.origin === 'store' ? [] : fileKeys(parts, actor).filter((key) => fits(key, query));
      const placed = ofFile.map((shown) => ({ id: shown.id, name: shown.name, createdAtMs: 0, updatedAtMs: 0, shown }));
      return { data: listed({ ...page, stored, ofFile: placed }, placeOf(page), ({ shown }) => shown) };
    },
  });
}

type Asked = z.infer<typeof QUERY>;

function filtersOf(actor: Actor, { search, userId, disabled }: Asked) {
  const whose = onlyOf(actor) ?? userId;
  return {
    equal: {
      ...(whose === undefined ? {} : { userId: whose }),
      ...(disabled === undefined ? {} : { disabled: disabled === 'true' ? 1 : 0 }),
    },
    contains: search === undefined ? undefined : { columns: ['name'] as const, text: search },
  };
}

function fits({ name }: KeyShown, { search, userId, disabled }: Asked): boolean {
  return userId === undefined && disabled !== 'true' && name.toLowerCase().includes((search ?? '').toLowerCase());
}

function create(parts: AdminParts): AdminRoute {
  return adminRoute({
    ...{ id: 'createKey', method: 'POST', path: PATH, tag: 'keys', gate: 'own', status: 201, credentials: true },
    say: 'A new key, for yourself or, for who manages the organisation, for a member.',
    body: CREATE_KEY,
    data: KEY.extend(ONCE),
    errors: ['conflict', 'not_found'],
    example: { body: { name: 'laptop', tools: ['files.read_*'] } },
    answer: async ({ actor, body }) => {
      const owner = await ownerOf(parts, actor, body.username);
      await checkKey(parts, actor, owner, body);
      await checkRoom(parts, actor, owner);
      const made = makeKey();
      const given = { ...body, roles: rolesKept(actor, owner, body.roles ?? null) };
      const row = keys.fresh(actor, { ...made.columns, ...newColumns(parts, owner, given) }, parts.now());
      const shown = keyView({ ...row, username: owner.username });
      await written(parts, actor, { row, change: keys.insert(actor, row), ...audited('create', shown, null, shown) });
      return { data: { ...shown, key: made.text }, version: row.version };
    },
  });
}

function newColumns(parts: AdminParts, { id: userId }: Owner, body: z.infer<typeof CREATE_KEY>) {
  const blank = { apiJson: '[]', rolesJson: null, reachJson: null, lastUsedAtMs: null, disabled: 0 };
  const expiresAtMs = expiryOf(parts, body.expiresAt);
  return { ...blank, name: body.name, userId, expiresAtMs, ...columnsOf(body) };
}

function get(parts: AdminParts): AdminRoute {
  return adminRoute({
    ...{ ...ONE, id: 'getKey', method: 'GET' },
    say: 'One key.',
    data: KEY,
    example: { params: { id: '{keyRowId}' } },
    answer: async ({ actor, params: { id } }) => {
      const data = fileKeys(parts, actor).find((key) => key.id === id) ?? keyView(await stored(parts, actor, id));
      return { data, version: data.version };
    },
  });
}

/** Throws `not_found` for somebody else's. */
async function stored(parts: AdminParts, actor: Actor, id: string): Promise<ShownKey> {
  if (fileKeys(parts, actor).some((key) => key.id === id)) throw new AdminError('read_only');
  const [row] = await parts.store.read(keySeen(actor, { id, userId: onlyOf(actor) }));
  if (!row) throw new AdminError('not_found');
  return row;
}

interface Changeable {
  readonly row: ShownKey;
  /** As they are written down by who changes it. */
  readonly roles: string[] | null;
}

/** The same, when what the key gives is the actor's to give. */
async function changeable(parts: AdminParts, actor: Actor, id: string, fields: KeyFields = {}): Promise<Changeable> {
  const row = await stored(parts, actor, id);
  const owner = await ownerOf(parts, actor, row.username ?? undefined);
  const roles = fields.roles === undefined ? rolesOf(keyView(row), owner.roles) : fields.roles;
  await checkKey(parts, actor, owner, { roles, expiresAt: fields.expiresAt });
  return { row, roles: rolesKept(actor, owner, roles) };
}

/** Roles that its user has lost since are in nobody's way. */
function rolesOf({ roles }: KeyShown, owned: readonly string[]): string[] | null {
  return roles === null ? null : roles.filter((role) => owned.includes(role));
}

function update(parts: AdminParts): AdminRoute {
  return adminRoute({
    ...{ ...ONE, id: 'updateKey', method: 'PATCH', ifMatch: true, credentials: true },
    say: 'Changes the fields that are given; null clears one.',
    body: UPDATE_KEY,
    data: KEY,
    errors: ['read_only'],
    example: { params: { id: '{keyRowId}' }, body: { disabled: true } },
    answer: async ({ actor, params: { id }, body, ifMatch: version }) => {
      // To be rid of a key needs no right to what it gives.
      const isOff = Object.keys(body).every((field) => field === 'disabled') && body.disabled === true;
      const { row: before, roles } = isOff
        ? { row: await stored(parts, actor, id), roles: null }
        : await changeable(parts, actor, id, body);
      const set = {
        ...columnsOf(body.roles === undefined ? body : { ...body, roles }, before.reachJson),
        ...(body.name === undefined ? {} : { name: body.name }),
        ...(body.disabled === undefined ? {} : { disabled: body.disabled ? 1 : 0 }),
        ...(body.expiresAt === undefined ? {} : { expiresAtMs: Date.parse(body.expiresAt) }),
      };
      const row = { ...before, ...set };
      const change = keys.update(actor, { id, version, set, atMs: parts.now() });
      await written(parts, actor, { row, change, ...audited('update', keyView(row), keyView(before), keyView(row)) });
      const after = keyView(await stored(parts, actor, id));
      return { data: after, version: after.version };
    },
  });
}

function rotate(parts: AdminParts): AdminRoute {
  return adminRoute({
    ...{ ...ONE, id: 'rotateKey', method: 'POST', path: `${PATH}/{id}/rotate`, ifMatch: true, credentials: true },
    say: 'Another secret for the key; the old one is not taken any more.',
    data: KEY.extend(ONCE),
    errors: ['read_only'],
    example: { params: { id: '{keyRowId}' } },
    answer: async ({ actor, params: { id }, ifMatch: version }) => {
      const { row, roles } = await changeable(parts, actor, id);
      const made = makeKey(row.keyId);
      const set = { ...made.columns, ...(row.rolesJson === null ? columnsOf({ roles }) : {}) };
      const change = keys.update(actor, { id, version, set, atMs: parts.now() });
      await written(parts, actor, { row, change, ...audited('rotate', keyView(row), null, null) });
      const after = keyView(await stored(parts, actor, id));
      return { data: { ...after, key: made.text }, version: after.version };
    },
  });
}

function remove(parts: AdminParts): AdminRoute {
  return adminRoute({
    ...{ ...ONE, id: 'deleteKey', method: 'DELETE', ifMatch: true, credentials: true },
    say: 'Deletes a key: it is not taken any more, and what was opened with it ends.',
    data: z.object({}),
    errors: ['read_only'],
    example: { params: { id: '{keyRowId}' } },
    answer: async ({ actor, params: { id }, ifMatch: version }) => {
      const row = await stored(parts, actor, id);
      const change = keys.remove(actor, { id, version });
      await written(parts, actor, { row, change, ...audited('delete', keyView(row), keyView(row), null) });
      return { data: {} };
    },
  });
}

function audited(what: string, key: KeyShown, before: KeyShown | null, after: KeyShown | null): { audit: Audited } {
  const about = { kind: 'apiKeys', targetId: key.id, targetName: `key:${key.keyId}`, reason: '' };
  return { audit: { action: `key.${what}`, outcome: 'done', ...about, before, after } };
}

interface Written {
  readonly row: Pick<KeyRow, 'id' | 'organisation'>;
  readonly change: Change;
  readonly audit: Audited;
}

async function written(
  { store, publisher }: AdminParts,
  actor: Actor,
  { row: { id, organisation }, change, audit }: Written,
): Promise<void> {
  await store.write(actor, { changes: [change], touched: [{ kind: 'apiKeys', id, organisation }], audit: [audit] });
  await publisher.settled();
}
