/*
 * Who is measured: a name, a process, and where each kind of call is sent.
 */
import { fileURLToPath } from 'node:url';
import { Child, LOAD_CPU, PROXY_CPU } from './child.ts';
import type { Era } from './echo-answers.ts';
import { gatewrightPresent, httpServers, startGatewright, stdioServers } from './gatewright.ts';
import { nginxPresent, startNginx } from './nginx.ts';
import type { Target } from './request.ts';

export const FRAMINGS = ['json', 'sse'] as const;
export type Framing = (typeof FRAMINGS)[number];

export const NAMES = [
  'direct',
  'nginx',
  'bare',
  'sdk',
  'transparent',
  'prefixed',
  'stdio',
  'bridged',
  'bridged-stdio',
] as const;
export type Name = (typeof NAMES)[number];

export const TITLES: Readonly<Record<Name, string>> = {
  direct: 'direct (CPU of the upstream)',
  nginx: 'nginx, reverse proxy',
  bare: 'bare node proxy',
  sdk: 'SDK on both sides',
  transparent: 'Gatewright, transparent',
  prefixed: 'Gatewright, prefixed',
  stdio: 'Gatewright, stdio upstream',
  bridged: 'Gatewright, upstream of the other era',
  'bridged-stdio': 'Gatewright, stdio of the other era',
};

export interface Contender {
  readonly name: Name;
  readonly pid: number;
  /** The groups of cells it is measured in; undefined for all. */
  readonly groups?: ReadonlySet<string>;
  /** Undefined where there is nothing to measure, as SSE answers over stdio. */
  target(era: Era, framing: Framing): Target | undefined;
  stop(): Promise<void>;
}

/** Why a contender is left out, for the table. */
export interface Absence {
  readonly name: Name;
  readonly why: string;
}

export interface Upstream {
  readonly pid: number;
  readonly port: number;
  stop(): Promise<void>;
}

type Route = Pick<Target, 'path' | 'tool'>;

/** Ours print the same line as the gateway when they listen. */
export async function startScript(script: string, cpu: number, args: readonly string[]): Promise<Upstream> {
  let port = 0;
  const ready = (line: string): boolean => {
    port = Number(new URL((JSON.parse(line) as { url: string }).url).port);
    return true;
  };
  const file = fileURLToPath(new URL(script, import.meta.url));
  const child = await Child.start([process.execPath, file, ...args], { cpu, ready });
  return { pid: child.pid, port, stop: () => child.stop() };
}

export function startUpstream(): Promise<Upstream> {
  return startScript('echo-upstream.ts', LOAD_CPU, []);
}

function routed(name: Name, server: Upstream, route: (era: Era, framing: Framing) => Route | undefined): Contender {
  return {
    name,
    pid: server.pid,
    stop: () => server.stop(),
    target: (era, framing) => {
      const found = route(era, framing);
      return found && { port: server.port, era, ...found };
    },
  };
}

/** What the same call costs when the client is of the one era and the server of the other. */
const BRIDGED = new Set(['warm', 'main', 'large']);
const BRIDGED_STDIO = new Set(['warm', 'main']);
const OTHER: Readonly<Record<Era, Era>> = { legacy: 'modern', modern: 'legacy' };

const samePath = (era: Era, framing: Framing): Route => ({ path: `/${era}/${framing}`, tool: 'echo' });

const STARTERS: Readonly<Record<Name, (upstream: Upstream) => Promise<Contender>>> = {
  direct: async (upstream) => routed('direct', { ...upstream, stop: async () => {} }, samePath),
  nginx: async (upstream) => routed('nginx', await startNginx(upstream.port), samePath),
  bare: async (upstream) =>
    routed('bare', await startScript('bare-proxy.ts', PROXY_CPU, [originOf(upstream)]), (era, framing) => ({
      path: `/${era}/${framing}`,
      tool: `${era}-${framing}__echo`,
    })),
  sdk: async (upstream) =>
    routed('sdk', await startScript('sdk-gateway.ts', PROXY_CPU, [originOf(upstream)]), samePath),
  transparent: async (upstream) =>
    routed('transparent', await startGatewright(httpServers(upstream.port)), (era, framing) => ({
      path: `/mcp/${era}-${framing}`,
      tool: 'echo',
    })),
  prefixed: async (upstream) =>
    routed('prefixed', await startGatewright(httpServers(upstream.port)), (era, framing) => ({
      path: '/mcp',
      tool: `${era}-${framing}__echo`,
    })),
  stdio: async () =>
    routed('stdio', await startGatewright(stdioServers()), (era, framing) =>
      framing === 'json' ? { path: `/mcp/${era}-stdio`, tool: 'echo' } : undefined,
    ),
  bridged: async (upstream) => ({
    groups: BRIDGED,
    ...routed('bridged', await startGatewright(httpServers(upstream.port)), (era, framing) =>
      framing === 'json' ? { path: `/mcp/${OTHER[era]}-json`, tool: 'echo' } : undefined,
    ),
  }),
  'bridged-stdio': async () => ({
    groups: BRIDGED_STDIO,
    ...routed('bridged-stdio', await startGatewright(stdioServers()), (era, framing) =>
      framing === 'json' ? { path: `/mcp/${OTHER[era]}-stdio`, tool: 'echo' } : undefined,
    ),
  }),
};

function originOf(upstream: Upstream): string {
  return `http://127.0.0.1:${upstream.port}`;
}

export function startContender(name: Name, upstream: Upstream): Promise<Contender> {
  return STARTERS[name](upstream);
}

/** What cannot run on this machine or in this checkout. */
export function absenceOf(name: Name): Absence | undefined {
  if (name === 'nginx' && !nginxPresent()) return { name, why: 'nginx is not installed' };
  const ours = !['direct', 'nginx', 'bare', 'sdk'].includes(name);
  if (ours && !gatewrightPresent()) return { name, why: 'the gateway is not built yet' };
  return undefined;
}
