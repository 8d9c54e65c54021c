/*
 * What runs now: sessions and streams that clients have open, servers as they are, and how many of each. Of the organisation
 * alone; addresses and reasons are for those who manage it.
 */
import { z } from 'zod';
import { AdminError } from '../../../model/admin-errors.ts';
import { SERVER_STATES } from '../../../model/catalogue.ts';
import type { SessionReport, UpstreamReport } from '../../../model/live.ts';
import type { Actor } from '../../actor.ts';
import { listData, listed, listQuery, pageAsked, placeOf } from '../kit/list.ts';
import { BY_ID, rfc3339, TIME } from '../kit/object.ts';
import type { AdminParts } from '../parts.ts';
import { type AdminRoute, adminRoute } from '../route.ts';

export function liveRoutes(parts: AdminParts): readonly AdminRoute[] {
  return [listSessions(parts), endSession(parts), listUpstreams(parts), liveCounts(parts)];
}

const OF = { tag: 'live', gate: 'manage' } as const;
/** As many as the data plane tells at once. */
const SESSIONS_MAX = 1_000;

const session = z.object({
  id: z.string().describe('A name for operators; the client’s own id of its session is told to nobody.'),
  kind: z.enum(['session', 'stream']).describe('Newer clients have no session; a stream is what they listen on.'),
  ...{ principal: z.string(), user: z.string().nullable(), organisation: z.string() },
  endpoint: z.string().describe('`default` is /mcp.'),
  ...{ door: z.string(), revision: z.string() },
  client: z
    .object({ name: z.string(), version: z.string() })
    .nullable()
    .describe('What the client says it is; never to be trusted.'),
  ...{ openedAt: TIME, usedAt: TIME, streams: z.int(), callsInFlight: z.int() },
});

function toldSession({
  openedAtMs,
  usedAtMs,
  client,
  user,
  endpoint,
  ...rest
}: SessionReport): z.infer<typeof session> {
  return {
    ...{ ...rest, user: user ?? null, endpoint: endpoint || 'default', client: client ?? null },
    ...{ openedAt: rfc3339(openedAtMs), usedAt: rfc3339(usedAtMs) },
  };
}

const SESSION_SORTS = { openedAt: 'openedAtMs', usedAt: 'usedAtMs' } as const;

function listSessions({ operator }: AdminParts): AdminRoute {
  return adminRoute({
    ...{ ...OF, id: 'listLiveSessions', method: 'GET', path: '/api/v1/live/sessions' },
    say: 'What clients have open.',
    more: `The newest first. No more than the newest ${SESSIONS_MAX} are told; \`GET /api/v1/live\` counts all of them.`,
    query: listQuery(SESSION_SORTS, {
      principal: z.string().max(1_300).optional(),
      endpoint: z.string().max(64).optional(),
    }),
    data: listData(session),
    example: { query: { principal: 'user:{username}' } },
    answer: ({ actor, query }) => {
      const page = pageAsked({ ...query, sort: query.sort ?? '-openedAt' }, SESSION_SORTS);
      const { organisation } = actor;
      const endpoint = query.endpoint === 'default' ? '' : query.endpoint;
      const { sessions } = operator.sessions({
        organisation,
        principal: query.principal,
        endpoint,
        limit: SESSIONS_MAX,
      });
      return { data: listed({ ...page, stored: [], ofFile: sessions }, placeOf(page), toldSession) };
    },
  });
}

function endSession({ operator, store }: AdminParts): AdminRoute {
  return adminRoute({
    ...{ ...OF, id: 'endLiveSession', method: 'DELETE', path: '/api/v1/live/sessions/{id}' },
    say: 'Ends a session or a stream. Its client may open another one; the kill switch keeps it from that.',
    params: BY_ID,
    data: z.object({}),
    errors: ['not_found'],
    example: { params: { id: '{liveSession}' } },
    answer: async ({ actor, params: { id } }) => {
      const { organisation } = actor;
      const [found] = operator
        .sessions({ organisation, limit: SESSIONS_MAX })
        .sessions.filter((each) => each.id === id);
      const write = () => store.write(actor, { changes: [], touched: [], audit: [endAudit(id, found)] });
      // Written first, where it is known to be there: what cannot be written down is not done.
      if (found) await write();
      if (!operator.endSession(id, { organisation })) throw new AdminError('not_found');
      if (!found) await write();
      return { data: {} };
    },
  });
}

function endAudit(id: string, found: SessionReport | undefined) {
  const before = found && { kind: found.kind, principal: found.principal, endpoint: found.endpoint || 'default' };
  const about = { kind: 'live_sessions', targetId: id, targetName: found?.principal ?? '' };
  return { action: 'live_session.end', outcome: 'done', reason: '', ...about, before, after: undefined };
}

const STATES = [...SERVER_STATES, 'disabled', 'maintenance'] as const;
const counts = z.object({ tools: z.int(), prompts: z.int(), resources: z.int(), templates: z.int() });
const upstream = z.object({
  ...{ server: z.string(), organisation: z.string(), owner: z.string().nullable() },
  transport: z.enum(['stdio', 'http', 'sse']),
  state: z.enum(STATES),
  reason: z.string().describe('Why it is not `ready`.'),
  since: TIME.describe('Since when the server itself is so.'),
  revision: z.string().nullable(),
  ...{ callsInFlight: z.int(), conversations: z.int(), processes: z.int(), counts },
});

function toldUpstream({ sinceMs, owner, revision, counts: has, ...rest }: UpstreamReport): z.infer<typeof upstream> {
  return { ...rest, owner: owner ?? null, revision: revision ?? null, since: rfc3339(sinceMs), counts: { ...has } };
}

const UPSTREAM_SORTS = { server: 'server' } as const;

function listUpstreams({ operator }: AdminParts): AdminRoute {
  return adminRoute({
    ...{ ...OF, id: 'listLiveUpstreams', method: 'GET', path: '/api/v1/live/upstreams' },
    say: 'The servers as they are now: state and why, conversations, processes, calls in flight.',
    query: listQuery(UPSTREAM_SORTS, { state: z.enum(STATES).optional() }),
    data: listData(upstream),
    example: { query: { state: 'ready' } },
    answer: ({ actor, query }) => {
      const page = pageAsked(query, UPSTREAM_SORTS);
      const all = ofActor(operator, actor).filter(({ state }) => query.state === undefined || state === query.state);
      const rows = all.map((each) => ({ ...each, id: each.server }));
      return {
        data: listed({ ...page, stored: [], ofFile: rows }, placeOf(page), ({ id: _, ...each }) => toldUpstream(each)),
      };
    },
  });
}

function ofActor({ upstreams }: AdminParts['operator'], { organisation }: Actor): readonly UpstreamReport[] {
  return upstreams({ organisation });
}

function liveCounts({ operator }: AdminParts): AdminRoute {
  return adminRoute({
    ...{ ...OF, id: 'getLiveCounts', method: 'GET', path: '/api/v1/live' },
    say: 'How much runs now.',
    data: z.object({
      sessions: z.int().describe('Sessions and streams that clients have open.'),
      callsInFlight: z.int(),
      conversations: z.int().describe('With servers.'),
      processes: z.int(),
      servers: z.record(z.string(), z.int()).describe('By state.'),
    }),
    example: {},
    answer: ({ actor }) => {
      const { total } = operator.sessions({ organisation: actor.organisation, limit: 1 });
      const all = ofActor(operator, actor);
      const sum = (of: (each: UpstreamReport) => number) => all.reduce((so, each) => so + of(each), 0);
      const states = Map.groupBy(all, ({ state }) => state);
      const servers = Object.fromEntries([...states].map(([state, each]) => [state, each.length]));
      return {
        data: {
          ...{ sessions: total, servers, callsInFlight: sum((each) => each.callsInFlight) },
          ...{ conversations: sum((each) => each.conversations), processes: sum((each) => each.processes) },
        },
      };
    },
  });
}
