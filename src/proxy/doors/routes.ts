/*
 * Every path that is answered on the network, with the methods it takes and what it tells a stranger. What is not here is
 * not there. The page `docs/reference/routes.md` is made of this table, and the stories of strangers and of bad input
 * take their paths from here, so that none is without a test by a stranger.
 */
import { WELL_KNOWN } from '../auth/metadata.ts';

export interface Route {
  /** `{endpoint}` stands for a name. */
  readonly paths: readonly string[];
  /** Beside OPTIONS, which browsers ask before others. */
  readonly methods: readonly string[];
  readonly say: string;
  /**
   * Who is answered without a credential, everybody or who is on this machine; undefined for nobody. Whatever is public
   * tells no name of anything, but for what must be known to get a token (`auth/metadata.ts`).
   */
  readonly isPublic?: 'everywhere' | 'on loopback';
  /** Public, says one word, and answers for any Host. */
  readonly isProbe?: true;
}

const GET = ['GET', 'HEAD'] as const;
const PROBE = { methods: GET, isProbe: true, isPublic: 'everywhere' } as const;

export const ROUTES = {
  live: { paths: ['/live'], ...PROBE, say: 'The process runs.' },
  ready: { paths: ['/ready'], ...PROBE, say: 'It takes new calls; 503 while it shuts down.' },
  ping: { paths: ['/ping'], methods: GET, isPublic: 'everywhere', say: 'Says `pong`.' },
  health: {
    ...{ paths: ['/health'], methods: GET, isPublic: 'everywhere' },
    say: 'How many servers there are and how many are ready; no names.',
  },
  metrics: {
    paths: ['/metrics'],
    methods: ['GET'],
    isPublic: 'on loopback',
    say: 'Counters as Prometheus reads them.',
  },
  mcp: {
    ...{ paths: ['/mcp', '/mcp/{endpoint}'], methods: ['GET', 'POST', 'DELETE'] },
    say: 'MCP over HTTP, every revision since 2025-03-26.',
  },
  sse: { paths: ['/sse', '/sse/{endpoint}'], methods: ['GET'], say: 'The stream of HTTP+SSE (2024-11-05).' },
  metadata: {
    paths: [WELL_KNOWN, `${WELL_KNOWN}/mcp`, `${WELL_KNOWN}/mcp/{endpoint}`],
    ...{ methods: GET, isPublic: 'everywhere' },
    say: 'Who gives tokens for an endpoint (RFC 9728); nothing where nobody does.',
  },
  messages: { paths: ['/messages'], methods: ['POST'], say: 'What clients of HTTP+SSE say.' },
} as const satisfies Record<string, Route>;

export type RouteName = keyof typeof ROUTES;

export interface Found {
  readonly name: RouteName;
  /** The endpoint that the path names, `''` for the default one. */
  readonly endpoint: string;
}

const ENDPOINT = /^[a-z0-9-]{1,66}$/;
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
  const slash = path.lastIndexOf('/');
  const name = named.get(path.slice(0, slash));
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
