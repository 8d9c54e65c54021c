/*
 * One route as the OpenAPI document has it. What zod knows (parameters, bodies, data) is turned into JSON Schema by the
 * type provider; this file says the rest, and `openapi.ts` adds what cannot stand in a schema: errors and examples.
 */
import type { FastifySchema } from 'fastify';
import { success } from './envelope.ts';
import type { AdminRoute } from './route.ts';

export function operationOf(route: AdminRoute): FastifySchema {
  const { id, tag, say, more, params, query, body, data, status = 200 } = route;
  return {
    operationId: id,
    summary: say,
    ...(more === undefined ? {} : { description: more }),
    tags: [tag],
    security: securityOf(route),
    ...(params ? { params } : {}),
    ...(query ? { querystring: query } : {}),
    ...(body ? { body } : {}),
    response: { [status]: success(data).describe('Done.') },
  };
}

/** Keys open what is no login and makes no credential. */
function securityOf({ gate, credentials }: AdminRoute): Record<string, string[]>[] {
  if (gate === 'public') return [];
  return gate === 'session' || gate === 'system' || credentials ? [{ session: [] }] : [{ session: [] }, { key: [] }];
}
