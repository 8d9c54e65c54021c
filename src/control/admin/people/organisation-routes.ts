/*
 * Organisations, for who manages the installation. One is deleted when nothing belongs to it any more: what people have made is
 * never deleted by the way.
 */
import { z } from 'zod';
import { line } from '../../../config/fields.ts';
import { AdminError } from '../../../model/admin-errors.ts';
import { DEFAULT_ORGANISATION } from '../../../model/principal.ts';
import type { Actor } from '../../actor.ts';
import { newId } from '../../store/ids.ts';
import {
  insertOrganisation,
  listOrganisations,
  organisationById,
  organisationByName,
  removeOrganisation,
  updateOrganisation,
} from '../../store/queries/organisations.ts';
import type { Audited, Change } from '../../store/store.ts';
import type { OrganisationRow } from '../../store/tables.ts';
import { listData, listed, listQuery, pageAsked, placeOf } from '../kit/list.ts';
import { BY_ID, fileHead, headOf, objectData } from '../kit/object.ts';
import type { AdminParts } from '../parts.ts';
import { type AdminRoute, adminRoute } from '../route.ts';
import { organisationName } from './people-words.ts';

export function organisationRoutes(parts: AdminParts): readonly AdminRoute[] {
  return [list(parts), create(parts), get(parts), update(parts), remove(parts)];
}

const PATH = '/api/v1/organisations';
const ONE = { path: `${PATH}/{id}`, tag: 'organisations', gate: 'system', params: BY_ID } as const;

const title = () => z.union([z.literal(''), line(256)]).describe('For people.');
const ORGANISATION = objectData({ name: z.string(), title: z.string() });
type Shown = z.infer<typeof ORGANISATION>;

const SORTS = { name: 'name', createdAt: 'createdAtMs' } as const;
const QUERY = listQuery(SORTS, {
  search: z.string().min(1).max(200).optional().describe('A part of the name or the title.'),
});

function list(parts: AdminParts): AdminRoute {
  return adminRoute({
    ...{ id: 'listOrganisations', method: 'GET', path: PATH, tag: 'organisations', gate: 'system' },
    say: 'All organisations.',
    query: QUERY,
    data: listData(ORGANISATION),
    example: { query: { search: 'd' } },
    answer: async ({ query: { search, ...query } }) => {
      const page = pageAsked(query, SORTS);
      const contains = search === undefined ? undefined : { columns: ['name', 'title'] as const, text: search };
      const rows = await parts.store.read(listOrganisations({ ...page, contains }));
      const stored = rows.map((row) => ({ ...row, shown: shown(parts, row) }));
      const names = parts.file().identity.organisations.filter((name) => search === undefined || name.includes(search));
      const ofFile = (await unstored(parts, names)).map(placedOfFile);
      return { data: listed({ ...page, stored, ofFile }, placeOf(page), (each) => each.shown) };
    },
  });
}

/** One of the file may have a row too, so that what is stored can belong to it. */
function shown({ file }: AdminParts, row: OrganisationRow): Shown {
  const origin = file().identity.organisations.includes(row.name) ? 'file' : 'store';
  return { ...headOf(row), origin, name: row.name, title: row.title };
}

async function unstored({ store }: AdminParts, names: readonly string[]): Promise<readonly string[]> {
  const rows = await Promise.all(names.map((name) => store.read(organisationByName(name))));
  return names.filter((_, at) => rows[at]?.length === 0);
}

function placedOfFile(name: string) {
  const head = { ...fileHead('organisation', name), organisation: name };
  return { id: head.id, name, createdAtMs: 0, shown: { ...head, name, title: '' } };
}

const CREATE = z.strictObject({ name: organisationName(), title: title().optional() });

function create(parts: AdminParts): AdminRoute {
  return adminRoute({
    ...{ id: 'createOrganisation', method: 'POST', path: PATH, tag: 'organisations', gate: 'system', status: 201 },
    say: 'A new organisation. Its name never changes.',
    body: CREATE,
    data: ORGANISATION,
    errors: ['conflict'],
    example: { body: { name: 'research', title: 'Research' } },
    answer: async ({ actor, body: { name, title: said = '' } }) => {
      if (parts.file().identity.organisations.includes(name)) throw new AdminError('conflict');
      const atMs = parts.now();
      const managed = { id: newId('organisations'), version: 1, createdAtMs: atMs, updatedAtMs: atMs };
      const row: OrganisationRow = { ...managed, organisation: name, name, title: said };
      const audit = audited('create', row, { before: null, after: { name, title: said } });
      await written(parts, actor, { row, change: insertOrganisation(row), audit });
      return { data: shown(parts, row), version: row.version };
    },
  });
}

function get(parts: AdminParts): AdminRoute {
  return adminRoute({
    ...{ ...ONE, id: 'getOrganisation', method: 'GET' },
    say: 'One organisation.',
    data: ORGANISATION,
    example: { params: { id: '{organisationId}' } },
    answer: async ({ params: { id } }) => {
      const ofFile = parts
        .file()
        .identity.organisations.map(placedOfFile)
        .find((each) => each.id === id)?.shown;
      const data = ofFile ?? shown(parts, await stored(parts, id));
      return { data, version: data.version };
    },
  });
}

async function stored({ store }: AdminParts, id: string): Promise<OrganisationRow> {
  const [row] = await store.read(organisationById(id));
  if (!row) throw new AdminError(id.startsWith('file.organisation.') ? 'read_only' : 'not_found');
  return row;
}

function update(parts: AdminParts): AdminRoute {
  return adminRoute({
    ...{ ...ONE, id: 'updateOrganisation', method: 'PATCH', ifMatch: true },
    say: 'Another title.',
    body: z.strictObject({ title: title() }),
    data: ORGANISATION,
    errors: ['read_only'],
    example: { params: { id: '{organisationId}' }, body: { title: 'Everybody' } },
    answer: async ({ actor, params: { id }, body: { title: said }, ifMatch: version = 0 }) => {
      const row = await stored(parts, id);
      const change = updateOrganisation({ id, version, title: said, atMs: parts.now() });
      const audit = audited('update', row, { before: { title: row.title }, after: { title: said } });
      await written(parts, actor, { row, change, audit });
      const after = await stored(parts, id);
      return { data: shown(parts, after), version: after.version };
    },
  });
}

function remove(parts: AdminParts): AdminRoute {
  return adminRoute({
    ...{ ...ONE, id: 'deleteOrganisation', method: 'DELETE', ifMatch: true },
    say: 'Deletes an organisation to which nothing belongs any more; `default` stays.',
    data: z.object({}),
    errors: ['read_only', 'conflict'],
    example: { params: { id: '{emptyOrganisationId}' } },
    answer: async ({ actor, params: { id }, ifMatch: version = 0 }) => {
      const row = await stored(parts, id);
      const isKept = row.name === DEFAULT_ORGANISATION || parts.file().identity.organisations.includes(row.name);
      if (isKept) throw new AdminError('conflict', { say: 'This organisation is always there.' });
      const audit = audited('delete', row, { before: { name: row.name, title: row.title }, after: null });
      try {
        await written(parts, actor, { row, change: removeOrganisation({ id, version }), audit });
      } catch (error) {
        throw error instanceof AdminError && error.kind === 'conflict'
          ? new AdminError('conflict', { say: FULL })
          : error;
      }
      return { data: {} };
    },
  });
}

const FULL = 'Users, servers or other objects still belong to it. Delete those first.';

function audited(what: string, row: OrganisationRow, states: Pick<Audited, 'before' | 'after'>): Audited {
  const about = { kind: 'organisations', targetId: row.id, targetName: row.name, reason: '' };
  return { action: `organisation.${what}`, outcome: 'done', ...about, ...states };
}

interface Written {
  readonly row: OrganisationRow;
  readonly change: Change;
  readonly audit: Audited;
}

async function written({ store, publisher }: AdminParts, actor: Actor, { row, change, audit }: Written): Promise<void> {
  const touched = [{ kind: 'organisations', id: row.id, organisation: row.name } as const];
  await store.write(actor, { changes: [change], touched, audit: [audit] });
  await publisher.settled();
}
