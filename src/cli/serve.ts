/*
 * `gatewright serve`: load, listen, tell, wait for a signal, stop.
 *
 * The first SIGINT or SIGTERM stops gracefully, the second at once. Signals count from the first moment, so that one
 * that comes while the gateway starts is not lost.
 */
import type { Config } from '../config/config.ts';
import { type Loaded, loadConfig, type Overrides } from '../config/load.ts';
import type { Problem } from '../config/problem.ts';
import { type Announcer, announcerForPeople, announcerForPrograms } from './announce.ts';
import type { Values } from './arguments.ts';
import { printProblems, printWarnings } from './check.ts';
import { configSource, ownFile, serveSettings } from './config-source.ts';
import { dataDirOf } from './data-dir.ts';
import { startExitCode } from './desk/failure.ts';
import { firstStart } from './first-start.ts';
import type { CliIo, RunningGateway, ServerStatus, StartOptions } from './io.ts';
import { keepReloading } from './reload.ts';
import { jsonLine, plain } from './terminal.ts';
import { EXIT } from './usage.ts';

/** Everything one run of `serve` needs. */
interface Serving {
  readonly config: Config;
  readonly options: StartOptions;
  readonly announcer: Announcer;
  /** Where it came from, and how it is read again; undefined where it stands in no file of its own. */
  readonly source: Source | undefined;
  readonly json: boolean;
  readonly io: CliIo;
}

interface Source {
  readonly path: string;
  /** @param listensOn Where it listens already. */
  readonly load: (listensOn?: string) => Promise<Loaded>;
}

export async function serve(values: Values, version: string, io: CliIo): Promise<number> {
  const json = values.has('json');
  const settings = serveSettings(values, io.env);
  if (!settings.ok) {
    io.err(`gatewright: ${settings.say}\n`);
    return EXIT.usage.code;
  }
  const { overrides } = settings;
  const at = configSource(values, io.env);
  const source = 'path' in at ? sourceAt(at.path, overrides, io) : undefined;
  const config = source
    ? await firstLoaded(source, json, io)
    : await firstStart({ values, overrides, ownFile: ownFile(io.env), json, io });
  if (typeof config === 'number') return config;
  const announcer = json ? announcerForPrograms(version, io) : announcerForPeople(version, config, io);
  const { logLevel, adminPasswordFile } = settings;
  const options = { version, logLevel, dataDir: dataDirOf(values, io.env), adminPasswordFile };
  return run({ config, source, options, announcer, json, io });
}

function sourceAt(path: string, overrides: Overrides, io: CliIo): Source {
  const { conditions } = io;
  const options = (listensOn: string | undefined) =>
    listensOn === undefined ? { conditions } : { conditions, listensOn };
  return { path, load: (listensOn) => loadConfig(path, io.env, overrides, options(listensOn)) };
}

/** What to serve, or the exit code. */
async function firstLoaded({ load }: Source, json: boolean, io: CliIo): Promise<Config | number> {
  const loaded = await load();
  if (json) reportJson(loaded.ok ? [] : loaded.problems, loaded.warnings, io);
  else printWarnings(loaded.warnings, io);
  if (loaded.ok) return loaded.config;
  if (!json) printProblems(loaded.problems, io);
  return EXIT.config.code;
}

function reportJson(problems: readonly Problem[], warnings: readonly Problem[], io: CliIo): void {
  for (const warning of warnings) io.out(jsonLine({ event: 'warning', ...warning }));
  if (problems.length > 0) io.out(jsonLine({ event: 'invalid', problems }));
}

async function run(serving: Serving): Promise<number> {
  const first = Promise.withResolvers<void>();
  const second = Promise.withResolvers<number>();
  let signals = 0;
  const forget = serving.io.onSignal(() => {
    signals++;
    if (signals === 1) first.resolve();
    else second.resolve(EXIT.failed.code);
  });
  try {
    return await Promise.race([untilStopped(serving, first.promise), second.promise]);
  } finally {
    forget();
  }
}

async function untilStopped(serving: Serving, asked: Promise<void>): Promise<number> {
  const { announcer } = serving;
  const gateway = await started(serving);
  if (typeof gateway === 'number') return gateway;
  announcer.listening(gateway.url);
  let stopping = false;
  tellFirsts(gateway, announcer);
  tellServers(gateway, announcer, () => stopping);
  const stopReloading = reloading(serving, gateway);
  await asked;
  stopping = true;
  stopReloading();
  announcer.stopping();
  await gateway.stop();
  announcer.stopped();
  return EXIT.ok.code;
}

function reloading({ source, config, announcer, io }: Serving, gateway: RunningGateway): () => void {
  if (!source) return () => {};
  const load = () => source.load(config.listen.host);
  return keepReloading({ path: source.path, load, gateway, io, telling: announcer });
}

/** The gateway, or the exit code. */
async function started({ config, options, json, io }: Serving): Promise<RunningGateway | number> {
  try {
    return await io.startGateway(config, options);
  } catch (thrown) {
    const say = startFailure(thrown, config);
    if (json) io.out(jsonLine({ event: 'failed', say }));
    else io.err(`gatewright: ${plain(say)}\n`);
    return startExitCode(thrown);
  }
}

function tellFirsts({ madeKeyFile, firstAdmin, adminUrl }: RunningGateway, announcer: Announcer): void {
  if (madeKeyFile !== undefined) announcer.keyMade(madeKeyFile);
  void firstAdmin.then((first) => first && announcer.firstAdmin(first, adminUrl));
}

function tellServers(gateway: RunningGateway, announcer: Announcer, quiet: () => boolean): void {
  const told = new Map<string, string>();
  const tell = (status: ServerStatus) => {
    const key = JSON.stringify(status);
    if (quiet() || status.state === 'starting' || told.get(status.name) === key) return;
    told.set(status.name, key);
    announcer.server(status);
  };
  gateway.onServerState(tell);
  gateway.servers().forEach(tell);
  void gateway.settled.then(() => {
    if (!quiet()) announcer.ready(gateway.servers(), gateway.url);
  });
}

/** What the system refused, and the way out. */
export function startFailure(thrown: unknown, { listen }: Config): string {
  const { code, message } = thrown as NodeJS.ErrnoException;
  const at = `${listen.host}:${listen.port}`;
  if (code === 'EADDRINUSE') return `Port ${listen.port} is already in use (${at}). Choose another one with --port.`;
  if (code === 'EACCES') return `This user may not listen on port ${listen.port}. Choose one above 1023 with --port.`;
  if (code === 'EADDRNOTAVAIL') return `${listen.host} is not an address of this machine. Choose one with --host.`;
  if (code === 'ENOTFOUND') return `The host name ${listen.host} is not known. Choose an address with --host.`;
  return `The gateway could not start: ${message ?? 'unknown reason'}`;
}
