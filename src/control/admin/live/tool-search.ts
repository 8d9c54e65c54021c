/*
 * Search over the tools of all servers. What somebody may not list is not found (threat T13): every hit is asked of the decision
 * that lists ask, for the very principal who searches. Who manages the organisation finds all that its servers have, and why
 * they would not list it themselves.
 */
import { z } from 'zod';
import type { Seen } from '../../../model/rule-questions.ts';
import type { Snapshot } from '../../../model/snapshot.ts';
import type { Actor } from '../../actor.ts';
import { cursorOf, type Position, positionOf } from '../../store/cursor.ts';
import { listData, listQuery, PAGE_DEFAULT } from '../kit/list.ts';
import type { AdminParts } from '../parts.ts';
import { type AdminRoute, adminRoute } from '../route.ts';
import { type Indexed, indexed, MATCHES, type Match, matchOf, type Typed, typed } from './tool-rank.ts';

export function searchRoutes(parts: AdminParts): readonly AdminRoute[] {
  return [searchTools(parts)];
}

const TEXT_MAX = 2_000;

const QUERY = listQuery({}, {})
  .omit({ sort: true })
  .extend({
    q: z.string().max(200).optional().describe('What is looked for. Without it: everything, by name.'),
    server: z.string().max(64).optional().describe('Tools of this one, as the snapshot names it.'),
  });
type Query = z.infer<typeof QUERY>;

const hit = z.object({
  server: z.string(),
  name: z.string().describe('As its server calls it.'),
  ...{ title: z.string().nullable(), description: z.string().nullable().describe(`Its first ${TEXT_MAX} characters.`) },
  match: z
    .enum(MATCHES)
    .describe('What fits, best first: the name, its beginning, words of name or title, the description.'),
  path: z.string().nullable().describe('Of an endpoint at which you may list it. Null where you may not.'),
  withheld: z
    .object({ reason: z.string(), rule: z.string() })
    .nullable()
    .describe('Why you may not list it. For who manages the organisation; others do not find it.'),
});

function searchTools(parts: AdminParts): AdminRoute {
  return adminRoute({
    ...{ id: 'searchTools', method: 'GET', path: '/api/v1/tools', tag: 'tools', gate: 'read' },
    say: 'Tools of all servers, the best fit first.',
    more: 'You find what you may list. Who manages the organisation finds everything that its servers have.',
    query: QUERY,
    data: listData(hit),
    example: { query: { q: 'read file' } },
    answer: async ({ actor, query }) => ({ data: await search(parts, actor, query) }),
  });
}

interface Hit {
  readonly server: string;
  readonly isManaged: boolean;
  readonly found: Indexed;
  readonly match: Match;
  readonly at: Position;
}

const ORDER = { field: 'rank', descending: false } as const;

async function search(parts: AdminParts, actor: Actor, query: Query) {
  const { rules } = parts.operator;
  const sight = await rules.sightOf(actor.id, actor.organisation, actor.address);
  const after = query.cursor === undefined ? undefined : positionOf(ORDER, query.cursor);
  const hits = candidates(parts, actor, query).filter(({ at }) => after === undefined || compared(at, after) > 0);
  const limit = Number(query.limit ?? PAGE_DEFAULT);
  const shown: (Hit & { readonly seen: Seen | undefined })[] = [];
  for (const each of hits.sort((a, b) => compared(a.at, b.at))) {
    const seen = sight?.(each.server, each.found.tool.name);
    if (each.isManaged || (seen && 'endpoint' in seen)) shown.push({ ...each, seen });
    if (shown.length > limit) break;
  }
  const last = shown[limit - 1];
  const next = shown.length > limit && last ? { nextCursor: cursorOf(ORDER, last.at) } : {};
  return { items: shown.slice(0, limit).map(told), ...next };
}

function candidates({ publisher, operator }: AdminParts, actor: Actor, { q = '', server: only }: Query): Hit[] {
  const wanted = typed(q);
  return serversShown(publisher.snapshot(), actor)
    .filter(({ server }) => only === undefined || server === only)
    .flatMap(({ server, isManaged }) => hitsIn(operator.tools(server)?.tools ?? [], wanted, { server, isManaged }));
}

function serversShown({ servers }: Snapshot, { organisation, rights }: Actor) {
  const shown = [...servers.values()].filter(
    (each) => each.organisation === organisation || each.visibility === 'shared',
  );
  return shown.map((each) => ({
    server: each.name,
    isManaged: rights.has('manage') && each.organisation === organisation,
  }));
}

function hitsIn(
  tools: Parameters<typeof indexed>[0],
  wanted: Typed,
  of: { readonly server: string; readonly isManaged: boolean },
): Hit[] {
  return indexed(tools).flatMap((found) => {
    const match = matchOf(found, wanted);
    if (match === undefined) return [];
    const { name } = found.tool;
    return [{ ...of, found, match, at: { value: `${MATCHES.indexOf(match)} ${name}`, id: of.server } }];
  });
}

/** Deterministic: how well it fits, then the name, then the server. */
function compared(a: Position, b: Position): number {
  if (a.value !== b.value) return a.value < b.value ? -1 : 1;
  if (a.id === b.id) return 0;
  return a.id < b.id ? -1 : 1;
}

function told({
  server,
  found: { tool },
  match,
  isManaged,
  seen,
}: Hit & { readonly seen: Seen | undefined }): z.infer<typeof hit> {
  const endpoint = seen && 'endpoint' in seen ? seen.endpoint : undefined;
  return {
    ...{ server, name: tool.name, match },
    ...{ title: tool.title ?? null, description: tool.description?.slice(0, TEXT_MAX) ?? null },
    path: endpoint === undefined ? null : endpoint === '' ? '/mcp' : `/mcp/${endpoint}`,
    withheld: isManaged && seen && 'rule' in seen ? { reason: seen.reason, rule: seen.rule } : null,
  };
}
