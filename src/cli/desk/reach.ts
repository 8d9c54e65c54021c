/*
 * The gateway that a command works with: the one that runs, or, when none does, one of the command's own that has only
 * the servers which are needed, opens no port and ends with the command.
 *
 * The work is the same in both cases, because both are spoken to over the operator's socket.
 */
import { resolve } from 'node:path';
import { OperatorClient } from '../../client/operator-client.ts';
import type { Config } from '../../config/config.ts';
import { loadConfig } from '../../config/load.ts';
import { type FoundGateway, runningGateways } from '../../instance/run-file.ts';
import { HAS_SOCKETS, socketIn } from '../../instance/socket-file.ts';
import type { Run, Values } from '../arguments.ts';
import { printProblems } from '../check.ts';
import { configSource, firstFileText } from '../config-source.ts';
import { dataDirOf } from '../data-dir.ts';
import type { CliIo, RunningGateway } from '../io.ts';
import { plain } from '../terminal.ts';
import { EXIT } from '../usage.ts';
import { versionText } from '../version.ts';
import type { Desk } from './desk.ts';
import { Failure, startExitCode } from './failure.ts';
import { StatusLine } from './status-line.ts';

/** Of the servers there are, those that the command needs. */
export type Need = (servers: readonly string[]) => readonly string[];

export interface Reached {
  readonly operator: OperatorClient;
  readonly close: () => Promise<void>;
}

/** Throws `Failure`. */
export async function reach(desk: Desk, need: Need): Promise<Reached> {
  if (!HAS_SOCKETS) throw new Failure('This command needs Unix sockets, which are not available on Windows yet.');
  const found = findRunning(desk.run, desk.io);
  if (found) return { operator: new OperatorClient(found.socket), close: async () => {} };
  return startOwn(desk, await loadOwn(desk.run.values, desk.io), need);
}

/** The one that runs, for commands that mean nothing without. Throws `Failure`. */
export function reachRunning({ run, io }: Desk): OperatorClient {
  const found = findRunning(run, io);
  if (!found)
    throw new Failure(`No gateway is running${whichConfig(run.values, io)}. Start one with: gatewright serve`);
  return new OperatorClient(found.socket);
}

interface Found extends FoundGateway {
  readonly socket: string;
}

/** Undefined when there is none that fits. Throws `Failure` when it is not clear which is meant. */
export function findRunning({ values }: Pick<Run, 'values'>, io: CliIo): Found | undefined {
  const all = reachable(values, io);
  const instance = values.get('instance');
  if (instance !== undefined) {
    const named = all.find((gateway) => gateway.instance === instance);
    if (named) return named;
    throw new Failure(`No gateway "${String(instance)}" is running.${listed(all)}`, EXIT.unknown.code);
  }
  const config = configNamed(values, io);
  const fitting = config === undefined ? all : all.filter((gateway) => gateway.config === config);
  if (fitting.length > 1)
    throw new Failure(
      `${fitting.length} gateways are running; say which with --instance.${listed(fitting)}`,
      EXIT.usage.code,
    );
  return fitting[0];
}

/** The newest with this file. Which one a program is joined to does not matter, for they serve the same. */
export function newestRunning(config: string, values: Values, io: CliIo): Found | undefined {
  return reachable(values, io).find((gateway) => gateway.config === config);
}

/** Whatever it serves, it has this data folder. */
export function isInUse(values: Values, io: CliIo): boolean {
  return reachable(values, io).length > 0;
}

/** The newest first. */
function reachable(values: Values, io: CliIo): Found[] {
  return runningGateways(dataDirOf(values, io.env)).flatMap((gateway) => {
    const socket = socketIn(gateway.folder);
    return socket === undefined ? [] : [{ ...gateway, socket }];
  });
}

function listed(gateways: readonly Found[]): string {
  return gateways.map(({ instance, url, config }) => `\n  --instance ${instance}  ${url}  ${config}`).join('');
}

/** Absolute; undefined when none was named. */
function configNamed(values: Values, { env }: CliIo): string | undefined {
  const named = values.get('config') ?? env.GATEWRIGHT_CONFIG;
  return typeof named === 'string' && named !== '' ? resolve(named) : undefined;
}

function whichConfig(values: Values, io: CliIo): string {
  const config = configNamed(values, io);
  return config === undefined ? '' : ` with ${config}`;
}

export async function loadOwn(values: Values, io: CliIo): Promise<Config> {
  const source = configSource(values, io.env);
  if ('missing' in source) throw new Failure(firstFileText(plain(source.missing)), EXIT.config.code, 'lines');
  const loaded = await loadConfig(source.path, io.env, {}, { conditions: io.conditions });
  if (loaded.ok) return loaded.config;
  printProblems(loaded.problems, io);
  throw new Failure('', EXIT.config.code);
}

async function startOwn({ run, io, signal }: Desk, config: Config, need: Need): Promise<Reached> {
  const dataDir = dataDirOf(run.values, io.env);
  const options = { version: versionText(), logLevel: 'silent', dataDir, listens: false, need };
  const gateway = await io.startGateway(config, options).catch((thrown: Error) => {
    throw new Failure(`The servers could not be started: ${thrown.message}`, startExitCode(thrown));
  });
  const close = () => gateway.stop();
  try {
    await untilSettled(gateway, io, signal);
    if (gateway.socket === undefined) throw new Failure('The servers could not be reached.');
    return { operator: new OperatorClient(gateway.socket), close };
  } catch (thrown) {
    await close();
    throw thrown;
  }
}

async function untilSettled(gateway: RunningGateway, io: CliIo, signal: AbortSignal): Promise<void> {
  const line = new StatusLine(io);
  const tell = () => {
    const servers = gateway.servers();
    const starting = servers.filter(({ state }) => state === 'starting').map(({ name }) => name);
    if (starting.length > 0)
      line.show(`Starting ${starting.join(', ')} (${servers.length - starting.length} of ${servers.length} done)`);
  };
  tell();
  gateway.onServerState(tell);
  const aborted = Promise.withResolvers<never>();
  const abort = () => aborted.reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  try {
    signal.throwIfAborted();
    await Promise.race([gateway.settled, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', abort);
    line.end();
  }
}
