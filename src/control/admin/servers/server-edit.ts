/*
 * Servers are made, changed and deleted: what was sent is checked as a whole, written once, and answered when calls go by it.
 */
import { z } from 'zod';
import type { Actor } from '../../actor.ts';
import { overlay } from '../../store/queries/objects.ts';
import { BY_ID } from '../kit/object.ts';
import type { AdminParts } from '../parts.ts';
import { type AdminRoute, adminRoute } from '../route.ts';
import { alteration, creation, removal } from './server-changes.ts';
import { checkAddresses, checkGiven, checkName, checkRoom, checkWhole } from './server-checks.ts';
import { blankDraft, draftWith } from './server-draft.ts';
import { originFaults, planHeaders } from './server-headers.ts';
import { type CreateServer, createServer, type PatchServer, patchServer } from './server-input.ts';
import { shownServer } from './server-list.ts';
import { storedServer } from './server-records.ts';
import { checkNotKilled, checkShownAddresses, ownerAtFirst } from './server-rights.ts';
import { serverData } from './server-view.ts';

const ONLY_URL =
  'Over the network only servers with a `url` are taken. A `command`, in whatever shape, is refused with `command_refused` and kept in the audit; no setting lifts that.';

export function serverEditRoutes(parts: AdminParts): readonly AdminRoute[] {
  return [createRoute(parts), updateRoute(parts), deleteRoute(parts)];
}

function createRoute(parts: AdminParts): AdminRoute {
  return adminRoute({
    id: 'createServer',
    method: 'POST',
    path: '/api/v1/servers',
    tag: 'servers',
    say: 'Registers a server that is reached over HTTP.',
    more: `${ONLY_URL} Who does not manage the organisation owns what they register; it is \`private\` unless they say \`public\`.`,
    gate: 'own',
    status: 201,
    body: createServer,
    data: serverData,
    errors: ['address_refused', 'conflict', 'limited'],
    example: {
      body: {
        name: 'weather',
        url: '{upstream}',
        title: 'Weather',
        tags: ['everyday'],
        headers: { Authorization: 'Bearer of-the-weather' },
        tools: { block: ['delete_*'] },
        callTimeoutMs: 30_000,
      },
    },
    answer: async ({ actor, body }) => create(parts, actor, body),
  });
}

async function create(parts: AdminParts, actor: Actor, body: CreateServer) {
  const owner = body.owner === undefined ? ownerAtFirst(actor) : body.owner;
  const draft = draftWith(blankDraft(body.url, owner), body);
  const headers = planHeaders([], body.headers);
  checkWhole(parts, draft, headers.names);
  await checkGiven(parts, actor, draft);
  checkName(parts, actor, body.name);
  await checkAddresses(parts, draft);
  await checkRoom(parts, actor, owner);
  const { id, write } = creation(parts, actor, body.name, { draft, headers });
  await parts.store.write(actor, write);
  await parts.publisher.settled();
  return shownServer(parts, actor, id);
}

function updateRoute(parts: AdminParts): AdminRoute {
  return adminRoute({
    id: 'updateServer',
    method: 'PATCH',
    path: '/api/v1/servers/{id}',
    tag: 'servers',
    say: 'Changes the fields that are sent; null takes one away.',
    more: `${ONLY_URL} A new origin in \`url\` or \`replicas\` needs the header fields with it: those that are stored were given for another one. Names are not changed.`,
    gate: 'own',
    ifMatch: true,
    params: BY_ID,
    body: patchServer,
    data: serverData,
    errors: ['address_refused', 'not_found', 'read_only'],
    example: {
      params: { id: '{server}' },
      body: { title: 'Weather of the world', headers: { 'X-Team': 'maps' }, tools: null },
    },
    answer: async ({ actor, params: { id }, body, ifMatch }) => {
      await update(parts, actor, { id, version: ifMatch }, body);
      return shownServer(parts, actor, id);
    },
  });
}

interface Which {
  readonly id: string;
  readonly version: number | undefined;
}

async function update(parts: AdminParts, actor: Actor, { id, version }: Which, body: PatchServer): Promise<void> {
  const { record, server } = await storedServer(parts, actor, id);
  const before = server.draft;
  const draft = draftWith(before, body);
  const headers = planHeaders(record.headers, body.headers);
  checkWhole(parts, draft, headers.names, originFaults(before, draft, headers));
  checkShownAddresses(actor, draft, before);
  await checkGiven(parts, actor, draft, before);
  await checkAddresses(parts, draft, before);
  await parts.store.write(actor, alteration(parts, actor, record, { draft, headers, version }));
  await parts.publisher.settled();
}

function deleteRoute(parts: AdminParts): AdminRoute {
  return adminRoute({
    id: 'deleteServer',
    method: 'DELETE',
    path: '/api/v1/servers/{id}',
    tag: 'servers',
    say: 'Deletes a stored server, with its header fields and forward tokens. Its calls that are under way may end.',
    gate: 'own',
    ifMatch: true,
    params: BY_ID,
    data: z.object({}),
    errors: ['not_found', 'read_only', 'conflict'],
    example: { params: { id: '{server}' } },
    answer: async ({ actor, params: { id }, ifMatch }) => {
      const { record, server } = await storedServer(parts, actor, id);
      const switched = await parts.store.read(overlay.having(actor, { kind: 'server', target: server.key }));
      checkNotKilled(actor, switched);
      await parts.store.write(actor, removal(actor, record, { version: ifMatch, switched }));
      await parts.publisher.settled();
      return { data: {} };
    },
  });
}
