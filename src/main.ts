/*
 * The composition root: with the files that it joins (`data-plane.ts`, `control-plane.ts`) the only one that knows all parts.
 * Builds outside-in, starts inside-out, stops in reverse.
 */
import type { Server } from 'node:http';
import { join } from 'node:path';
import type { Config } from './config/config.ts';
import { snapshotOf } from './config/snapshot.ts';
import { type ControlPlane, openControlPlane } from './control-plane.ts';
import { buildDataPlane, type Clocks, type DataPlane, type Placed } from './data-plane.ts';
import { type Instance, openInstance } from './instance/instance.ts';
import { listenOnSocket, type SocketFile } from './instance/socket-file.ts';
import type { SecretsDesk } from './model/operator.ts';
import { ListFilesIn } from './ops/list-files.ts';
import { listen } from './ops/listener.ts';
import { ListenerTls } from './ops/listener-tls.ts';
import { createLog, type Logger } from './ops/log.ts';
import { proxiesIn } from './proxy/egress/proxies.ts';
import { explainerByFile } from './proxy/explain/by-file.ts';
import type { Explain } from './proxy/explain/explain.ts';
import { follow } from './proxy/follow.ts';
import { conditionFault } from './proxy/policy/condition/condition.ts';
import { type About, reloads } from './reload.ts';
import type { FirstAdmin, RunningGateway, StartOptions } from './running.ts';

export { conditionFault };

const CLOCKS: Clocks = { clock: () => performance.now(), now: () => Date.now() };

/** Rejects with the listener's error (`EADDRINUSE`, `EACCES` …), or with an `Error` of one line for operators. */
export async function startGateway(config: Config, options: StartOptions): Promise<RunningGateway> {
  const log = createLog(options.logLevel);
  const ends = new Ends();
  try {
    const tls = await tlsOf(config, options, log, ends);
    const instance = instanceOf(config, options, log);
    ends.add(() => instance.close());
    const place = { ...options, ...CLOCKS, env: process.env, node: instance.id, log };
    const control = await openControlPlane(config, place);
    ends.add(() => control.close());
    return await started(config, { ...place, instance, tls, control, ends });
  } catch (error) {
    await ends.run();
    throw error;
  }
}

interface Starting extends Omit<Placed, 'tls' | 'about' | 'secrets' | 'desk'> {
  readonly log: Logger;
  readonly tls: Record<'door' | 'admin', ListenerTls>;
  readonly control: ControlPlane;
  readonly ends: Ends;
}

async function started(config: Config, starting: Starting): Promise<RunningGateway> {
  const { log, tls, control, instance, ends, listens } = starting;
  const about: About = aboutOf(instance, config, starting);
  const { plane, desk } = planeOf(config, about, starting);
  const sockets: SocketFile[] = [];
  ends.add(async () => {
    await plane.stop();
    for (const socket of sockets) socket.remove();
  });
  await plane.recall();
  sockets.push(...(await openSocket(plane.socketDoor, instance.folder, log)));
  about.url = listens === false ? '' : await listen(plane.door, config.listen);
  const ownUrl = plane.adminDoor && config.control.listen && (await listen(plane.adminDoor, config.control.listen));
  tls.door.keep(plane.door);
  if (plane.adminDoor) tls.admin.keep(plane.adminDoor);
  instance.listening(about.url);
  plane.begin();
  const apply = control.publishing.follow((next) => follow(plane, control.narrowed(next)));
  desk?.open().catch((err: unknown) => log.error({ err }, 'the admin API cannot be served'));
  return {
    ...{ url: about.url, socket: sockets[0]?.path, adminUrl: desk ? (ownUrl ?? about.url) : '' },
    ...{ ...asSeen(plane), ...reloads(apply, config, about, log), stop: () => ends.run() },
    ...firstsOf(control, starting),
  };
}

/** The data plane on the snapshot of now, with what of the control plane it serves. */
function planeOf(config: Config, about: About, { control, tls, ...starting }: Starting) {
  const { publishing, managed } = control;
  let attached: ReturnType<NonNullable<typeof managed>['attach']> | undefined;
  const desk: Placed['desk'] = (operator, emit) => {
    attached = managed?.attach(operator, emit);
    const own = config.control.listen && { tls: tls.admin.pair };
    return attached && config.control.isServed ? { desk: attached.desk, own, kept: attached.storeNow } : undefined;
  };
  const plane = buildDataPlane(control.first, starting.log, {
    ...{ ...starting, about: () => about, tls: tls.door.pair, secrets: managed?.secrets },
    desk: starting.listens === false ? undefined : desk,
  });
  if (attached) plane.onEvent(attached.take);
  return { plane, desk: plane.isDeskServed ? attached?.desk : undefined, publishing };
}

function firstsOf(
  { managed }: ControlPlane,
  { listens }: StartOptions,
): {
  readonly firstAdmin: Promise<FirstAdmin | undefined>;
  readonly madeKeyFile: string | undefined;
} {
  if (listens === false || !managed) return { firstAdmin: Promise.resolve(undefined), madeKeyFile: undefined };
  return { firstAdmin: managed.firstAdmin(), madeKeyFile: managed.madeKeyFile };
}

/** What is to be ended when the gateway stops, or when it cannot start: what came last ends first. */
class Ends {
  readonly #ends: (() => Promise<void> | void)[] = [];

  add(end: () => Promise<void> | void): void {
    this.#ends.unshift(end);
  }

  async run(): Promise<void> {
    const faults: unknown[] = [];
    // One that fails keeps no other from ending: what is left open would keep the process.
    for (const end of this.#ends.splice(0)) await endedBy(end).catch((fault: unknown) => faults.push(fault));
    if (faults.length > 0) throw faults[0];
  }
}

async function endedBy(end: () => Promise<void> | void): Promise<void> {
  await end();
}

async function tlsOf({ listen: at, control }: Config, { listens }: StartOptions, log: Logger, ends: Ends) {
  const open = async (paths: Parameters<typeof ListenerTls.open>[0]) => {
    const opened = await ListenerTls.open(listens === false ? undefined : paths, log);
    ends.add(() => opened.close());
    return opened;
  };
  return { door: await open(at.tls), admin: await open(control.isServed ? control.listen?.tls : undefined) };
}

/** The stored secrets without a gateway, for the command line. */
export async function openSecrets(config: Config, dataDir: string): Promise<SecretsDesk & { close(): Promise<void> }> {
  const { openSecrets: open } = await import('./managed.ts');
  return open(config, { dataDir, env: process.env, now: CLOCKS.now });
}

/** Gives a stored user another password, which is told once. Undefined when there is no such user. */
export async function resetPassword(config: Config, dataDir: string, user: string): Promise<FirstAdmin | undefined> {
  const { resetPassword: reset } = await import('./managed.ts');
  return reset(config, { dataDir, env: process.env, now: CLOCKS.now }, user);
}

/** Explains without a gateway, by the file alone. */
export function explainByFile(config: Config, dataDir: string): Promise<Explain> {
  const files = new ListFilesIn(join(dataDir, 'lists'));
  return explainerByFile(snapshotOf(config), { ...CLOCKS, files, at: config.listen, proxyOf: proxiesIn(process.env) });
}

function aboutOf({ id }: Instance, { source }: Config, { version }: StartOptions): About {
  return { instance: id, pid: process.pid, version, url: '', config: source, faults: [] };
}

function asSeen(plane: DataPlane) {
  return {
    ...{ servers: plane.statuses, onServerState: plane.onState },
    settled: plane.upstreams.settled(),
    serve: async (...[endpoint, pipes]: Parameters<RunningGateway['serve']>) => plane.pipes.serve(endpoint, pipes),
    hasEndpoint: (name: string) => plane.current.now.endpoints.has(name),
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
