/*
 * The composition root: the only file that knows all parts. Builds outside-in, starts inside-out, stops in reverse.
 */
import type { Server } from 'node:http';
import { join } from 'node:path';
import type { Config } from './config/config.ts';
import { snapshotOf } from './config/snapshot.ts';
import { makeOperator, serverStatus } from './control/operator.ts';
import { answerOperator, takesBody } from './control/operator-api.ts';
import { type Instance, openInstance } from './instance/instance.ts';
import { listenOnSocket, type SocketFile } from './instance/socket-file.ts';
import { type Kept, openKept } from './kept.ts';
import type { Event } from './model/event.ts';
import type { GatewayReport, Operator, SecretsDesk, ServerStatus } from './model/operator.ts';
import { LOCAL_USER } from './model/principal.ts';
import type { ServerDefinition, Snapshot } from './model/snapshot.ts';
import { KeyFileAt } from './ops/key-file.ts';
import { ListFilesIn } from './ops/list-files.ts';
import { listen } from './ops/listener.ts';
import { ListenerTls } from './ops/listener-tls.ts';
import { createLog, type Logger } from './ops/log.ts';
import { aboutCall, logEvent, logFailure } from './ops/log-events.ts';
import { Metrics } from './ops/metrics.ts';
import { addReadings } from './ops/readings.ts';
import { buildAuth } from './proxy/auth/build.ts';
import { buildBridge } from './proxy/bridge/build.ts';
import { Current } from './proxy/current.ts';
import { buildDoors, type Doors } from './proxy/doors/build.ts';
import type { McpParts } from './proxy/doors/mcp-parts.ts';
import { proxiesIn } from './proxy/egress/proxies.ts';
import { explainerByFile } from './proxy/explain/by-file.ts';
import { type Explain, explainer } from './proxy/explain/explain.ts';
import { ruleQuestions } from './proxy/explain/rule-questions.ts';
import { begin } from './proxy/follow.ts';
import { InFlight } from './proxy/limit/in-flight.ts';
import { Streams } from './proxy/limit/streams.ts';
import { type Live, liveFacts } from './proxy/live/live.ts';
import { buildPipeline } from './proxy/pipeline.ts';
import { conditionFault } from './proxy/policy/condition/condition.ts';
import { recheck } from './proxy/policy/pass.ts';
import { Views } from './proxy/policy/view.ts';
import { withheldEntries } from './proxy/policy/withheld.ts';
import { missedAt } from './proxy/route/missed.ts';
import { Hub } from './proxy/session/hub.ts';
import { Notices } from './proxy/session/notices.ts';
import { Sessions } from './proxy/session/sessions.ts';
import { stopAll } from './proxy/stop.ts';
import { TimerWheel } from './proxy/timer-wheel.ts';
import type { Catalogues } from './proxy/upstream/catalogues.ts';
import { buildServers, type Servers } from './proxy/upstream/servers.ts';
import { type About, reloads } from './reload.ts';
import type { RunningGateway, StartOptions } from './running.ts';
import { knownMethods } from './wire/codecs.ts';

export { conditionFault };

/** Rejects with the listener's error (`EADDRINUSE`, `EACCES` …). */
export async function startGateway(config: Config, options: StartOptions): Promise<RunningGateway> {
  const log = createLog(options.logLevel);
  const tls = await ListenerTls.open(options.listens === false ? undefined : config.listen.tls, log);
  const instance = instanceOf(config, options, log);
  const about: About = aboutOf(instance, config, options);
  const plane = buildDataPlane(snapshotOf(config), log, { ...options, instance, about: () => about, tls: tls.pair });
  const sockets: SocketFile[] = [];
  const stop = async () => {
    tls.close();
    await plane.stop();
    for (const socket of sockets) socket.remove();
    instance.close();
  };
  await plane.recall();
  try {
    sockets.push(...(await openSocket(plane.socketDoor, instance.folder, log)));
    about.url = options.listens === false ? '' : await listen(plane.door, config.listen);
  } catch (error) {
    await stop();
    throw error;
  }
  tls.keep(plane.door);
  instance.listening(about.url);
  plane.begin();
  return { url: about.url, socket: sockets[0]?.path, ...asSeen(plane), ...reloads(plane, config, about, log), stop };
}

/** The stored secrets without a gateway, for the command line. */
export async function openSecrets(config: Config, dataDir: string): Promise<SecretsDesk & Pick<Kept, 'close'>> {
  const { secrets, close } = await openKept(config, { dataDir, env: process.env, now: () => Date.now() });
  return { status: () => secrets.status(), rotate: () => secrets.rotate(), close };
}

/** Explains without a gateway, by the file alone. */
export function explainByFile(config: Config, dataDir: string): Promise<Explain> {
  const [files, clock, now] = [new ListFilesIn(join(dataDir, 'lists')), () => performance.now(), () => Date.now()];
  return explainerByFile(snapshotOf(config), { files, clock, now, at: config.listen, proxyOf: proxiesIn(process.env) });
}

function aboutOf({ id }: Instance, { source }: Config, { version }: StartOptions): About {
  return { instance: id, pid: process.pid, version, url: '', config: source, faults: [] };
}

function asSeen(
  plane: ReturnType<typeof buildDataPlane>,
): Omit<RunningGateway, 'url' | 'socket' | 'stop' | 'apply' | 'refused'> {
  return {
    ...{ servers: plane.statuses, onServerState: plane.onState },
    settled: plane.upstreams.settled(),
    serve: async (endpoint, pipes) => plane.pipes.serve(endpoint, pipes),
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

/** A gateway that clients use goes on without its operator. */
async function openSocket(door: Server, folder: string, log: Logger): Promise<SocketFile[]> {
  const opened = listenOnSocket(door, folder, process.env.XDG_RUNTIME_DIR).then((socket) => [socket]);
  return opened.catch((err: unknown) => {
    log.warn({ err, folder }, 'the command line cannot reach this gateway');
    return [];
  });
}

/** What every part stands on. */
function buildGround(first: Snapshot, log: Logger, { version, dataDir }: StartOptions) {
  const metrics = new Metrics(knownMethods());
  const stateListeners = new Set<(server: string) => void>();
  const emit = (event: Event) => {
    metrics.count(event);
    logEvent(log, event);
    if (event.type === 'server_state') for (const listener of stateListeners) listener(event.server);
  };
  const clock = () => performance.now();
  const current = new Current(first);
  return {
    current,
    ...{ log, metrics, emit, clock, wheel: new TimerWheel(clock) },
    ...{ now: () => Date.now(), keyFile: (name: string) => new KeyFileAt(join(dataDir, name)) },
    onFailure: (what: string, err: unknown) => log.warn({ err }, what),
    ...{ snapshot: () => current.now, limits: () => current.now.limits, proxyOf: proxiesIn(process.env) },
    identity: JSON.stringify({ name: 'gatewright', title: 'Gatewright', version }),
    onState: (listener: (server: string) => void) => stateListeners.add(listener),
  };
}
type Ground = ReturnType<typeof buildGround>;

/** The servers, and what is known of them. */
function serversOn(ground: Ground, { dataDir, instance }: Placed): Servers {
  const files = new ListFilesIn(join(dataDir, 'lists'));
  void files.removeUnused();
  return buildServers({ ...ground, files, witness: instance.groups });
}

/** The options, and what the start has found for itself. */
interface Placed extends StartOptions {
  readonly instance: Instance;
  readonly tls: ListenerTls['pair'];
  readonly about: () => GatewayReport;
}

function buildDataPlane(first: Snapshot, log: Logger, placed: Placed) {
  const ground = buildGround(first, log, placed);
  const { snapshot, limits, wheel, emit, metrics } = ground;
  const servers = serversOn(ground, placed);
  const { catalogues, upstreams } = servers;
  const views = new Views(snapshot, catalogues, emit);
  views.expect();
  const sessions = new Sessions({ limits, wheel, emit });
  const [hub, streams] = [new Hub(views, catalogues, wheel), new Streams(limits)];
  hub.onRenewal(() => sessions.endWithout((endpoint, principal) => views.has(endpoint, principal)));
  const inFlight = new InFlight();
  const bridge = buildBridge({ ...ground, node: placed.instance.id });
  const pipeline = buildPipeline({
    ...ground,
    ...{ views, upstreams, catalogues, sessions, hub, streams, ...bridge, inFlight },
    missed: missedAt(upstreams),
    log: (error, call) => logFailure(log, error, aboutCall(call)),
  });
  const mayGoOn = recheck({ views, now: ground.now });
  hub.onRenewal(() => bridge.parks.look(mayGoOn));
  const notices = new Notices({ views, upstreams, emit });
  const mcpParts = { inFlight, pipeline, sessions, notices, hub, streams, views, wheel, limits, emit };
  addReadings(metrics, { upstreams, sessions, parks: bridge.parks });
  const draining = { now: false };
  const doors = buildWaysIn(ground, servers, mcpParts, { ...placed, draining });
  const listeners = [doors.door, doors.socketDoor];
  const stop = () => stopAll({ ...ground, ...servers, ...doors, doors: listeners, sessions, streams, draining });
  return { ...servers, ...mcpParts, ...beginnings(ground, servers), ...statusesOf(ground, catalogues), ...doors, stop };
}

function beginnings({ current }: Ground, { memory, upstreams }: Servers) {
  return {
    current,
    /** What is remembered of the servers is there before the first client is. */
    recall: () => memory.recall(current.now.servers.values()),
    begin: () => begin({ current, memory, upstreams }),
  };
}

function buildWaysIn(
  ground: Ground,
  servers: Servers,
  mcpParts: McpParts & { readonly inFlight: InFlight },
  { tls, about, draining }: Placed & { readonly draining: { readonly now: boolean } },
): Doors {
  const { snapshot, emit, log, metrics } = ground;
  const auth = buildAuth({ ...ground, listener: () => about().url });
  auth.prepare();
  const asked = { ...ground, ...servers, ...auth, views: mcpParts.views, serversRun: true };
  const [explain, rules] = [explainer(asked), ruleQuestions(asked)];
  const live = liveFacts({ ...ground, ...servers, ...mcpParts });
  const operator = operatorOf(ground, servers, { views: mcpParts.views, about, explain, rules, live });
  return buildDoors({
    ...{ snapshot, emit, mcpParts, catalogues: servers.catalogues, draining, tls },
    ...auth,
    metrics: () => metrics.text(),
    log: (error, where) => logFailure(log, error, { ...where }),
    operator: { takesBody, answer: (question) => answerOperator(operator, question) },
  });
}

function statusesOf({ snapshot, onState }: Ground, catalogues: Catalogues) {
  const statusOf = (each: ServerDefinition) =>
    serverStatus(each, catalogues.of(each.name), snapshot().overlay.servers.get(each.name));
  const statuses = () => [...snapshot().servers.values()].map(statusOf);
  return {
    statuses,
    onState: (listener: (server: ServerStatus) => void) =>
      onState((name) => {
        const definition = snapshot().servers.get(name);
        if (definition) listener(statusOf(definition));
      }),
  };
}

function operatorOf(
  { snapshot }: Ground,
  { catalogues, upstreams }: Servers,
  { views, ...more }: { views: Views; about: () => GatewayReport; live: Live } & Pick<Operator, 'explain' | 'rules'>,
): Operator {
  return makeOperator({
    ...{ ...more, catalogues, upstreams, servers: () => snapshot().servers, overlay: () => snapshot().overlay },
    withheld: () => withheldEntries(snapshot(), views, LOCAL_USER),
  });
}
