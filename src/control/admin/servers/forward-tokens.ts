/*
 * Forward tokens: each opens the raw way to one server, for programs that speak HTTP and not MCP. Shown once; kept as a hash.
 *
 * Only who may change a server makes one for it, for it goes around tools and policies. It is its maker's: to everybody else
 * but who manages the organisation it is not there, to read, to replace or to delete (threat T25).
 */
import { createHash, randomBytes } from 'node:crypto';
import { z } from 'zod';
import { line } from '../../../config/fields.ts';
import { instant } from '../../../config/fields-auth.ts';
import { AdminError } from '../../../model/admin-errors.ts';
import type { Actor } from '../../actor.ts';
import { forwardTokens } from '../../store/queries/objects.ts';
import { countForwardTokens } from '../../store/queries/servers.ts';
import type { Change } from '../../store/store.ts';
import type { ForwardTokenRow } from '../../store/tables.ts';
import { listData, listed, listQuery, pageAsked, placeOf } from '../kit/list.ts';
import { BY_ID, headOf, objectData, rfc3339, TIME } from '../kit/object.ts';
import type { AdminParts } from '../parts.ts';
import { type AdminRoute, adminRoute } from '../route.ts';
import { refuseOver } from './server-checks.ts';
import { seenServer, storedServer } from './server-records.ts';
import { manages } from './server-rights.ts';

const tokenData = objectData({
  server: z.string().describe('The id of the server that it opens.'),
  user: z.string().describe('The id of the user whose it is.'),
  description: z.string(),
  prefix: z.string().describe('Its first letters, to tell it from others.'),
  expiresAt: TIME.nullable().describe('Null: it does not.'),
  lastUsedAt: TIME.nullable(),
});
const withToken = tokenData.extend({ token: z.string().describe('The token itself, shown this once.') });

const createToken = z.strictObject({
  description: line(256).describe('What it is for.'),
  expiresAt: instant().optional().describe('When it ends; without it, it does not.'),
});
type CreateToken = z.infer<typeof createToken>;

const SORTS = { createdAt: 'createdAtMs', updatedAt: 'updatedAtMs' } as const;
const LATER = 'The door that takes it, `/proxy/*`, comes with a later version; until then a token opens nothing.';
const OF_SERVER = '/api/v1/servers/{id}/tokens';
const ONE = '/api/v1/forward-tokens/{id}';
const of = { tag: 'forward tokens' } as const;

export function forwardTokenRoutes(parts: AdminParts): readonly AdminRoute[] {
  return [createRoute(parts), listRoute(parts), readRoute(parts), replaceRoute(parts), deleteRoute(parts)];
}

function createRoute(parts: AdminParts): AdminRoute {
  return adminRoute({
    ...of,
    ...{ id: 'createForwardToken', method: 'POST', path: OF_SERVER, gate: 'own', credentials: true, status: 201 },
    say: 'Makes a token that opens one server.',
    more: `${LATER} Whoever may change the server makes one.`,
    params: BY_ID,
    body: createToken,
    data: withToken,
    errors: ['not_found', 'read_only', 'limited'],
    example: { params: { id: '{server}' }, body: { description: 'The old importer' } },
    answer: async ({ actor, params: { id }, body }) => ({ data: await made(parts, actor, id, body), version: 1 }),
  });
}

async function made(parts: AdminParts, actor: Actor, serverId: string, { description, expiresAt }: CreateToken) {
  const userId = userOf(actor);
  await storedServer(parts, actor, serverId);
  const expiresAtMs = expiresAt === undefined ? null : Date.parse(expiresAt);
  if (expiresAtMs !== null && expiresAtMs <= parts.now())
    throw new AdminError('parameter_wrong', { faults: [{ field: 'body.expiresAt', say: 'Must be in the future.' }] });
  const [there] = await parts.store.read(countForwardTokens(actor, userId));
  refuseOver(parts, 'forwardTokensPerUserMax', there?.count ?? 0);
  const { token, ...kept } = newToken();
  const values = { serverId, userId, description, ...kept, expiresAtMs, lastUsedAtMs: null };
  const row = forwardTokens.fresh(actor, values, parts.now());
  await write(parts, actor, 'create', { row, change: forwardTokens.insert(actor, row) });
  return { ...view(row), token };
}

function listRoute(parts: AdminParts): AdminRoute {
  return adminRoute({
    ...of,
    ...{ id: 'listForwardTokens', method: 'GET', path: OF_SERVER, gate: 'own', params: BY_ID },
    say: 'Your tokens of a server; all of them for who manages the organisation. Never the token itself.',
    query: listQuery(SORTS, {}),
    data: listData(tokenData),
    errors: ['not_found'],
    example: { params: { id: '{server}' } },
    answer: async ({ actor, params: { id }, query }) => {
      await seenServer(parts, actor, id);
      const page = pageAsked(query, SORTS);
      const equal = { serverId: id, ...(manages(actor) ? {} : { userId: userOf(actor) }) };
      const stored = await parts.store.read(forwardTokens.list(actor, { ...page, equal }));
      return { data: listed({ ...page, stored }, placeOf(page), view) };
    },
  });
}

function readRoute(parts: AdminParts): AdminRoute {
  return adminRoute({
    ...of,
    ...{ id: 'readForwardToken', method: 'GET', path: ONE, gate: 'own', params: BY_ID, data: tokenData },
    say: 'One token, without the token itself.',
    errors: ['not_found'],
    example: { params: { id: '{forwardToken}' } },
    answer: async ({ actor, params: { id } }) => {
      const row = await ownToken(parts, actor, id);
      return { data: view(row), version: row.version };
    },
  });
}

function replaceRoute(parts: AdminParts): AdminRoute {
  return adminRoute({
    ...of,
    ...{ id: 'replaceForwardToken', method: 'POST', path: `${ONE}/replace`, gate: 'own', credentials: true },
    say: 'Puts another token in its place; the one before opens nothing any more.',
    more: LATER,
    ...{ ifMatch: true, params: BY_ID, data: withToken, errors: ['not_found'] },
    example: { params: { id: '{forwardToken}' } },
    answer: async ({ actor, params: { id }, ifMatch }) => {
      const row = await ownToken(parts, actor, id);
      const { token, ...set } = newToken();
      const change = forwardTokens.update(actor, { id, version: ifMatch, set, atMs: parts.now() });
      await write(parts, actor, 'replace', { row, change });
      const now = await ownToken(parts, actor, id);
      return { data: { ...view(now), token }, version: now.version };
    },
  });
}

function deleteRoute(parts: AdminParts): AdminRoute {
  return adminRoute({
    ...of,
    ...{ id: 'deleteForwardToken', method: 'DELETE', path: ONE, gate: 'own', credentials: true, ifMatch: true },
    say: 'Deletes a token; it opens nothing any more.',
    params: BY_ID,
    data: z.object({}),
    errors: ['not_found'],
    example: { params: { id: '{forwardToken}' } },
    answer: async ({ actor, params: { id }, ifMatch }) => {
      const row = await ownToken(parts, actor, id);
      await write(parts, actor, 'delete', { row, change: forwardTokens.remove(actor, { id, version: ifMatch }) });
      return { data: {} };
    },
  });
}

/** Another's is not there. */
async function ownToken({ store }: AdminParts, actor: Actor, id: string): Promise<ForwardTokenRow> {
  const [row] = await store.read(forwardTokens.get(actor, id));
  if (row === undefined || !(manages(actor) || row.userId === userOf(actor))) throw new AdminError('not_found');
  return row;
}

function userOf({ userId }: Actor): string {
  if (userId === undefined) throw new AdminError('forbidden', { say: 'Who owns something needs a user.' });
  return userId;
}

const TOKEN_BYTES = 32;
const PREFIX_LENGTH = 8;

/** 256 random bits need no slow hash: nobody tries them one by one. */
function newToken(): Pick<ForwardTokenRow, 'sha256' | 'prefix'> & { readonly token: string } {
  const token = `gwf_${randomBytes(TOKEN_BYTES).toString('base64url')}`;
  const sha256 = createHash('sha256').update(token).digest('hex');
  return { token, sha256, prefix: token.slice(0, PREFIX_LENGTH) };
}

interface Written {
  readonly row: ForwardTokenRow;
  readonly change: Change;
}

async function write(parts: AdminParts, actor: Actor, verb: string, { row, change }: Written): Promise<void> {
  const { id, serverId, description, prefix, expiresAtMs } = row;
  const shown = { serverId, description, prefix, expiresAtMs };
  const [before, after] = [verb === 'create' ? null : shown, verb === 'delete' ? null : shown];
  const about = { kind: 'forward tokens', targetId: id, targetName: description, reason: '', before, after };
  const audit = [{ action: `forwardToken.${verb}`, outcome: 'done', ...about } as const];
  const touched = [{ kind: 'forwardTokens', id, organisation: actor.organisation }] as const;
  await parts.store.write(actor, { changes: [change], touched, audit });
}

function view(row: ForwardTokenRow): z.infer<typeof tokenData> {
  const { serverId, userId, description, prefix, expiresAtMs, lastUsedAtMs } = row;
  const times = { expiresAt: rfc3339(expiresAtMs), lastUsedAt: rfc3339(lastUsedAtMs) };
  return { ...headOf(row), server: serverId, user: userId, description, prefix, ...times };
}
