/*
 * Roles: the built-in ones, those of the file, and those of the organisation, which its admin writes.
 *
 * One that is given to somebody is not deleted: whoever made another one of its name would give it to all of them.
 */
import { z } from 'zod';
import { line } from '../../../config/fields.ts';
import { personName } from '../../../config/fields-auth.ts';
import { storedPermissions } from '../../../config/schema-stored.ts';
import type { RoleDefinition, Scope } from '../../../model/access.ts';
import { AdminError } from '../../../model/admin-errors.ts';
import type { Actor } from '../../actor.ts';
import { claimMappings, memberships, roles } from '../../store/queries/people.ts';
import type { Audited, Change } from '../../store/store.ts';
import type { RoleRow } from '../../store/tables.ts';
import { listData, listed, listQuery, pageAsked, placeOf } from '../kit/list.ts';
import { BY_ID, fileHead, headOf, objectData } from '../kit/object.ts';
import type { AdminParts } from '../parts.ts';
import { BUILT_IN_ROLES } from '../rights.ts';
import { type AdminRoute, adminRoute } from '../route.ts';
import { fileRuleId } from '../rules/file-id.ts';

export function roleRoutes(parts: AdminParts): readonly AdminRoute[] {
  return [list(parts), create(parts), get(parts), update(parts), remove(parts)];
}

const PATH = '/api/v1/roles';
const ONE = { path: `${PATH}/{id}`, tag: 'roles', params: BY_ID } as const;

const title = () => z.union([z.literal(''), line(256)]).describe('For people.');
const ROLE = objectData({
  name: z.string(),
  title: z.string(),
  permissions: storedPermissions
    .nullable()
    .describe('Null for built-in roles; the guide on access says what they open.'),
}).extend({ origin: z.enum(['builtin', 'file', 'store']) });
type Shown = z.infer<typeof ROLE>;

const SORTS = { name: 'name', createdAt: 'createdAtMs' } as const;
const QUERY = listQuery(SORTS, {
  search: z.string().min(1).max(200).optional().describe('A part of the name or the title.'),
  origin: z.enum(['builtin', 'file', 'store']).optional(),
});

function list(parts: AdminParts): AdminRoute {
  return adminRoute({
    ...{ id: 'listRoles', method: 'GET', path: PATH, tag: 'roles', gate: 'read' },
    say: 'Roles that members of the organisation may have.',
    query: QUERY,
    data: listData(ROLE),
    example: { query: { origin: 'builtin' } },
    answer: async ({ actor, query: { search, origin, ...query } }) => {
      const page = pageAsked(query, SORTS);
      const contains = search === undefined ? undefined : { columns: ['name', 'title'] as const, text: search };
      const isStored = origin === undefined || origin === 'store';
      const rows = isStored ? await parts.store.read(roles.list(actor, { ...page, contains })) : [];
      const stored = rows.map((row) => ({ ...row, shown: shown(row) }));
      const ofFile = unstored(parts)
        .filter((each) => (origin === undefined || origin === each.origin) && each.name.includes(search ?? ''))
        .map((each) => ({ id: each.id, name: each.name, createdAtMs: 0, shown: each }));
      return { data: listed({ ...page, stored, ofFile }, placeOf(page), (each) => each.shown) };
    },
  });
}

function unstored({ file }: AdminParts): readonly Shown[] {
  const builtIn = BUILT_IN_ROLES.map((name): Shown => {
    const head = { ...fileHead('role', name), id: `builtin.role.${name}`, origin: 'builtin' as const };
    return { ...head, name, title: '', permissions: null };
  });
  return [...builtIn, ...[...file().access.roles.values()].map(fileRole)];
}

function fileRole({ name, permissions }: RoleDefinition): Shown {
  const head = { ...fileHead('role', name), id: fileRuleId('role', name) };
  return { ...head, name, title: '', permissions: permissions.map(entryOf) };
}

/** As somebody would write it. */
function entryOf({ servers, endpoints, tools, prompts, resources }: Scope): z.infer<typeof storedPermissions>[number] {
  const entry = { servers, endpoints, tools, prompts, resources };
  return Object.fromEntries(Object.entries(entry).filter(([, patterns]) => patterns !== undefined));
}

function shown(row: RoleRow): Shown {
  return { ...headOf(row), name: row.name, title: row.title, permissions: permissionsIn(row.permissionsJson) };
}

/** What a later version wrote may not be readable here; then it opens nothing. */
function permissionsIn(json: string): z.infer<typeof storedPermissions> {
  try {
    return storedPermissions.parse(JSON.parse(json));
  } catch {
    return [];
  }
}

const PERMISSIONS = storedPermissions.describe(
  'Each gives what it names by itself; `"*"` gives everything of the organisation.',
);
const CREATE = z.strictObject({ name: personName(), title: title().optional(), permissions: PERMISSIONS });

function create(parts: AdminParts): AdminRoute {
  return adminRoute({
    ...{ id: 'createRole', method: 'POST', path: PATH, tag: 'roles', gate: 'manage', status: 201 },
    say: 'A new role of the organisation.',
    body: CREATE,
    data: ROLE,
    errors: ['conflict'],
    example: { body: { name: 'reader', permissions: [{ servers: ['*'], tools: ['get_*', 'list_*'] }] } },
    answer: async ({ actor, body: { name, title: said = '', permissions } }) => {
      if (unstored(parts).some((each) => each.name === name))
        throw new AdminError('conflict', {
          say: 'There is a role of this name, built in or in the configuration file.',
        });
      const values = { name, title: said, permissionsJson: JSON.stringify(checked(permissions)) };
      const row = roles.fresh(actor, values, parts.now());
      const audit = audited('create', row, { before: null, after: shown(row) });
      await written(parts, actor, { row, change: roles.insert(actor, row), audit });
      return { data: shown(row), version: row.version };
    },
  });
}

type Permissions = z.infer<typeof storedPermissions>;

/** As in the file: what says nothing is a slip, and "all" is only ever said by `*`. */
function checked(permissions: Permissions): Permissions {
  const faults = permissions.flatMap((each, at) => {
    if (each === '*') return [];
    const field = `body.permissions.${at}`;
    const isAboutNothing = [each.tools, each.prompts, each.resources].every((kind) => kind === undefined);
    return [
      ...(each.servers === undefined
        ? [{ field, say: 'Says nothing of servers. Add "servers", with "*" for all of them.' }]
        : []),
      ...(isAboutNothing
        ? [{ field, say: 'Is about nothing. Add tools, prompts or resources, or write "*" for everything.' }]
        : []),
    ];
  });
  if (faults.length > 0) throw new AdminError('parameter_wrong', { faults });
  return permissions;
}

function get(parts: AdminParts): AdminRoute {
  return adminRoute({
    ...{ ...ONE, id: 'getRole', method: 'GET', gate: 'read' },
    say: 'One role.',
    data: ROLE,
    example: { params: { id: '{roleId}' } },
    answer: async ({ actor, params: { id } }) => {
      const data = unstored(parts).find((each) => each.id === id) ?? shown(await stored(parts, actor, id));
      return { data, version: data.version };
    },
  });
}

async function stored(parts: AdminParts, actor: Actor, id: string): Promise<RoleRow> {
  if (unstored(parts).some((each) => each.id === id)) throw new AdminError('read_only', { say: FIXED });
  const [row] = await parts.store.read(roles.get(actor, id));
  if (!row) throw new AdminError('not_found');
  return row;
}

const FIXED = 'It is built in, or defined in the configuration file.';

function update(parts: AdminParts): AdminRoute {
  return adminRoute({
    ...{ ...ONE, id: 'updateRole', method: 'PATCH', gate: 'manage', ifMatch: true },
    say: 'Changes the fields that are given. The name stays.',
    body: z.strictObject({ title: title().optional(), permissions: PERMISSIONS.optional() }),
    data: ROLE,
    errors: ['read_only'],
    example: { params: { id: '{roleId}' }, body: { title: 'Readers' } },
    answer: async ({ actor, params: { id }, body, ifMatch: version }) => {
      const before = await stored(parts, actor, id);
      const set = {
        ...(body.title === undefined ? {} : { title: body.title }),
        ...(body.permissions === undefined ? {} : { permissionsJson: JSON.stringify(checked(body.permissions)) }),
      };
      const row = { ...before, ...set };
      const audit = audited('update', row, { before: shown(before), after: shown(row) });
      await written(parts, actor, { row, change: roles.update(actor, { id, version, set, atMs: parts.now() }), audit });
      const after = shown(await stored(parts, actor, id));
      return { data: after, version: after.version };
    },
  });
}

function remove(parts: AdminParts): AdminRoute {
  return adminRoute({
    ...{ ...ONE, id: 'deleteRole', method: 'DELETE', gate: 'manage', ifMatch: true },
    say: 'Deletes a role that nobody has any more.',
    data: z.object({}),
    errors: ['read_only', 'conflict'],
    example: { params: { id: '{unusedRoleId}' } },
    answer: async ({ actor, params: { id }, ifMatch: version }) => {
      const row = await stored(parts, actor, id);
      await checkUnused(parts, actor, row.name);
      const audit = audited('delete', row, { before: shown(row), after: null });
      await written(parts, actor, { row, change: roles.remove(actor, { id, version }), audit });
      return { data: {} };
    },
  });
}

async function checkUnused({ store }: AdminParts, actor: Actor, name: string): Promise<void> {
  const page = { limit: 1, sort: { field: 'createdAtMs', descending: false } } as const;
  const [members, mapped] = await Promise.all([
    store.read(memberships.list(actor, { ...page, holds: { column: 'rolesJson', text: name } })),
    store.read(claimMappings.list(actor, { ...page, holds: { column: 'mappedJson', text: name } })),
  ]);
  if (members.length + mapped.length > 0)
    throw new AdminError('conflict', { say: 'Members have it, or claims are mapped to it. Take it from them first.' });
}

function audited(what: string, row: RoleRow, states: Pick<Audited, 'before' | 'after'>): Audited {
  const about = { kind: 'roles', targetId: row.id, targetName: row.name, reason: '' };
  return { action: `role.${what}`, outcome: 'done', ...about, ...states };
}

interface Written {
  readonly row: RoleRow;
  readonly change: Change;
  readonly audit: Audited;
}

async function written({ store, publisher }: AdminParts, actor: Actor, { row, change, audit }: Written): Promise<void> {
  const touched = [{ kind: 'roles', id: row.id, organisation: row.organisation } as const];
  await store.write(actor, { changes: [change], touched, audit: [audit] });
  await publisher.settled();
}
