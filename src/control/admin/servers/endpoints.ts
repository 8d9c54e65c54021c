/*
 * Named endpoints and toolsets in the admin API: which servers and tools of them stand behind an address, and under which
 * names. Who manages the organisation manages them; its members see them, for they are where clients connect to.
 */
import { z } from 'zod';
import { AdminError } from '../../../model/admin-errors.ts';
import type { EndpointDefinition } from '../../../model/snapshot.ts';
import type { Actor } from '../../actor.ts';
import { masked } from '../../collect/masked.ts';
import type { Known } from '../../publish/publisher.ts';
import { endpoints } from '../../store/queries/objects.ts';
import { countEndpoints } from '../../store/queries/servers.ts';
import type { Audited, Change } from '../../store/store.ts';
import type { EndpointRow } from '../../store/tables.ts';
import { listData, listed, listQuery, pageAsked, placeOf } from '../kit/list.ts';
import { BY_ID } from '../kit/object.ts';
import type { AdminParts } from '../parts.ts';
import { type AdminRoute, adminRoute } from '../route.ts';
import { checkEndpoint, checkEndpointName } from './endpoint-checks.ts';
import {
  createEndpoint,
  type EndpointFields,
  endpointData,
  fieldsWith,
  KINDS,
  NO_FIELDS,
  patchEndpoint,
} from './endpoint-input.ts';
import { endpointView, fieldsOf, sourceOf } from './endpoint-view.ts';
import { refuseOver } from './server-checks.ts';

const SORTS = { name: 'name', createdAt: 'createdAtMs', updatedAt: 'updatedAtMs' } as const;
const query = listQuery(SORTS, {
  name: z.string().max(200).optional().describe('Part of the name or the title.'),
  kind: z.enum(KINDS).optional(),
  origin: z.enum(['file', 'store']).optional(),
});
type Filters = z.infer<typeof query>;

const of = { tag: 'endpoints' } as const;
const ONE = '/api/v1/endpoints/{id}';

export function endpointRoutes(parts: AdminParts): readonly AdminRoute[] {
  return [listRoute(parts), createRoute(parts), readRoute(parts), updateRoute(parts), deleteRoute(parts)];
}

function listRoute(parts: AdminParts): AdminRoute {
  return adminRoute({
    ...of,
    ...{ id: 'listEndpoints', method: 'GET', path: '/api/v1/endpoints', gate: 'read' },
    say: 'Named endpoints and toolsets of the organisation, those of the file and those stored.',
    more: 'The own endpoints of servers are with the servers.',
    query,
    data: listData(endpointData),
    example: { query: { limit: '10' } },
    answer: async ({ actor, query: asked }) => {
      const page = pageAsked(asked, SORTS);
      const ofFile = fileEndpoints(parts, actor).filter((known) => fitsFile(asked, known));
      const stored =
        asked.origin === 'file' ? [] : await parts.store.read(endpoints.list(actor, { ...page, ...filters(asked) }));
      const shown = [...stored.map(sourceOf), ...ofFile.map(sourceOf)];
      const sources = { ...page, stored: shown.slice(0, stored.length), ofFile: shown.slice(stored.length) };
      const position = placeOf(page);
      const data = listed(
        sources,
        ({ place }) => position(place),
        (source) => endpointView(parts, actor, source),
      );
      return { data };
    },
  });
}

function filters({ name, kind }: Filters) {
  const contains = name === undefined ? undefined : { columns: ['name', 'title'] as const, text: name };
  return { contains, equal: kind === undefined ? {} : { kind } };
}

function fitsFile({ name, kind, origin }: Filters, known: Known<EndpointDefinition>): boolean {
  if (origin === 'store' || (kind !== undefined && kind !== 'endpoint')) return false;
  const texts = [known.name, known.definition.title ?? ''].map((text) => text.toLowerCase());
  return name === undefined || texts.some((text) => text.includes(name.toLowerCase()));
}

function createRoute(parts: AdminParts): AdminRoute {
  return adminRoute({
    ...of,
    ...{ id: 'createEndpoint', method: 'POST', path: '/api/v1/endpoints', gate: 'manage', status: 201 },
    say: 'Makes a named endpoint, at /mcp/{name}.',
    more: 'Servers are named by their `key`. A toolset is an endpoint that is chosen by its tools.',
    body: createEndpoint,
    data: endpointData,
    errors: ['conflict', 'limited'],
    example: { body: { name: 'everyday', title: 'Everyday', naming: 'plain', tools: { block: ['*.delete_*'] } } },
    answer: async ({ actor, body }) => {
      const { name } = body;
      const fields = fieldsWith(NO_FIELDS, body);
      checkEndpointName(parts.publisher.snapshot(), name);
      checkEndpoint(parts.publisher.snapshot(), actor, { name, ...fields });
      const [there] = await parts.store.read(countEndpoints(actor));
      refuseOver(parts, 'endpointsPerOrganisationMax', there?.count ?? 0);
      const row = endpoints.fresh(actor, { name, ...columnsOf(fields) }, parts.now());
      const change = { row, change: endpoints.insert(actor, row), before: undefined, after: fields };
      await write(parts, actor, 'endpoint.create', change);
      return shown(parts, actor, row.id);
    },
  });
}

function readRoute(parts: AdminParts): AdminRoute {
  return adminRoute({
    ...of,
    ...{ id: 'readEndpoint', method: 'GET', path: ONE, gate: 'read', params: BY_ID, data: endpointData },
    say: 'One endpoint.',
    errors: ['not_found'],
    example: { params: { id: '{endpoint}' } },
    answer: async ({ actor, params: { id } }) => shown(parts, actor, id),
  });
}

function updateRoute(parts: AdminParts): AdminRoute {
  return adminRoute({
    ...of,
    ...{ id: 'updateEndpoint', method: 'PATCH', path: ONE, gate: 'manage', ifMatch: true, params: BY_ID },
    say: 'Changes the fields that are sent; null takes one away.',
    body: patchEndpoint,
    data: endpointData,
    errors: ['not_found', 'read_only'],
    example: { params: { id: '{endpoint}' }, body: { title: 'Every day', instructions: null } },
    answer: async ({ actor, params: { id }, body, ifMatch }) => {
      const row = await storedRow(parts, actor, id);
      const before = fieldsOf(row);
      const after = fieldsWith(before, body);
      checkEndpoint(withoutItself(parts, row.name), actor, { name: row.name, ...after });
      const set = columnsOf(after);
      const change = endpoints.update(actor, { id, version: ifMatch, set, atMs: parts.now() });
      await write(parts, actor, 'endpoint.update', { row, change, before, after });
      return shown(parts, actor, id);
    },
  });
}

function deleteRoute(parts: AdminParts): AdminRoute {
  return adminRoute({
    ...of,
    ...{ id: 'deleteEndpoint', method: 'DELETE', path: ONE, gate: 'manage', ifMatch: true, params: BY_ID },
    say: 'Deletes a stored endpoint. What clients have open there ends.',
    data: z.object({}),
    errors: ['not_found', 'read_only'],
    example: { params: { id: '{endpoint}' } },
    answer: async ({ actor, params: { id }, ifMatch }) => {
      const row = await storedRow(parts, actor, id);
      const change = endpoints.remove(actor, { id, version: ifMatch });
      await write(parts, actor, 'endpoint.delete', { row, change, before: fieldsOf(row), after: undefined });
      return { data: {} };
    },
  });
}

interface Written {
  readonly row: EndpointRow;
  readonly change: Change;
  readonly before: EndpointFields | undefined;
  readonly after: EndpointFields | undefined;
}

async function write(
  parts: AdminParts,
  actor: Actor,
  action: string,
  { row, change, before, after }: Written,
): Promise<void> {
  const { id, name, organisation } = row;
  const kept = (fields: EndpointFields | undefined) => (fields === undefined ? null : masked({ name, ...fields }));
  const about = { kind: 'endpoints', targetId: id, targetName: name, reason: '', outcome: 'done' } as const;
  const audit: Audited[] = [{ action, ...about, before: kept(before), after: kept(after) }];
  await parts.store.write(actor, { changes: [change], touched: [{ kind: 'endpoints', id, organisation }], audit });
  await parts.publisher.settled();
}

/** Its own name is no clash. */
function withoutItself({ publisher }: AdminParts, name: string) {
  const snapshot = publisher.snapshot();
  return { ...snapshot, endpoints: new Map([...snapshot.endpoints].filter(([known]) => known !== name)) };
}

async function storedRow({ store, publisher }: AdminParts, actor: Actor, id: string): Promise<EndpointRow> {
  if (fileEndpoints({ publisher }, actor).some((known) => known.id === id)) throw new AdminError('read_only');
  const [row] = await store.read(endpoints.get(actor, id));
  if (row === undefined) throw new AdminError('not_found');
  return row;
}

async function shown(parts: AdminParts, actor: Actor, id: string) {
  const ofFile = fileEndpoints(parts, actor).find((known) => known.id === id);
  const source = sourceOf(ofFile ?? (await storedRow(parts, actor, id)));
  return { data: endpointView(parts, actor, source), version: source.head.version };
}

function fileEndpoints({ publisher }: Pick<AdminParts, 'publisher'>, { organisation }: Actor) {
  const isOurs = (known: Known<EndpointDefinition>) => known.origin === 'file' && known.organisation === organisation;
  return [...publisher.endpoints().values()].filter(isOurs);
}

function columnsOf({ title, kind, definition }: EndpointFields) {
  return { title, kind, definitionJson: JSON.stringify(definition) };
}
