/*
 * Every path that is answered on the network, with the methods it takes. What is not here is not there; the stories of bad
 * input take their paths from here, so that none is without a test by a stranger.
 */
export interface Route {
  /** `{endpoint}` stands for a name. */
  readonly paths: readonly string[];
  /** Beside OPTIONS, which browsers ask before others. */
  readonly methods: readonly string[];
  /** Answers without a credential and for any Host, and says one word. */
  readonly isProbe?: true;
}

export const ROUTES = {
  live: { paths: ['/live'], methods: ['GET', 'HEAD'], isProbe: true },
  ready: { paths: ['/ready'], methods: ['GET', 'HEAD'], isProbe: true },
  metrics: { paths: ['/metrics'], methods: ['GET'] },
  mcp: { paths: ['/mcp', '/mcp/{endpoint}'], methods: ['GET', 'POST', 'DELETE'] },
  sse: { paths: ['/sse', '/sse/{endpoint}'], methods: ['GET'] },
  messages: { paths: ['/messages'], methods: ['POST'] },
} as const satisfies Record<string, Route>;

export type RouteName = keyof typeof ROUTES;

export interface Found {
  readonly name: RouteName;
  /** The endpoint that the path names, `''` for the default one. */
  readonly endpoint: string;
}

const ENDPOINT = /^[a-z0-9-]{1,64}$/;
const NAMED = '/{endpoint}';

const plain = new Map<string, Found>();
const named = new Map<string, RouteName>();
for (const [name, { paths }] of Object.entries(ROUTES) as [RouteName, Route][]) {
  for (const path of paths) {
    if (path.endsWith(NAMED)) named.set(path.slice(0, -NAMED.length), name);
    else plain.set(path, { name, endpoint: '' });
  }
}

/** One spelling of a path means something, and all others nothing. */
export function routeOf(path: string): Found | undefined {
  const found = plain.get(path);
  if (found) return found;
  const slash = path.indexOf('/', 1);
  const name = slash < 0 ? undefined : named.get(path.slice(0, slash));
  const endpoint = path.slice(slash + 1);
  return name !== undefined && ENDPOINT.test(endpoint) ? { name, endpoint } : undefined;
}

/** The endpoint of a path below `/mcp`; undefined for any other path. */
export function endpointOf(path: string): string | undefined {
  const found = routeOf(path);
  return found?.name === 'mcp' ? found.endpoint : undefined;
}

export function pathOf(target: string): string {
  const query = target.indexOf('?');
  return query < 0 ? target : target.slice(0, query);
}

/** RFC 9110 §15.5.6: a refused method comes with those that are served. */
export function allowedAt(path: string): string {
  const route: Route | undefined = ROUTES[routeOf(path)?.name ?? 'mcp'];
  return [...route.methods, ...(route.isProbe ? [] : ['OPTIONS'])].join(', ');
}
