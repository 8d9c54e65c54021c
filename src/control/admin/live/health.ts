/*
 * How the control plane is: its store, the age of what the data plane goes by, what of the file and of the store does not hold,
 * and what could not be written down. Calls go on whatever this says.
 *
 * Words that name places of the host, and what other organisations have, are for a system_admin.
 */
import { z } from 'zod';
import type { Actor } from '../../actor.ts';
import type { Unpublished } from '../../publish/publisher.ts';
import { rfc3339, TIME } from '../kit/object.ts';
import type { AdminParts } from '../parts.ts';
import { type AdminRoute, adminRoute } from '../route.ts';

export function healthRoutes(parts: AdminParts): readonly AdminRoute[] {
  return [getHealth(parts)];
}

const data = z.object({
  status: z.enum(['healthy', 'degraded']).describe('`degraded`: something of what follows is not as it should be.'),
  now: TIME,
  versions: z.object({ gateway: z.string(), node: z.string().describe('Of the runtime.') }),
  instance: z.string(),
  store: z.object({
    kind: z.enum(['sqlite', 'postgres']),
    state: z.enum(['ready', 'failing']).describe('`failing`: writes are refused, calls go on by the last snapshot.'),
    since: TIME.nullable(),
    reason: z.string().nullable().describe('For a system_admin.'),
  }),
  snapshot: z.object({
    version: z.int(),
    readAt: TIME.describe('When the store was last read without a fault.'),
    ageMs: z.int(),
  }),
  file: z.object({
    faults: z.int().describe('Of the file as it is now; the gateway goes by what it was before.'),
    lines: z.array(z.string()).describe('They are told a system_admin.'),
  }),
  unpublished: z
    .array(z.object({ kind: z.string(), id: z.string(), name: z.string(), why: z.string() }))
    .describe('Stored objects of the organisation that do not hold, and why. For who manages it.'),
  servers: z.record(z.string(), z.int()).describe('Of the organisation, by state.'),
  written: z
    .object({ waiting: z.int(), lost: z.int().describe('Events that could not be written down since the start.') })
    .nullable(),
});
type Health = z.infer<typeof data>;

function getHealth(parts: AdminParts): AdminRoute {
  return adminRoute({
    ...{ id: 'getHealth', method: 'GET', path: '/api/v1/health', tag: 'health', gate: 'read' },
    say: 'How the control plane is.',
    more: 'What strangers are told is at `/health`: counts and no names.',
    data,
    example: {},
    answer: ({ actor }) => ({ data: healthOf(parts, actor) }),
  });
}

function healthOf(parts: AdminParts, actor: Actor): Health {
  const { publisher, operator, now } = parts;
  const { version, instance, faults } = operator.about();
  const isSystem = actor.rights.has('system');
  const [store, written] = [storeOf(parts, isSystem), parts.written?.() ?? null];
  const unpublished = publisher.unpublished();
  const readAtMs = publisher.readAtMs();
  const isWell = store.state === 'ready' && faults.length + unpublished.length + (written?.lost ?? 0) === 0;
  return {
    status: isWell ? 'healthy' : 'degraded',
    ...{ now: rfc3339(now()), versions: { gateway: version, node: process.versions.node }, instance, store },
    snapshot: {
      version: publisher.snapshot().version,
      ...{ readAt: rfc3339(readAtMs), ageMs: Math.max(0, now() - readAtMs) },
    },
    file: { faults: faults.length, lines: isSystem ? [...faults] : [] },
    unpublished: actor.rights.has('manage') ? toldOf(unpublished, actor) : [],
    servers: statesOf(parts, actor),
    written,
  };
}

function storeOf({ store }: AdminParts, isSystem: boolean): Health['store'] {
  const status = store.status();
  if (status.state === 'ready') return { kind: store.kind, state: 'ready', since: null, reason: null };
  return {
    kind: store.kind,
    state: 'failing',
    since: rfc3339(status.sinceMs),
    reason: isSystem ? status.reason : null,
  };
}

function toldOf(all: readonly Unpublished[], { organisation }: Actor): Health['unpublished'] {
  const own = all.filter((each) => each.organisation === organisation);
  return own.map(({ kind, id, name, why }) => ({ kind, id, name, why }));
}

function statesOf({ operator }: AdminParts, { organisation }: Actor): Health['servers'] {
  const states = Map.groupBy(operator.upstreams({ organisation }), ({ state }) => state);
  return Object.fromEntries([...states].map(([state, each]) => [state, each.length]));
}
