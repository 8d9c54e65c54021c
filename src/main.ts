/*
 * The composition root: the only file that knows all parts. Builds outside-in, starts inside-out, stops in reverse.
 */
import { createHash } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Config } from './config/config.ts';
import { type GatewayError, isCallersFailure } from './model/errors.ts';
import type { Event } from './model/event.ts';
import type { LimitName } from './model/limits.ts';
import type { EndpointDefinition, Snapshot } from './model/snapshot.ts';
import { ListFilesIn } from './ops/list-files.ts';
import { createLog, type Logger } from './ops/log.ts';
import { Metrics } from './ops/metrics.ts';
import { createVerifier } from './proxy/auth/verify.ts';
import { createHttpDoor } from './proxy/doors/http-door.ts';
import { McpHttpDoor } from './proxy/doors/mcp-http.ts';
import { inFlightGauges } from './proxy/limit/meter.ts';
import { Streams } from './proxy/limit/streams.ts';
import { buildPipeline } from './proxy/pipeline.ts';
import { Views } from './proxy/policy/view.ts';
import { Hub } from './proxy/session/hub.ts';
import { Notices } from './proxy/session/notices.ts';
import { Sessions } from './proxy/session/sessions.ts';
import { TimerWheel } from './proxy/timer-wheel.ts';
import { Catalogues } from './proxy/upstream/catalogues.ts';
import { ListMemory } from './proxy/upstream/list-memory.ts';
import { Upstream } from './proxy/upstream/upstream.ts';
import { Upstreams } from './proxy/upstream/upstreams.ts';
import { knownMethods } from './wire/codecs.ts';

export interface ServerStatus {
  readonly name: string;
  readonly transport: 'stdio' | 'http';
  readonly state: string;
  readonly reason?: string;
  readonly revision?: string;
  readonly tools: number;
  readonly prompts: number;
  readonly resources: number;
}

export interface RunningGateway {
  /** `http://host:port`, without a path. */
  readonly url: string;
  servers(): ServerStatus[];
  onServerState(listener: (status: ServerStatus) => void): void;
  /** Resolves when every server has been reached, or could not be. */
  readonly settled: Promise<void>;
  stop(): Promise<void>;
}

export interface StartOptions {
  readonly version: string;
  readonly logLevel: string;
  /** Absolute. */
  readonly dataDir: string;
}

/** Rejects with the listener's error (`EADDRINUSE`, `EACCES` …). */
export async function startGateway(config: Config, options: StartOptions): Promise<RunningGateway> {
  const log = createLog(options.logLevel);
  const snapshot = snapshotOf(config);
  const plane = buildDataPlane(snapshot, log, options);
  await plane.memory.recall();
  const address = await listen(plane.server, config.listen);
  plane.upstreams.start();
  return {
    url: urlOf(address),
    servers: () => [...snapshot.servers.keys()].map((name) => statusOf(name, snapshot, plane.catalogues)),
    onServerState: (listener) => plane.onState((server) => listener(statusOf(server, snapshot, plane.catalogues))),
    settled: plane.upstreams.settled(),
    stop: () => plane.stop(),
  };
}

function snapshotOf(config: Config): Snapshot {
  const servers = config.servers.filter((server) => server.enabled);
  const names = servers.map((server) => server.name);
  const endpoints: EndpointDefinition[] = [
    { name: '', naming: 'prefixed', servers: names },
    ...names.map((name): EndpointDefinition => ({ name, naming: 'transparent', servers: [name] })),
  ];
  return {
    version: 1,
    servers: new Map(servers.map((server) => [server.name, server])),
    endpoints: new Map(endpoints.map((endpoint) => [endpoint.name, endpoint])),
    tokens: config.auth.tokens.map(({ name, token }) => ({
      name,
      sha256: createHash('sha256').update(token).digest('hex'),
    })),
    limits: config.limits,
    publicUrl: config.publicUrl,
    allowedHosts: config.allowedHosts,
    allowedOrigins: config.allowedOrigins,
  };
}

function buildDataPlane(current: Snapshot, log: Logger, { version, dataDir }: StartOptions) {
  const snapshot = () => current;
  const limits = () => current.limits;
  const clock = () => performance.now();
  const identity = JSON.stringify({ name: 'gatewright', title: 'Gatewright', version });
  const wheel = new TimerWheel(clock);
  const metrics = new Metrics(knownMethods());
  const stateListeners = new Set<(server: string) => void>();
  const emit = (event: Event) => {
    metrics.count(event);
    logEvent(log, event);
    if (event.type === 'server_state') for (const listener of stateListeners) listener(event.server);
  };

  const catalogues = new Catalogues();
  const upstreams = new Upstreams(
    [...current.servers.values()].map((definition) => new Upstream({ definition, catalogues, wheel, emit, identity })),
  );
  const files = new ListFilesIn(join(dataDir, 'lists'));
  const definitions = [...current.servers.values()];
  const memory = new ListMemory({ definitions, catalogues, files, wheel, emit });
  void files.removeUnused();
  const views = new Views(snapshot, catalogues);
  const sessions = new Sessions({ limits, wheel, emit });
  const hub = new Hub(snapshot, catalogues);
  const streams = new Streams(limits);
  const inFlight = inFlightGauges();
  const pipeline = buildPipeline({
    ...{ snapshot, limits, clock, wheel, emit, identity },
    ...{ views, upstreams, catalogues, sessions, hub, streams, inFlight },
    missed: (servers, kind) => {
      for (const server of servers) upstreams.of(server)?.nudge([kind]);
    },
    log: (error, call) => logFailure(log, error, { method: call.message.method, endpoint: call.endpoint }),
  });
  const notices = new Notices({ snapshot, upstreams, emit });
  const mcp = new McpHttpDoor({ pipeline, sessions, notices, hub, streams, views, wheel, limits, emit });
  let draining = false;
  const verifier = createVerifier(current.tokens);
  const server = createHttpDoor({
    snapshot,
    mcp,
    verifier: () => verifier,
    isDraining: () => draining,
    metrics: () => metrics.text(),
    emit,
    log: (error, request) => logFailure(log, error, { path: request.url?.slice(0, 200) }),
  });
  metrics.add({ name: 'gatewright_sessions', help: 'Legacy sessions open now.', read: () => sessions.size });

  async function stop(): Promise<void> {
    draining = true;
    const closed = new Promise((resolve) => server.close(resolve));
    streams.drain();
    server.closeIdleConnections();
    const deadline = wheel.sleep(current.limits.drainTimeoutMs);
    const late = await Promise.race([closed.then(() => false), deadline.done.then(() => true)]);
    if (late) emit({ type: 'limit_hit', limit: 'drainTimeoutMs', principal: '' });
    deadline.wake();
    sessions.stop();
    await memory.flush();
    await upstreams.stop();
    server.closeAllConnections();
    wheel.close();
  }

  const onState = (listener: (server: string) => void) => stateListeners.add(listener);
  return { server, upstreams, catalogues, memory, onState, stop };
}

function listen(server: ReturnType<typeof createHttpDoor>, at: { host: string; port: number }): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(at.port, at.host, () => {
      server.off('error', reject);
      resolve(server.address() as AddressInfo);
    });
  });
}

function urlOf({ address, family, port }: AddressInfo): string {
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}

function statusOf(name: string, snapshot: Snapshot, catalogues: Catalogues): ServerStatus {
  const { state, reason, revision, lists } = catalogues.of(name);
  return {
    name,
    transport: snapshot.servers.get(name)?.transport.kind ?? 'http',
    state,
    ...(reason === '' ? {} : { reason }),
    ...(revision === undefined ? {} : { revision }),
    tools: lists.tools.entries.length,
    prompts: lists.prompts.entries.length,
    resources: lists.resources.entries.length,
  };
}

function logEvent(log: Logger, event: Event): void {
  if (event.type === 'server_state') log.info(event, 'server state');
  else if (event.type === 'oddity') log.debug(event, 'oddity');
  else if (event.type === 'limit_hit') log[EVERYDAY.has(event.limit) ? 'debug' : 'warn'](event, 'limit hit');
}
/** Hit by clients that simply leave, or by anybody who can reach the port: not to fill a log with. */
const EVERYDAY: ReadonlySet<LimitName> = new Set([
  ...(['sessionIdleMs', 'headTimeoutMs', 'bodyTimeoutMs'] as const),
  ...(['headerCountMax', 'headerBytesMax', 'urlBytesMax'] as const),
]);

/** What a caller did wrong is for `debug`; what went wrong behind us is a warning; a bug is an error. */
function logFailure(log: Logger, error: GatewayError, where: Readonly<Record<string, unknown>>): void {
  const fields = { ...where, code: error.code, internal: error.internal };
  if (error.code === 'internal') log.error({ ...fields, err: error.cause ?? error }, 'internal error');
  else if (isCallersFailure(error.code)) log.debug(fields, error.message);
  else log.warn(fields, error.message);
}
