/*
 * The composition root: the only file that knows all parts. Builds outside-in, starts inside-out, stops in reverse.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Config } from './config/config.ts';
import { type Instance, openInstance } from './instance/instance.ts';
import type { Event } from './model/event.ts';
import { DEFAULT_SEPARATOR, type EndpointDefinition, type Snapshot } from './model/snapshot.ts';
import { ListFilesIn } from './ops/list-files.ts';
import { listen } from './ops/listener.ts';
import { createLog, type Logger } from './ops/log.ts';
import { logEvent, logFailure } from './ops/log-events.ts';
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
import { ProcessGroups } from './proxy/upstream/process-groups.ts';
import { Reaper } from './proxy/upstream/reaper.ts';
import { StartQueue } from './proxy/upstream/start-queue.ts';
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
  const instance = instanceOf(config, options, log);
  const plane = buildDataPlane(snapshot, log, options, instance);
  const stop = async () => {
    await plane.stop();
    instance.close();
  };
  await plane.memory.recall();
  const url = await listen(plane.server, config.listen).catch(async (error) => {
    await stop();
    throw error;
  });
  instance.listening(url);
  plane.upstreams.start();
  return {
    url,
    servers: () => [...snapshot.servers.keys()].map((name) => statusOf(name, snapshot, plane.catalogues)),
    onServerState: (listener) => plane.onState((server) => listener(statusOf(server, snapshot, plane.catalogues))),
    settled: plane.upstreams.settled(),
    stop,
  };
}

/** Says what was left by others and cleared away. */
function instanceOf(config: Config, { dataDir, version }: StartOptions, log: Logger): Instance {
  const onFailure = (what: string, err: unknown) => log.warn({ err }, what);
  const startedAt = new Date().toISOString();
  const instance = openInstance(dataDir, { config: config.source, version, startedAt, onFailure });
  for (const swept of instance.swept) log.warn(swept, 'cleared away after a gateway that was killed');
  return instance;
}

function snapshotOf(config: Config): Snapshot {
  const servers = config.servers.filter((server) => server.enabled);
  const names = servers.map((server) => server.name);
  const endpoints: EndpointDefinition[] = [
    { name: '', naming: 'prefixed', separator: DEFAULT_SEPARATOR, servers: names },
    ...names.map(
      (name): EndpointDefinition => ({
        ...{ name, naming: 'transparent', separator: DEFAULT_SEPARATOR },
        servers: [name],
      }),
    ),
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

/** What every part stands on. */
function buildGround(current: Snapshot, log: Logger, version: string) {
  const metrics = new Metrics(knownMethods());
  const stateListeners = new Set<(server: string) => void>();
  const emit = (event: Event) => {
    metrics.count(event);
    logEvent(log, event);
    if (event.type === 'server_state') for (const listener of stateListeners) listener(event.server);
  };
  const clock = () => performance.now();
  return {
    ...{ log, metrics, emit, clock, wheel: new TimerWheel(clock) },
    snapshot: () => current,
    limits: () => current.limits,
    identity: JSON.stringify({ name: 'gatewright', title: 'Gatewright', version }),
    onState: (listener: (server: string) => void) => stateListeners.add(listener),
  };
}
type Ground = ReturnType<typeof buildGround>;

/** The servers, and what is known of them. */
function buildServers(ground: Ground, { dataDir }: StartOptions, instance: Instance) {
  const { snapshot, limits, wheel, emit, identity } = ground;
  const definitions = [...snapshot().servers.values()];
  const catalogues = new Catalogues();
  const groups = groupsOf(ground, instance);
  const starts = new StartQueue(() => limits().startingMax);
  const files = new ListFilesIn(join(dataDir, 'lists'));
  void files.removeUnused();
  return {
    catalogues,
    upstreams: new Upstreams(
      definitions.map((definition) => new Upstream({ definition, catalogues, wheel, emit, identity, groups, starts })),
      groups,
    ),
    memory: new ListMemory({ definitions, catalogues, files, wheel, emit }),
  };
}

function buildDataPlane(current: Snapshot, log: Logger, options: StartOptions, instance: Instance) {
  const ground = buildGround(current, log, options.version);
  const { snapshot, limits, wheel, emit, metrics } = ground;
  const servers = buildServers(ground, options, instance);
  const { catalogues, upstreams } = servers;
  const views = new Views(snapshot, catalogues);
  const sessions = new Sessions({ limits, wheel, emit });
  const hub = new Hub(snapshot, catalogues);
  const streams = new Streams(limits);
  const pipeline = buildPipeline({
    ...ground,
    ...{ views, upstreams, catalogues, sessions, hub, streams, inFlight: inFlightGauges() },
    missed: (names, kind) => {
      for (const name of names) upstreams.of(name)?.nudge([kind]);
    },
    log: (error, call) => logFailure(log, error, { method: call.message.method, endpoint: call.endpoint }),
  });
  const notices = new Notices({ snapshot, upstreams, emit });
  const mcp = new McpHttpDoor({ pipeline, sessions, notices, hub, streams, views, wheel, limits, emit });
  metrics.add({ name: 'gatewright_processes', help: 'Processes of stdio servers.', read: () => upstreams.processes });
  metrics.add({ name: 'gatewright_sessions', help: 'Legacy sessions open now.', read: () => sessions.size });
  const draining = { now: false };
  const server = buildDoor(ground, mcp, draining);
  const stop = () => stopAll({ ...ground, ...servers, sessions, streams, server, draining });
  return { ...servers, server, onState: ground.onState, stop };
}

function buildDoor({ snapshot, metrics, emit, log }: Ground, mcp: McpHttpDoor, draining: { readonly now: boolean }) {
  const verifier = createVerifier(snapshot().tokens);
  return createHttpDoor({
    ...{ snapshot, mcp, emit },
    verifier: () => verifier,
    isDraining: () => draining.now,
    metrics: () => metrics.text(),
    log: (error, request) => logFailure(log, error, { path: request.url?.slice(0, 200) }),
  });
}

interface Stopping extends Ground, ReturnType<typeof buildServers> {
  readonly sessions: Sessions;
  readonly streams: Streams;
  readonly server: ReturnType<typeof createHttpDoor>;
  readonly draining: { now: boolean };
}

/** Longer than a child may take that has to be killed in the end (stdio.ts). */
const SERVERS_STOP_WITHIN_MS = 2_500;

/** From the outside in: no new calls, those in flight may end, then the servers. */
async function stopAll(parts: Stopping): Promise<void> {
  const { server, streams, wheel, limits, emit } = parts;
  parts.draining.now = true;
  const closed = new Promise((resolve) => server.close(resolve));
  streams.drain();
  server.closeIdleConnections();
  const deadline = wheel.sleep(limits().drainTimeoutMs);
  const cutOff = await Promise.race([closed.then(() => false), deadline.done.then(() => true)]);
  if (cutOff) emit({ type: 'limit_hit', limit: 'drainTimeoutMs', principal: '' });
  deadline.wake();
  parts.sessions.stop();
  await parts.memory.flush();
  const late = wheel.sleep(SERVERS_STOP_WITHIN_MS);
  await parts.upstreams.stop(late.done);
  late.wake();
  server.closeAllConnections();
  wheel.close();
}

function groupsOf({ wheel, emit }: Ground, instance: Instance): ProcessGroups {
  const onOddity = (what: string, internal: object) => emit({ type: 'oddity', server: '', what, internal });
  return new ProcessGroups([new Reaper({ wheel, onOddity }), instance.groups]);
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
