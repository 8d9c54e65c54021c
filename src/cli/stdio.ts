/*
 * `gatewright stdio`: the whole gateway for a client that can only start a program.
 *
 * Where a gateway runs with the same configuration the client is joined to it through the operator's socket, so that no
 * server runs twice; else a gateway of its own serves it and opens no port. With `--url` it is led to an address instead
 * (`stdio-url.ts`). Nothing but MCP is written to stdout.
 */
import { resolve } from 'node:path';
import { openTunnel } from '../client/line-tunnel.ts';
import { configSource, serveSettings } from './config-source.ts';
import { dataDirOf } from './data-dir.ts';
import type { Desk } from './desk/desk.ts';
import { Failure, startExitCode } from './desk/failure.ts';
import { findRunning, loadOwn, newestRunning } from './desk/reach.ts';
import type { CliIo, RunningGateway } from './io.ts';
import { joined } from './stdio-join.ts';
import { stdioAtUrl } from './stdio-url.ts';
import { plain } from './terminal.ts';
import { EXIT } from './usage.ts';
import { versionText } from './version.ts';

export async function stdio(desk: Desk): Promise<number> {
  const endpoint = desk.run.operands[0] ?? '';
  if (desk.run.values.has('url')) return stdioAtUrl(endpoint, desk);
  if (desk.run.values.has('header')) throw new Failure('--header goes with --url URL.', EXIT.usage.code);
  const settings = serveSettings(desk.run.values, desk.io.env);
  if (!settings.ok) throw new Failure(settings.say, EXIT.usage.code);
  const found = runningHere(desk);
  const tunnel = found && (await openTunnel(found.socket, endpoint));
  if (tunnel === 'unknown') throw noEndpoint(endpoint);
  return tunnel ? joined(tunnel, desk) : serveOwn(endpoint, settings.logLevel, desk);
}

/** Of the gateways that run, the one with the file that would be served here. */
function runningHere({ run, io }: Desk) {
  const source = configSource(run.values, io.env);
  return 'path' in source ? newestRunning(resolve(source.path), run.values, io) : findRunning(run, io);
}

async function serveOwn(endpoint: string, logLevel: string, { run, io, signal }: Desk): Promise<number> {
  const config = await loadOwn(run.values, io);
  const dataDir = dataDirOf(run.values, io.env);
  const options = { version: versionText(), logLevel, dataDir, listens: false };
  const gateway = await io.startGateway(config, options).catch((thrown: Error) => {
    throw new Failure(`The gateway could not start: ${thrown.message}`, startExitCode(thrown));
  });
  const stop = Promise.withResolvers<void>();
  signal.addEventListener('abort', () => stop.resolve(), { once: true });
  try {
    if (!gateway.hasEndpoint(endpoint)) throw noEndpoint(endpoint);
    await Promise.race([firstLists(gateway), stop.promise]);
    return await Promise.race([served(gateway, endpoint, io), stop.promise.then(() => EXIT.ok.code)]);
  } finally {
    await gateway.stop();
  }
}

async function served(gateway: RunningGateway, endpoint: string, io: CliIo): Promise<number> {
  if ((await gateway.serve(endpoint, io.pipes())) === 'finished') return EXIT.ok.code;
  throw new Failure('The client went away, or left unread what it was sent.');
}

/** So long the first lists may be waited for: a client that asks earlier is told of the others as they come. */
const FIRST_LISTS_MS = 5_000;

/** Resolves when each server has lists to show, be they remembered ones, or cannot be reached. */
async function firstLists(gateway: RunningGateway): Promise<void> {
  const isShown = () =>
    gateway.servers().every(({ state, revision }) => state !== 'starting' || revision !== undefined);
  if (isShown()) return;
  const patience = Promise.withResolvers<void>();
  const timer = setTimeout(patience.resolve, FIRST_LISTS_MS);
  await Promise.race([gateway.settled, patience.promise]);
  clearTimeout(timer);
}

function noEndpoint(name: string): Failure {
  return new Failure(`There is no server or endpoint "${plain(name)}".`, EXIT.unknown.code);
}
