/*
 * Servers as lists and one by one: those of the file and those stored in one order, with how they are now.
 *
 * State and switches are no columns: they are known to the data plane. Where a list is filtered by them, rows are read in
 * batches until the page is full.
 */
import { z } from 'zod';
import { VISIBILITIES } from '../../../model/snapshot.ts';
import type { Actor } from '../../actor.ts';
import type { Position } from '../../store/cursor.ts';
import type { Listing } from '../../store/queries/listing.ts';
import { servers } from '../../store/queries/objects.ts';
import type { ServerRow } from '../../store/tables.ts';
import { listData, listed, listQuery, PAGE_MAX, type PageAsked, pageAsked } from '../kit/list.ts';
import { BY_ID } from '../kit/object.ts';
import type { AdminParts } from '../parts.ts';
import { type AdminRoute, adminRoute } from '../route.ts';
import { serversNow } from './server-now.ts';
import { fileServers, knownOf, recordsOf, seenServer } from './server-records.ts';
import { manages, maySee, SHOWN } from './server-rights.ts';
import { type KnownServer, type ServerNow, STATES, serverData, serverView, stateOf } from './server-view.ts';

const SORTS = { name: 'name', createdAt: 'createdAtMs', updatedAt: 'updatedAtMs' } as const;
type SortColumn = (typeof SORTS)[keyof typeof SORTS];

const truth = () => z.enum(['true', 'false']).optional();

const query = listQuery(SORTS, {
  name: z.string().max(200).optional().describe('Part of the name or the title.'),
  owner: z.string().max(256).optional().describe('Name of a user.'),
  visibility: z.enum(VISIBILITIES).optional(),
  tag: z.string().max(64).optional(),
  origin: z.enum(['file', 'store']).optional(),
  state: z.enum(STATES).optional().describe('How it is now.'),
  enabled: truth().describe('`false`: those that were disabled.'),
});
type Filters = z.infer<typeof query>;

export function serverListRoutes(parts: AdminParts): readonly AdminRoute[] {
  return [listServers(parts), readServer(parts)];
}

function listServers(parts: AdminParts): AdminRoute {
  return adminRoute({
    id: 'listServers',
    method: 'GET',
    path: '/api/v1/servers',
    tag: 'servers',
    say: 'Servers of the organisation, those of the file and those stored.',
    more: 'Who does not manage the organisation sees their own, and those that are `public` or `shared`.',
    gate: 'read',
    query,
    data: listData(serverData),
    example: { query: { limit: '10', sort: 'name' } },
    answer: async ({ actor, query: asked }) => ({ data: await pageFor(parts, actor, asked) }),
  });
}

function readServer(parts: AdminParts): AdminRoute {
  return adminRoute({
    id: 'readServer',
    method: 'GET',
    path: '/api/v1/servers/{id}',
    tag: 'servers',
    say: 'One server.',
    gate: 'read',
    params: BY_ID,
    data: serverData,
    errors: ['not_found'],
    example: { params: { id: '{server}' } },
    answer: async ({ actor, params: { id } }) => shownServer(parts, actor, id),
  });
}

/** What every change of a server answers, too. */
export async function shownServer(parts: AdminParts, actor: Actor, id: string) {
  const { server } = await seenServer(parts, actor, id);
  return { data: serverView(actor, server, serversNow(parts, actor)(server)), version: server.head.version };
}

interface Shown {
  readonly server: KnownServer;
  readonly now: ServerNow;
}

async function pageFor(parts: AdminParts, actor: Actor, asked: Filters) {
  const page = pageAsked(asked, SORTS);
  const nowOf = serversNow(parts, actor);
  const shown = (server: KnownServer): Shown => ({ server, now: nowOf(server) });
  const fits = (each: Shown) => fitsNow(asked, each);
  const ofFile = fileServers(parts, actor).filter((server) => fitsFile(asked, actor, server));
  const stored = await storedFor(parts, actor, { asked, page }, (server) => [shown(server)].filter(fits));
  const sources = { ...page, stored, ofFile: ofFile.map(shown).filter(fits) };
  const position = ({ server }: Shown) => positionFor(page.sort.field, server);
  return listed(sources, position, ({ server, now }) => serverView(actor, server, now));
}

interface Wanted {
  readonly asked: Filters;
  readonly page: PageAsked<SortColumn>;
}

/** One more than the page has, if there are so many. */
async function storedFor(
  parts: AdminParts,
  actor: Actor,
  { asked, page: { sort, after, limit } }: Wanted,
  keep: (server: KnownServer) => readonly Shown[],
): Promise<readonly Shown[]> {
  if (asked.origin === 'file') return [];
  const found: Shown[] = [];
  const isNow = asked.state !== undefined || asked.enabled !== undefined;
  const batch = isNow ? PAGE_MAX : limit;
  for (let from = after; found.length <= limit; ) {
    const rows = await parts.store.read(
      servers.list(actor, { ...filtersOf(asked, actor), sort, limit: batch, after: from }),
    );
    const records = await recordsOf(parts, actor, rows);
    found.push(...records.map(knownOf).flatMap(keep));
    const last = rows.at(-1);
    if (rows.length <= batch || last === undefined) break;
    from = { value: last[sort.field], id: last.id };
  }
  return found.slice(0, limit + 1);
}

function filtersOf(
  { name, owner, visibility, tag }: Filters,
  actor: Actor,
): Pick<Listing<ServerRow>, 'equal' | 'contains' | 'holds' | 'visibleTo'> {
  return {
    equal: { ...(owner !== undefined && { owner }), ...(visibility !== undefined && { visibility }) },
    contains: name === undefined ? undefined : { columns: ['name', 'title'], text: name },
    holds: tag === undefined ? undefined : { column: 'tagsJson', text: tag },
    visibleTo: manages(actor) ? undefined : { owner: actor.username ?? '', visibilities: SHOWN },
  };
}

function fitsFile({ name, owner, visibility, tag, origin }: Filters, actor: Actor, server: KnownServer): boolean {
  if (origin === 'store' || tag !== undefined || !maySee(actor, server.draft)) return false;
  const { draft } = server;
  const texts = [server.name, draft.title].map((text) => text.toLowerCase());
  return (
    (name === undefined || texts.some((text) => text.includes(name.toLowerCase()))) &&
    (owner === undefined || draft.owner === owner) &&
    (visibility === undefined || draft.visibility === visibility)
  );
}

function fitsNow({ state, enabled }: Filters, { now }: Shown): boolean {
  if (state !== undefined && stateOf(now) !== state) return false;
  return enabled === undefined || (enabled === 'false') === (now.switched?.state === 'disabled');
}

/** Those of the file have no time, and come before all others. */
function positionFor(column: SortColumn, { head, name }: KnownServer): Position {
  const { createdAt, updatedAt } = head;
  const values = { name, createdAtMs: timeOf(createdAt), updatedAtMs: timeOf(updatedAt) };
  return { value: values[column], id: head.id };
}

function timeOf(text: string | null): number {
  return text === null ? 0 : Date.parse(text);
}
