/*
 * Servers are switched off and on while the gateway runs, those of the file as those stored: what the overlay says of them.
 * It is no part of their definition, so it changes no version and asks for none.
 */
import { z } from 'zod';
import { line } from '../../../config/fields.ts';
import { AdminError } from '../../../model/admin-errors.ts';
import type { ServerSwitch } from '../../../model/overlay.ts';
import type { Actor } from '../../actor.ts';
import { overlay } from '../../store/queries/objects.ts';
import type { Change, Write } from '../../store/store.ts';
import type { OverlayRow } from '../../store/tables.ts';
import { BY_ID } from '../kit/object.ts';
import type { AdminParts } from '../parts.ts';
import { type AdminRoute, adminRoute } from '../route.ts';
import { shownServer } from './server-list.ts';
import { ownServer } from './server-records.ts';
import { type KnownServer, serverData } from './server-view.ts';

const reason = () => line(500).optional().describe('Shown to operators, and to callers in maintenance.');

const of = { tag: 'servers', method: 'POST', gate: 'own', params: BY_ID, data: serverData } as const;

export function serverSwitchRoutes(parts: AdminParts): readonly AdminRoute[] {
  return [enableRoute(parts), disableRoute(parts), maintenanceRoute(parts)];
}

function enableRoute(parts: AdminParts): AdminRoute {
  return adminRoute({
    ...of,
    id: 'enableServer',
    path: '/api/v1/servers/{id}/enable',
    say: 'Takes back that it was disabled.',
    errors: ['not_found', 'conflict'],
    example: { params: { id: '{server}' } },
    answer: async ({ actor, params: { id } }) => switched(parts, actor, id, { ends: 'disabled' }),
  });
}

function disableRoute(parts: AdminParts): AdminRoute {
  return adminRoute({
    ...of,
    id: 'disableServer',
    path: '/api/v1/servers/{id}/disable',
    say: 'As if it were not there, from now on; its entries leave open lists at once.',
    more: 'Its owner may take that back; what they may not take back is the kill switch.',
    body: z.strictObject({ reason: reason() }).optional(),
    errors: ['not_found', 'conflict'],
    example: { params: { id: '{server}' }, body: { reason: 'Moves to another house.' } },
    answer: async ({ actor, params: { id }, body }) =>
      switched(parts, actor, id, { state: 'disabled', reason: body?.reason ?? '' }),
  });
}

function maintenanceRoute(parts: AdminParts): AdminRoute {
  return adminRoute({
    ...of,
    id: 'maintainServer',
    path: '/api/v1/servers/{id}/maintenance',
    say: 'Begins or ends maintenance: it is there and says so, and its calls are refused for now.',
    body: z.strictObject({ on: z.boolean(), reason: reason() }),
    errors: ['not_found', 'conflict'],
    example: { params: { id: '{server}' }, body: { on: true, reason: 'Back at six.' } },
    answer: async ({ actor, params: { id }, body: { on, reason: why = '' } }) =>
      switched(parts, actor, id, on ? { state: 'maintenance', reason: why } : { ends: 'maintenance' }),
  });
}

type Wish = { readonly state: ServerSwitch; readonly reason: string } | { readonly ends: ServerSwitch };

async function switched(parts: AdminParts, actor: Actor, id: string, wish: Wish) {
  const { server } = await ownServer(parts, actor, id);
  const [row] = await parts.store.read(overlay.having(actor, { kind: 'server', target: server.key }));
  if (row?.state === 'killed')
    throw new AdminError('conflict', { say: 'The kill switch holds it; take that back first.' });
  const change = changeFor(parts, actor, server.key, { row, wish });
  if (change) {
    await parts.store.write(actor, writeOf(actor, server, change, { row, wish })).catch(orAgain);
    await parts.publisher.settled();
  }
  return shownServer(parts, actor, id);
}

/** Somebody else switched the same server at this moment. */
function orAgain(error: unknown): never {
  const isRace = error instanceof AdminError && ['conflict', 'not_found'].includes(error.kind);
  throw isRace ? new AdminError('changed_meanwhile', { cause: error }) : error;
}

interface Switching {
  readonly row: OverlayRow | undefined;
  readonly wish: Wish;
}

interface Switched {
  readonly id: string;
  readonly change: Change;
}

/** Undefined when it is so already. */
function changeFor(
  { now }: Pick<AdminParts, 'now'>,
  actor: Actor,
  target: string,
  { row, wish }: Switching,
): Switched | undefined {
  if ('ends' in wish) {
    if (row?.state !== wish.ends) return undefined;
    return { id: row.id, change: overlay.remove(actor, { id: row.id, version: row.version }) };
  }
  const { state, reason: why } = wish;
  if (row?.state === state && row.reason === why) return undefined;
  if (row) {
    const set = { state, reason: why };
    return { id: row.id, change: overlay.update(actor, { id: row.id, version: row.version, set, atMs: now() }) };
  }
  const fresh = overlay.fresh(actor, { kind: 'server', target, state, reason: why }, now());
  return { id: fresh.id, change: overlay.insert(actor, fresh) };
}

const ACTIONS = { disabled: 'disable', maintenance: 'maintain' } as const;

function writeOf(actor: Actor, { head, name }: KnownServer, { id, change }: Switched, { row, wish }: Switching): Write {
  const action = 'state' in wish ? ACTIONS[wish.state] : wish.ends === 'disabled' ? 'enable' : 'endMaintenance';
  const before = row ? { state: row.state, reason: row.reason } : null;
  const after = 'state' in wish ? { ...wish } : null;
  const about = { kind: 'servers', targetId: head.id, targetName: name, before, after } as const;
  return {
    changes: [change],
    touched: [{ kind: 'overlay', id, organisation: actor.organisation }],
    audit: [{ action: `server.${action}`, outcome: 'done', reason: '', ...about }],
  };
}
