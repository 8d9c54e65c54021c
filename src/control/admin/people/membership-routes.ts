/*
 * Memberships: what a user is in the organisation. Its admin gives and takes roles that they hold, whatever else its members
 * are elsewhere.
 *
 * Who is no member and belongs elsewhere is unknown here: only a system_admin makes members across organisations.
 */
import { z } from 'zod';
import { AdminError } from '../../../model/admin-errors.ts';
import type { Actor } from '../../actor.ts';
import { usernames, userSeen } from '../../store/queries/accounts.ts';
import { memberships, userById, userByName } from '../../store/queries/people.ts';
import type { Audited, Change } from '../../store/store.ts';
import type { MembershipRow, UserRow } from '../../store/tables.ts';
import { listData, listed, listQuery, pageAsked, placeOf } from '../kit/list.ts';
import { BY_ID, headOf, objectData } from '../kit/object.ts';
import type { AdminParts } from '../parts.ts';
import { type AdminRoute, adminRoute } from '../route.ts';
import { isSystemAdmin, keepingOne, lastOne } from './account-rules.ts';
import { roleNames, typedUsername, usernameOf } from './people-words.ts';
import { checkGiven, checkHeld, rolesKnown } from './role-rules.ts';
import { rolesIn } from './stored-credentials.ts';

export function membershipRoutes(parts: AdminParts): readonly AdminRoute[] {
  return [list(parts), create(parts), get(parts), update(parts), remove(parts)];
}

const PATH = '/api/v1/memberships';
const ONE = { path: `${PATH}/{id}`, tag: 'memberships', gate: 'manage', params: BY_ID } as const;

const MEMBERSHIP = objectData({
  userId: z.string(),
  username: z.string(),
  roles: z.array(z.string()),
});

type Named = Pick<UserRow, 'username'>;

function shown(row: MembershipRow, { username }: Named): z.infer<typeof MEMBERSHIP> {
  return { ...headOf(row), userId: row.userId, username, roles: [...rolesIn(row.rolesJson)] };
}

const SORTS = { createdAt: 'createdAtMs', updatedAt: 'updatedAtMs' } as const;
const QUERY = listQuery(SORTS, {
  userId: z.string().max(64).optional(),
  role: z.string().min(1).max(256).optional().describe('Who has this role.'),
});

function list(parts: AdminParts): AdminRoute {
  return adminRoute({
    ...{ id: 'listMemberships', method: 'GET', path: PATH, tag: 'memberships', gate: 'manage' },
    say: 'Members of the organisation, with their roles.',
    query: QUERY,
    data: listData(MEMBERSHIP),
    example: { query: { role: 'admin' } },
    answer: async ({ actor, query: { userId, role, ...query } }) => {
      const page = pageAsked(query, SORTS);
      const equal = userId === undefined ? {} : { userId };
      const holds = role === undefined ? undefined : ({ column: 'rolesJson', text: role } as const);
      const rows = await parts.store.read(memberships.list(actor, { ...page, equal, holds }));
      const names = await namesOf(parts, rows);
      const stored = rows.map((row) => ({ ...row, shown: shown(row, { username: names.get(row.userId) ?? '' }) }));
      return { data: listed({ ...page, stored }, placeOf(page), (each) => each.shown) };
    },
  });
}

async function namesOf({ store }: AdminParts, rows: readonly MembershipRow[]): Promise<ReadonlyMap<string, string>> {
  if (rows.length === 0) return new Map();
  const found = await store.read(usernames(rows.map(({ userId }) => userId)));
  return new Map(found.map(({ id, username }) => [id, username]));
}

function create(parts: AdminParts): AdminRoute {
  return adminRoute({
    ...{ id: 'createMembership', method: 'POST', path: PATH, tag: 'memberships', gate: 'manage', status: 201 },
    credentials: true,
    say: 'Makes a user a member of the organisation.',
    body: z.strictObject({ username: typedUsername(), roles: roleNames() }),
    data: MEMBERSHIP,
    errors: ['conflict', 'not_found'],
    example: { body: { username: '{otherUsername}', roles: ['viewer'] } },
    answer: async ({ actor, body }) => {
      const user = await joining(parts, actor, usernameOf(body.username));
      checkGiven(actor, body.roles, await rolesKnown(parts, actor));
      const values = { userId: user.id, rolesJson: JSON.stringify(body.roles) };
      const row = memberships.fresh(actor, values, parts.now());
      const states = { before: null, after: { roles: body.roles } };
      await written(parts, actor, {
        row,
        changes: [memberships.insert(actor, row)],
        audit: audited('create', row, user, states),
      });
      return { data: shown(row, user), version: row.version };
    },
  });
}

async function joining(
  { store }: AdminParts,
  actor: Actor,
  username: string,
): Promise<Pick<UserRow, 'id' | 'username'>> {
  const isSystem = actor.rights.has('system');
  const [user] = await store.read(isSystem ? userByName(username) : userSeen(actor, { username }));
  if (!user) throw new AdminError('not_found', { say: 'There is no such user.' });
  return user;
}

function get(parts: AdminParts): AdminRoute {
  return adminRoute({
    ...{ ...ONE, id: 'getMembership', method: 'GET' },
    say: 'One membership.',
    data: MEMBERSHIP,
    example: { params: { id: '{membershipId}' } },
    answer: async ({ actor, params }) => {
      const { row, user } = await found(parts, actor, params.id);
      return { data: shown(row, user), version: row.version };
    },
  });
}

interface Found {
  readonly row: MembershipRow;
  readonly user: UserRow;
}

async function found({ store }: AdminParts, actor: Actor, id: string): Promise<Found> {
  const [row] = await store.read(memberships.get(actor, id));
  const [user] = row ? await store.read(userById(row.userId)) : [];
  if (!row || !user) throw new AdminError('not_found');
  return { row, user };
}

function update(parts: AdminParts): AdminRoute {
  return adminRoute({
    ...{ ...ONE, id: 'updateMembership', method: 'PATCH', ifMatch: true, credentials: true },
    say: 'Gives a member other roles. It holds for whatever they have open.',
    body: z.strictObject({ roles: roleNames() }),
    data: MEMBERSHIP,
    errors: ['conflict'],
    example: { params: { id: '{membershipId}' }, body: { roles: ['user'] } },
    answer: async ({ actor, params, body, ifMatch }) => {
      const { row, user } = await found(parts, actor, params.id);
      const known = await rolesKnown(parts, actor);
      const before = rolesIn(row.rolesJson);
      checkGiven(actor, body.roles, known);
      checkHeld(actor, before, known);
      const atMs = parts.now();
      const rolesJson = JSON.stringify(body.roles);
      const change = memberships.update(actor, { id: row.id, version: ifMatch, set: { rolesJson }, atMs });
      const states = { before: { roles: before }, after: { roles: body.roles } };
      const changes = guarded(change, user, row, body.roles);
      await written(parts, actor, { row, changes, audit: audited('update', row, user, states) });
      const after = await found(parts, actor, row.id);
      return { data: shown(after.row, after.user), version: after.row.version };
    },
  });
}

function remove(parts: AdminParts): AdminRoute {
  return adminRoute({
    ...{ ...ONE, id: 'deleteMembership', method: 'DELETE', ifMatch: true, credentials: true },
    say: 'Takes a member out: their logins and keys in this organisation are taken no more.',
    data: z.object({}),
    errors: ['conflict'],
    example: { params: { id: '{membershipId}' } },
    answer: async ({ actor, params, ifMatch }) => {
      const { row, user } = await found(parts, actor, params.id);
      const before = rolesIn(row.rolesJson);
      checkHeld(actor, before, await rolesKnown(parts, actor));
      const change = memberships.remove(actor, { id: row.id, version: ifMatch });
      const states = { before: { roles: before }, after: null };
      const changes = guarded(change, user, row, []);
      await written(parts, actor, { row, changes, audit: audited('delete', row, user, states) });
      return { data: {} };
    },
  });
}

/** Where somebody would manage the installation no more; whether they do elsewhere the write finds out itself. */
function guarded(
  change: Change,
  { disabled }: UserRow,
  row: MembershipRow,
  next: readonly string[],
): readonly Change[] {
  const isTaken = disabled === 0 && isSystemAdmin([row]) && !next.includes('system_admin');
  return isTaken ? keepingOne([change]) : [change];
}

function audited(
  what: string,
  { id }: MembershipRow,
  { username }: Named,
  states: Pick<Audited, 'before' | 'after'>,
): Audited {
  const about = { kind: 'memberships', targetId: id, targetName: username, reason: '' };
  return { action: `membership.${what}`, outcome: 'done', ...about, ...states };
}

interface Written {
  readonly row: MembershipRow;
  readonly changes: readonly Change[];
  readonly audit: Audited;
}

async function written(
  { store, publisher }: AdminParts,
  actor: Actor,
  { row, changes, audit }: Written,
): Promise<void> {
  const touched = [{ kind: 'memberships', id: row.id, organisation: row.organisation } as const];
  try {
    await store.write(actor, { changes, touched, audit: [audit] });
  } catch (error) {
    throw changes.length > 1 ? lastOne(error) : error;
  }
  await publisher.settled();
}
