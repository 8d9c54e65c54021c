/*
 * The paths of the admin API. A path has one spelling: what is percent-encoded, has an empty segment, a dot segment or another
 * case is not there, so that no two readers of a path take it for two things.
 */
import type { AdminRoute } from './route.ts';

const PLAIN = /^(?:\/[A-Za-z0-9_~:@.-]+)+$/;
const DOTS = /\/\.{1,2}(?:\/|$)/;
/** Public, and people type it in both ways. */
const REFERENCE = '/docs/';
/** Nothing is served here. */
const NOWHERE = '/-';

/** The target as it is routed: as it came, or nowhere. */
export function routedTarget(target: string): string {
  const query = target.indexOf('?');
  const path = query < 0 ? target : target.slice(0, query);
  if (path === REFERENCE) return target;
  return PLAIN.test(path) && !DOTS.test(path) ? target : NOWHERE;
}

/** `/api/v1/servers/{id}` as the router has it. */
export function routerPath(path: string): string {
  return path.replaceAll(/\{(\w+)\}/g, ':$1');
}

export type Placed = Pick<AdminRoute, 'path' | 'method' | 'gate'>;

/** The routes of one path, whatever their methods. */
export function routesAt<Route extends Placed>(routes: readonly Route[], path: string): readonly Route[] {
  return routes.filter((route) => patternOf(route.path).test(path));
}

const patterns = new Map<string, RegExp>();

function patternOf(path: string): RegExp {
  const known = patterns.get(path);
  if (known) return known;
  const literal = path.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+');
  const pattern = new RegExp(`^${literal}$`);
  patterns.set(path, pattern);
  return pattern;
}
