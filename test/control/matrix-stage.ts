/*
 * The stage of the matrix: a real gateway, a login that is over, and what the examples of operations speak of, in `acme`.
 */
import { hashPassword } from '../../src/control/admin/people/passwords.ts';
import type { AdminRoute } from '../../src/control/admin/route.ts';
import { adminRoutes } from '../../src/control/admin/routes.ts';
import { forwardTokens } from '../../src/control/store/queries/objects.ts';
import { defaultLimits } from '../../src/model/limits.ts';
import { seederIn } from '../rig/desk-people.ts';
import { legacyClient } from '../rig/raw-client.ts';
import { ISSUER, PASSWORD, person, type Scene, uniqueName } from './cast.ts';
import { requestOf } from './examples.ts';
import type { About, MatrixStage } from './matrix.ts';
import { type ControlStage, loginsOver, openControlStage, seedServer } from './stage.ts';

const CONFIG = {
  auth: { issuers: [{ issuer: ISSUER, jwksUri: `${ISSUER}/keys`, audiences: ['gatewright'] }] },
  limits: { failedAuthenticationsMax: 100_000, denialRowsMax: 100_000, denialRowsPerSourceMax: 100_000 },
};

const ADMIN = { organisation: 'acme', roles: ['admin'] };
const LATE_MS = 60_000;

export async function openMatrixStage(): Promise<MatrixStage & { close(): Promise<void> }> {
  const stage = await openControlStage({ config: CONFIG });
  const now = Date.now;
  const scene: Scene = { store: stage.store, logins: stage.logins, now, passwordHash: await hashPassword(PASSWORD) };
  const before = () => now() - defaultLimits().accessTokenMs - LATE_MS;
  const { token: expired } = await person({ ...scene, now: before, logins: loginsOver(stage, before) }, ADMIN);
  // Nobody asks these routes anything; only what they are is looked at.
  const routes = adminRoutes({} as Parameters<typeof adminRoutes>[0]);
  return { ...stage, scene, routes, regulars: new Map(), expired, things: thingsOn(stage, routes) };
}

/** What placeholders stand for that are of no people. */
function thingsOn(stage: ControlStage, routes: readonly AdminRoute[]): MatrixStage['things'] {
  return {
    server: ({ route }) =>
      route.method === 'GET' || UNCHANGING.has(route.id)
        ? Promise.resolve(stage.server)
        : seedServer(stage.store, stage.upstream.url, { name: uniqueName(), atMs: Date.now() }),
    serverTool: async () => TOOL,
    killedTool: async () => {
      await stage.ask('ada', `PUT /api/v1/kill/tool/${TOOL}`, { body: { reason: 'To be taken back.' } });
      return TOOL;
    },
    upstream: async () => stage.upstream.url,
    liveSession: () => liveSession(stage),
    policy: (about) => madeBy(stage, routes, { ...about, operation: 'createPolicy' }),
    endpoint: (about) => madeBy(stage, routes, { ...about, operation: 'createEndpoint' }),
    forwardToken: (about) => forwardToken(stage, about),
    limitRule: (about) => madeBy(stage, routes, { ...about, operation: 'createLimitRule' }),
  };
}

/** What they speak of must be served already, and stays as it is. */
const UNCHANGING: ReadonlySet<string> = new Set(['testServer']);

const TOOL = 'acme--shared.test_simple_text';

/** Of whoever asks, where they are of acme. */
async function forwardToken(stage: ControlStage, { actor }: About): Promise<string> {
  const userId = actor.organisation === ADMIN.organisation ? actor.userId : stage.userIds.uma;
  const seeder = seederIn(ADMIN.organisation);
  const name = uniqueName();
  const kept = { description: name, sha256: name.padStart(64, '0'), prefix: 'gwf_0000' };
  const values = { ...kept, serverId: stage.server, userId, expiresAtMs: null, lastUsedAtMs: null };
  const row = forwardTokens.fresh(seeder, values, Date.now());
  const touched = [{ kind: 'forwardTokens', id: row.id, organisation: ADMIN.organisation }] as const;
  await stage.store.write(seeder, { changes: [forwardTokens.insert(seeder, row)], touched, audit: [] });
  return row.id;
}

/** A session of an MCP client in acme. */
async function liveSession(stage: ControlStage): Promise<string> {
  const headers = { authorization: `Bearer ${stage.tokens['uma-write']}` };
  const client = legacyClient(`${stage.url}/mcp`, '2025-11-25', { headers });
  await client.initialize();
  const { data } = await stage.ask<{ readonly items: readonly { readonly id: string }[] }>(
    'ada',
    'GET /api/v1/live/sessions',
  );
  return data.items[0]?.id ?? '';
}

/** By the example of an operation, under a name of its own. */
async function madeBy(
  stage: ControlStage,
  routes: readonly AdminRoute[],
  { operation }: About & { readonly operation: string },
): Promise<string> {
  const route = routes.find(({ id }) => id === operation);
  if (!route) throw new Error(`there is no ${operation}`);
  const { what, body } = await requestOf(route, async (name) => `{${name}}`);
  const told = await stage.ask('ada', what, { body: { ...(body as object), name: uniqueName() } });
  if (told.status !== 201) throw new Error(`${operation}: ${told.text}`);
  return told.data.id ?? '';
}
