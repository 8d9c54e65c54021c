/*
 * Who passes to a route: decided from the credential and the route alone, before the body is read.
 *
 *   nobody 401 ─▶ a password that must be changed 403 ─▶ what keys never may 403 ─▶ rights of the roles 403 ─▶ the organisation
 *
 * Keys make and change no credentials (T29), manage no organisations, and do of the rest what they were made for.
 */
import { AdminError } from '../../model/admin-errors.ts';
import type { RequestFacts } from '../../model/call.ts';
import type { Actor } from '../actor.ts';
import type { Known } from './credentials.ts';
import { rightsOf } from './rights.ts';
import type { AdminRoute } from './route.ts';

export type Gated = Pick<AdminRoute, 'gate' | 'method' | 'credentials'>;
export type Facts = Pick<RequestFacts, 'id' | 'address'>;

/** Whoever it is, with the rights that their roles give. */
export function actorOf(known: Known | undefined, { id: requestId, address }: Facts): Actor {
  const from = { requestId, address };
  if (known === undefined) return { ...NOBODY, ...from };
  const { id, userId, username, organisation, roles, by, sessionId } = known;
  return { id, userId, username, organisation, roles, rights: rightsOf(roles), by, sessionId, ...from };
}

const NOBODY = {
  ...{ id: '', userId: undefined, username: undefined, organisation: 'default', roles: [], by: 'nobody' as const },
  ...{ rights: new Set<never>(), sessionId: undefined },
};

/** Throws why somebody does not pass. */
export function checkGate(route: Gated, known: Known | undefined, actor: Actor): void {
  if (route.gate === 'public') return;
  if (known === undefined) throw new AdminError('not_authenticated');
  if (route.gate === 'session') {
    if (known.by !== 'session') throw new AdminError('forbidden', { say: 'This takes a login, not a key.' });
    return;
  }
  if (known.mustChangePassword) throw new AdminError('forbidden', { say: 'Change the password first.' });
  if (known.by === 'key') checkKey(route, known);
  if (!actor.rights.has(route.gate)) throw new AdminError('forbidden');
}

function checkKey({ gate, method, credentials }: Gated, { api }: Known): void {
  if (credentials) throw new AdminError('forbidden', { say: 'Keys make and change no credentials. Log in for this.' });
  if (gate === 'system') throw new AdminError('forbidden', { say: 'Keys manage no organisations. Log in for this.' });
  const needed = method === 'GET' ? 'read' : 'write';
  if (!api.includes(needed)) throw new AdminError('forbidden', { say: `The key has not "${needed}" in its "api".` });
}

/** Design §5. */
const ORGANISATION = /^(?=.{1,32}$)[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/;

/** The organisation that `?organisation=` names, for who manages all of them. */
export function actingIn(actor: Actor, asked: unknown): Actor {
  if (asked === undefined || asked === actor.organisation) return actor;
  if (!actor.rights.has('system') || actor.by === 'key') {
    throw new AdminError('forbidden', { say: 'Only a system_admin who is logged in names an organisation.' });
  }
  if (typeof asked !== 'string' || !ORGANISATION.test(asked)) {
    throw new AdminError('parameter_wrong', {
      faults: [{ field: 'query.organisation', say: 'Must be the name of an organisation.' }],
    });
  }
  return { ...actor, organisation: asked };
}
