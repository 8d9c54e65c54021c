/*
 * Which refusals of the admin API the audit keeps: those that say something about who asked. A field that is wrong, an object
 * that is not there or was changed meanwhile are everyday.
 */
import type { AdminErrorName } from '../../model/admin-errors.ts';
import type { Actor } from '../actor.ts';
import type { RefusedAct } from '../admin/app.ts';
import type { Denial } from './denials.ts';

const DENIED: ReadonlySet<AdminErrorName> = new Set([
  ...(['not_authenticated', 'login_failed', 'forbidden', 'limited'] as const),
  ...(['command_refused', 'address_refused'] as const),
]);
/** It might have had an effect. */
const FAILED: ReadonlySet<AdminErrorName> = new Set(['internal', 'unavailable']);

/** What the admin API hands its refusals to. */
export function keepsRefused(add: (actor: Actor, denial: Denial) => void): (refused: RefusedAct) => void {
  return (refused) => {
    const denial = denialOf(refused);
    if (denial) add(refused.actor, denial);
  };
}

export function denialOf({ route, params, error }: RefusedAct): Denial | undefined {
  const failed = FAILED.has(error.kind) && route.method !== 'GET';
  if (!failed && !DENIED.has(error.kind)) return undefined;
  return {
    action: actionOf(route.id),
    outcome: failed ? 'failed' : 'denied',
    kind: route.tag,
    targetId: idIn(params),
    ...(error.about === undefined ? {} : { targetName: error.about }),
    reason: [error.kind, ...error.faults.map(({ field, say }) => `${field}: ${say}`)].join('; '),
  };
}

/** `createServer` is `server.create`, as the audit calls what was done. */
function actionOf(routeId: string): string {
  const [, verb, thing] = /^([a-z]+)([A-Z].*)$/.exec(routeId) ?? [];
  return verb === undefined || thing === undefined
    ? routeId
    : `${thing.charAt(0).toLowerCase()}${thing.slice(1)}.${verb}`;
}

function idIn(params: unknown): string {
  const id = typeof params === 'object' && params !== null && 'id' in params ? params.id : '';
  return typeof id === 'string' ? id : '';
}
