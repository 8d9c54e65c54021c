/*
 * `api/openapi.json`: the admin API's document, from the same routes as a gateway serves, made without one.
 */
import { openAdminApp } from '../../src/control/admin/app.ts';
import { describeRoutes } from '../../src/control/admin/openapi.ts';
import type { AdminParts } from '../../src/control/admin/parts.ts';
import type { AdminRoute } from '../../src/control/admin/route.ts';
import { adminRoutes } from '../../src/control/admin/routes.ts';
import { defaultLimits } from '../../src/model/limits.ts';

/** Nobody asks these routes anything: their parts are there when they are made, and throw when they are used. */
function noParts(): AdminParts {
  const absent = (name: string): unknown =>
    new Proxy(() => undefined, {
      get: (_, member) => (member === 'then' ? undefined : absent(`${name}.${String(member)}`)),
      apply: () => {
        throw new Error(`${name} was used while the routes were made.`);
      },
    });
  return new Proxy({} as AdminParts, { get: (_, member) => absent(String(member)) });
}

export const ROUTES: readonly AdminRoute[] = adminRoutes(noParts());

const app = await openAdminApp({
  routes: ROUTES,
  credentials: { session: () => undefined, key: () => undefined },
  jsonFault: () => undefined,
  knowsOrganisation: () => false,
  limits: defaultLimits,
  onFailure: () => {},
  onLimit: () => {},
  onRefused: () => {},
  beside: describeRoutes,
});

const document: unknown = app.fastify.swagger();
await app.close();

export function adminDocument(): string {
  return `${JSON.stringify(document, undefined, 2)}\n`;
}
