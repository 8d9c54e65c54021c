/*
 * A server as it runs: its state, what it lists and what of that is kept back and why; and to have it restarted, or its lists
 * read anew.
 */
import { z } from 'zod';
import type { ToolReport } from '../../../model/live.ts';
import type { WithheldEntry } from '../../../model/operator.ts';
import { matchIn } from '../../../model/pattern.ts';
import type { ToolFilter } from '../../../model/snapshot.ts';
import type { Actor } from '../../actor.ts';
import { listData, listed, listQuery, pageAsked } from '../kit/list.ts';
import { BY_ID, rfc3339, TIME } from '../kit/object.ts';
import type { AdminParts } from '../parts.ts';
import { type AdminRoute, adminRoute } from '../route.ts';
import { serversNow } from './server-now.ts';
import { ownServer, seenServer } from './server-records.ts';
import { mayChange } from './server-rights.ts';
import { type KnownServer, type ServerNow, STATES, stateOf } from './server-view.ts';

const count = () => z.int();

const stateData = z.object({
  state: z.enum(STATES),
  reason: z
    .string()
    .describe('Why it is not `ready`; empty for who may not change the server, for it may name addresses.'),
  since: TIME.nullable().describe('Since when the server itself is so, whatever was switched.'),
  transport: z.enum(['stdio', 'http', 'sse']).nullable(),
  revision: z.string().nullable().describe('The protocol revision that is spoken with it.'),
  counts: z.object({ tools: count(), prompts: count(), resources: count(), templates: count() }).nullable(),
  callsInFlight: count(),
  conversations: count().describe('Sessions and processes that are open, the gateway’s own among them.'),
});

const toolData = z.object({
  name: z.string().describe('As the server calls it.'),
  title: z.string().nullable(),
  description: z.string().nullable(),
  definition: z.record(z.string(), z.unknown()).describe('As the server wrote it.'),
  offered: z.boolean().describe('Whether it is offered where nothing else keeps it back.'),
  keptBack: z.array(
    z.object({
      reason: z.enum(['filtered', 'denied', 'disabled', 'killed', 'name_conflict']),
      why: z.string().describe('The rule, or the name that is in the way.'),
      endpoint: z.string().nullable().describe('Where; null: everywhere.'),
    }),
  ),
});
type ToolData = z.infer<typeof toolData>;

const SORTS = { name: 'name' } as const;
const toolQuery = listQuery(SORTS, { name: z.string().max(200).optional().describe('Part of the name or the title.') });

export function serverLiveRoutes(parts: AdminParts): readonly AdminRoute[] {
  return [stateRoute(parts), toolsRoute(parts), againRoute(parts, 'refresh'), againRoute(parts, 'restart')];
}

function stateRoute(parts: AdminParts): AdminRoute {
  return adminRoute({
    id: 'readServerState',
    method: 'GET',
    path: '/api/v1/servers/{id}/state',
    tag: 'servers',
    say: 'How a server is now.',
    gate: 'read',
    params: BY_ID,
    data: stateData,
    errors: ['not_found'],
    example: { params: { id: '{server}' } },
    answer: async ({ actor, params: { id } }) => {
      const { server } = await seenServer(parts, actor, id);
      return { data: stateView(actor, server, serversNow(parts, actor)(server)) };
    },
  });
}

function stateView(actor: Actor, { draft }: KnownServer, now: ServerNow): z.infer<typeof stateData> {
  const { switched, upstream, unpublished } = now;
  const why = unpublished ?? switched?.reason ?? upstream?.reason ?? '';
  return {
    ...{ state: stateOf(now), reason: mayChange(actor, draft) ? why : '' },
    since: upstream === undefined ? null : rfc3339(upstream.sinceMs),
    transport: upstream?.transport ?? null,
    revision: upstream?.revision ?? null,
    counts: upstream?.counts ?? null,
    callsInFlight: upstream?.callsInFlight ?? 0,
    conversations: upstream?.conversations ?? 0,
  };
}

function toolsRoute(parts: AdminParts): AdminRoute {
  return adminRoute({
    id: 'listServerTools',
    method: 'GET',
    path: '/api/v1/servers/{id}/tools',
    tag: 'servers',
    say: 'The tools that a server lists, with what is kept back and why.',
    more: 'Who may not change the server sees those that they may list.',
    gate: 'read',
    params: BY_ID,
    query: toolQuery,
    data: listData(toolData),
    errors: ['not_found'],
    example: { params: { id: '{server}' } },
    answer: async ({ actor, params: { id }, query }) => {
      const { server } = await seenServer(parts, actor, id);
      const tools = toolsOf(parts, server).filter((tool) => isWanted(tool, query.name));
      const own = mayChange(actor, server.draft);
      const shown = own ? tools : await listable(parts, actor, server, tools);
      const position = ({ name }: ToolData) => ({ value: name, id: name });
      return { data: listed({ ...pageAsked(query, SORTS), stored: [], ofFile: shown }, position, (tool) => tool) };
    },
  });
}

/** As in the search: what a list of MCP keeps back from somebody they do not read here (threat T13). */
async function listable(
  { operator }: AdminParts,
  { id, organisation, address }: Actor,
  { key }: KnownServer,
  tools: readonly ToolData[],
): Promise<ToolData[]> {
  const sight = await operator.rules.sightOf(id, organisation, address);
  const isListed = ({ name }: ToolData) => {
    const seen = sight?.(key, name);
    return seen !== undefined && 'endpoint' in seen;
  };
  return tools.filter((tool) => tool.offered && isListed(tool)).map((tool) => ({ ...tool, keptBack: [] }));
}

function isWanted({ name, title }: ToolData, part = ''): boolean {
  return [name, title ?? ''].some((text) => text.toLowerCase().includes(part.toLowerCase()));
}

function toolsOf({ operator, publisher }: AdminParts, { head, key }: KnownServer): readonly ToolData[] {
  const known = publisher.servers().get(key);
  const report = known?.id === head.id ? operator.tools(key) : undefined;
  if (known === undefined || report === undefined) return [];
  const entries = operator.servers().find(({ name }) => name === key)?.withheld ?? [];
  const withheld = Map.groupBy(
    entries.filter(({ kind }) => kind === 'tools'),
    ({ name }) => name,
  );
  return report.tools.map((tool) => toolView(tool, known.definition.tools, withheld.get(tool.name) ?? []));
}

function toolView(tool: ToolReport, filter: ToolFilter, withheld: readonly WithheldEntry[]): ToolData {
  const { name, title = null, description = null, definition, killed } = tool;
  const filtered = filterFault(filter, name);
  const everywhere = [
    ...(killed ? [{ reason: 'killed' as const, why: 'the kill switch', endpoint: null }] : []),
    ...(filtered === undefined ? [] : [{ reason: 'filtered' as const, why: filtered, endpoint: null }]),
  ];
  const somewhere = withheld
    .filter(({ reason }) => everywhere.every((known) => known.reason !== reason))
    .map(({ reason, why, endpoint }) => ({ reason, why, endpoint: endpoint || 'default' }));
  const kept = { offered: everywhere.length === 0, keptBack: [...everywhere, ...somewhere] };
  return { name, title, description, definition: { ...definition }, ...kept };
}

/** What of the server's own filter keeps it back. */
function filterFault({ allow, block }: ToolFilter, name: string): string | undefined {
  const blocked = matchIn(block, name);
  if (blocked !== undefined) return `tools.block: ${blocked}`;
  return allow !== undefined && matchIn(allow, name) === undefined ? 'tools.allow' : undefined;
}

const SAY = {
  refresh: 'Has the lists of a server read anew, and says how it is then.',
  restart: 'Ends the connections or the process of a server and begins anew. Calls under way are lost.',
} as const;

/** Longer than this nobody waits for it; it goes on. */
const WAIT_MS_MAX = 10_000;

function againRoute(parts: AdminParts, what: 'refresh' | 'restart'): AdminRoute {
  return adminRoute({
    id: `${what}Server`,
    method: 'POST',
    path: `/api/v1/servers/{id}/${what}`,
    tag: 'servers',
    say: SAY[what],
    more: 'After ten seconds the answer is how it is by then.',
    gate: 'own',
    params: BY_ID,
    data: stateData,
    errors: ['not_found'],
    example: { params: { id: '{server}' } },
    answer: async ({ actor, params: { id } }) => {
      const { server } = await ownServer(parts, actor, id);
      const about = { kind: 'servers', targetId: id, targetName: server.name, before: null, after: null } as const;
      const audit = [{ action: `server.${what}`, outcome: 'done', reason: '', ...about } as const];
      await parts.store.write(actor, { changes: [], touched: [], audit });
      if (parts.publisher.servers().get(server.key)?.id === id)
        await atMost(parts.operator[what](server.key), WAIT_MS_MAX);
      return { data: stateView(actor, server, serversNow(parts, actor)(server)) };
    },
  });
}

async function atMost(done: Promise<unknown> | undefined, ms: number): Promise<void> {
  const patience = Promise.withResolvers<void>();
  const timer = setTimeout(patience.resolve, ms);
  await Promise.race([done, patience.promise]).finally(() => clearTimeout(timer));
}
