/*
 * From a request that passed the gate to what its route is asked: the organisation it acts in, and all of its input checked at
 * once. A field too many is a fault, and all faults are told.
 */
import type { FastifyRequest } from 'fastify';
import { AdminError } from '../../model/admin-errors.ts';
import { namesCommand } from './commands.ts';
import { versionIn } from './entity-tag.ts';
import { exchangeOf } from './exchange.ts';
import { checkParts } from './faults.ts';
import { actingIn } from './gate.ts';
import type { AdminRoute, Asked } from './route.ts';

export interface AskedParts {
  /** Whether there is one of this name, for who acts in others. */
  readonly knowsOrganisation: (name: string) => Promise<boolean> | boolean;
}

export async function askedOf(
  { knowsOrganisation }: AskedParts,
  route: AdminRoute,
  request: FastifyRequest,
): Promise<Asked<unknown, unknown, unknown>> {
  const exchange = exchangeOf(request.raw);
  const { organisation, ...query } = { ...(request.query as Record<string, unknown>) };
  refuseCommand(route, request.body, query);
  const actor = actingIn(exchange.actor, organisation);
  if (actor !== exchange.actor && !(await knowsOrganisation(actor.organisation))) throw new AdminError('not_found');
  exchange.actor = actor;
  const { values, faults } = checkParts(
    [
      { name: 'path', schema: route.params, value: route.params ? request.params : undefined },
      { name: 'query', schema: route.query, value: query },
      { name: 'body', schema: route.body, value: request.body },
    ],
    exchange.language,
  );
  if (faults.length > 0) throw new AdminError('parameter_wrong', { faults });
  const ifMatch = route.ifMatch ? versionIn(request.headers['if-match']) : undefined;
  return { actor, params: values.path, query: values.query, body: values.body, ifMatch };
}

/** Before anything else is said of the input, whatever it is for (invariant I7). */
function refuseCommand({ carries }: AdminRoute, body: unknown, query: unknown): void {
  const field = namesCommand(body, { carries }) ?? namesCommand(query, { root: 'query' });
  if (field === undefined) return;
  const say = 'Names a program. Write it into the configuration file on the host of the gateway, or give a "url".';
  throw new AdminError('command_refused', { faults: [{ field, say }] });
}
