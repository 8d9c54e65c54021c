/*
 * What is decided of a request before its body is read: who it is by, what is there under its path, and whether they may.
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AdminError } from '../../model/admin-errors.ts';
import { type Credentials, knownBy } from './credentials.ts';
import { exchangeOf } from './exchange.ts';
import { actorOf, checkGate } from './gate.ts';
import { routesAt } from './paths.ts';
import { ALWAYS } from './response-headers.ts';
import type { AdminRoute } from './route.ts';

/** What stands beside a route in Fastify; nothing for what is not of the table, the reference. */
export interface OwnConfig {
  readonly route?: AdminRoute;
}

export interface AdmitParts {
  readonly routes: readonly AdminRoute[];
  readonly credentials: Credentials;
}

/** Throws why not. What is there and has no route of the table is public. */
export async function admit(parts: AdmitParts, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  reply.headers(ALWAYS);
  const { route } = request.routeOptions.config as OwnConfig;
  if (route === undefined && !request.is404) return;
  const exchange = exchangeOf(request.raw);
  const known = await knownBy(parts.credentials, request.headers.authorization);
  exchange.actor = actorOf(known, exchange.facts);
  if (route === undefined) throw missed(parts.routes, request, { reply, isKnown: known !== undefined });
  checkGate(route, known, exchange.actor);
}

/** A stranger is not told what there is. */
function missed(
  routes: readonly AdminRoute[],
  { raw: { url = '' } }: FastifyRequest,
  { reply, isKnown }: { readonly reply: FastifyReply; readonly isKnown: boolean },
): AdminError {
  const there = routesAt(routes, url.split('?', 1)[0] ?? '');
  if (!isKnown && !there.some(({ gate }) => gate === 'public')) return new AdminError('not_authenticated');
  if (there.length === 0) return new AdminError('not_found');
  reply.header('allow', there.map(({ method }) => method).join(', '));
  return new AdminError('method_refused');
}
