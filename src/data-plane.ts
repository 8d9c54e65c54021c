/*
 * The data plane, put together: what every part stands on, the servers, the rings, the ways in. A part of the composition
 * root.
 */
import type { Server } from 'node:http';
import { join } from 'node:path';
import { makeOperator, serverStatus } from './control/operator.ts';
import { answerOperator, takesBody } from './control/operator-api.ts';
import type { Instance } from './instance/instance.ts';
import type { Emit, Event } from './model/event.ts';
import type { GatewayReport, Operator, ServerStatus } from './model/operator.ts';
import { LOCAL_USER } from './model/principal.ts';
import type { ServerDefinition, Snapshot } from './model/snapshot.ts';
import { KeyFileAt } from './ops/key-file.ts';
import { ListFilesIn } from './ops/list-files.ts';
import type { ListenerTls } from './ops/listener-tls.ts';
import type { Logger } from './ops/log.ts';
import { aboutCall, logEvent, logFailure } from './ops/log-events.ts';
import { Metrics } from './ops/metrics.ts';
import { addReadings } from './ops/readings.ts';
import { buildAuth } from './proxy/auth/build.ts';
import { buildBridge } from './proxy/bridge/build.ts';
import { Current } from './proxy/current.ts';
import { type AdminDesk, createAdminDoor } from './proxy/doors/admin-desk.ts';
import { buildDoors, type Doors } from './proxy/doors/build.ts';
import type { ListenerParts } from './proxy/doors/listener.ts';
import type { McpParts } from './proxy/doors/mcp-parts.ts';
import type { KeptHealth } from './proxy/doors/open-pages.ts';
import { proxiesIn } from './proxy/egress/proxies.ts';
import { explainer } from './proxy/explain/explain.ts';
import { ruleQuestions } from './proxy/explain/rule-questions.ts';
import { begin } from './proxy/follow.ts';
import { InFlight } from './proxy/limit/in-flight.ts';
import { Streams } from './proxy/limit/streams.ts';
import { type Live, liveFacts } from './proxy/live/live.ts';
import { buildPipeline } from './proxy/pipeline.ts';
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
import type { StartOptions } from './running.ts';
import { knownMethods } from './wire/codecs.ts';

/** What every part stands on. */
function buildGround(first: Snapshot, log: Logger, { version, dataDir, clock, now, env }: Placed) {
  const metrics = new Metrics(knownMethods());
  const listeners = new Set<Emit>();
  const emit = (event: Event) => {
    metrics.count(event);
    logEvent(log, event);
    for (const listener of listeners) listener(event);
  };
  const current = new Current(first);
  return {
    current,
    ...{ log, metrics, emit, clock, wheel: new TimerWheel(clock) },
    ...{ now, keyFile: (name: string) => new KeyFileAt(join(dataDir, name)) },
    onFailure: (what: string, err: unknown) => log.warn({ err }, what),
    ...{ snapshot: () => current.now, limits: () => current.now.limits, proxyOf: proxiesIn(env) },
    identity: JSON.stringify({ name: 'gatewright', title: 'Gatewright', version }),
    onEvent: (listener: Emit) => listeners.add(listener),
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
export interface Placed extends StartOptions, Clocks {
  readonly env: NodeJS.ProcessEnv;
  readonly instance: Instance;
  readonly tls: ListenerTls['pair'];
  readonly about: () => GatewayReport;
  readonly secrets: Operator['secrets'];
  /** The admin API, for who knows what to hand it; undefined where it is not served. */
  readonly desk: ((operator: Operator, emit: Emit) => ServedDesk | undefined) | undefined;
}

export interface Clocks {
  /** Milliseconds that only ever go forward. */
  readonly clock: () => number;
  /** Wall clock. */
  readonly now: () => number;
}

/** Where the admin API is served: on the listener of the gateway, or on one of its own. */
export interface ServedDesk {
  readonly desk: AdminDesk;
  readonly own: { readonly tls: ListenerTls['pair'] } | undefined;
  /** What anybody is told of the store. */
  readonly kept: () => KeptHealth;
}

export type DataPlane = ReturnType<typeof buildDataPlane>;

export function buildDataPlane(first: Snapshot, log: Logger, placed: Placed) {
  const ground = buildGround(first, log, placed);
  const { snapshot, limits, wheel, emit, metrics } = ground;
  const servers = serversOn(ground, placed);
  const { catalogues, upstreams } = servers;
  const views = new Views(snapshot, catalogues, emit);
  void views.expect();
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
  const stop = () => stopAll({ ...ground, ...servers, ...doors, sessions, streams, draining });
  return { ...servers, ...mcpParts, ...beginnings(ground, servers), ...statusesOf(ground, catalogues), ...doors, stop };
}

function beginnings({ current, onEvent }: Ground, { memory, upstreams }: Servers) {
  return {
    ...{ current, onEvent },
    /** What is remembered of the servers is there before the first client is. */
    recall: () => memory.recall(current.now.servers.values()),
    begin: () => begin({ current, memory, upstreams }),
  };
}

interface WaysIn extends Doors {
  /** Of the admin API, where it has a listener of its own. */
  readonly adminDoor: Server | undefined;
  readonly isDeskServed: boolean;
  readonly doors: readonly Server[];
}

function buildWaysIn(
  ground: Ground,
  servers: Servers,
  mcpParts: McpParts & { readonly inFlight: InFlight },
  { tls, about, draining, desk, secrets }: Placed & { readonly draining: { readonly now: boolean } },
): WaysIn {
  const { snapshot, emit, log, metrics } = ground;
  const auth = buildAuth({ ...ground, listener: () => about().url });
  auth.prepare();
  const asked = { ...ground, ...servers, ...auth, views: mcpParts.views, serversRun: true };
  const [explain, rules] = [explainer(asked), ruleQuestions(asked)];
  const live = liveFacts({ ...ground, ...servers, ...mcpParts });
  const operator = operatorOf(ground, servers, { views: mcpParts.views, about, explain, rules, live, secrets });
  const served = desk?.(operator, emit);
  const told: Pick<ListenerParts, 'log'> = { log: (error, where) => logFailure(log, error, { ...where }) };
  const doors = buildDoors({
    ...{ snapshot, emit, mcpParts, catalogues: servers.catalogues, draining, tls, ...told },
    ...auth,
    metrics: () => metrics.text(),
    operator: { takesBody, answer: (question) => answerOperator(operator, question) },
    ...{ desk: served?.own ? undefined : served?.desk, kept: served?.kept },
  });
  const isDraining = () => draining.now;
  const own = served?.own && { ...told, desk: served.desk, tls: served.own.tls, snapshot, emit, isDraining };
  const adminDoor = own && createAdminDoor(own);
  const all = [doors.door, doors.socketDoor, ...(adminDoor ? [adminDoor] : [])];
  return { ...doors, adminDoor, isDeskServed: served !== undefined, doors: all };
}

function statusesOf({ snapshot, onEvent }: Ground, catalogues: Catalogues) {
  const statusOf = (each: ServerDefinition) =>
    serverStatus(each, catalogues.of(each.name), snapshot().overlay.servers.get(each.name));
  const statuses = () => [...snapshot().servers.values()].map(statusOf);
  return {
    statuses,
    onState: (listener: (server: ServerStatus) => void) =>
      onEvent((event) => {
        if (event.type !== 'server_state') return;
        const definition = snapshot().servers.get(event.server);
        if (definition) listener(statusOf(definition));
      }),
  };
}

function operatorOf(
  { snapshot }: Ground,
  { catalogues, upstreams }: Servers,
  {
    views,
    ...more
  }: { views: Views; about: () => GatewayReport; live: Live } & Pick<Operator, 'explain' | 'rules' | 'secrets'>,
): Operator {
  return makeOperator({
    ...{ ...more, catalogues, upstreams, servers: () => snapshot().servers, overlay: () => snapshot().overlay },
    withheld: () => withheldEntries(snapshot(), views, LOCAL_USER),
  });
}
