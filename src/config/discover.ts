/*
 * What the clients of this user have: every server of every file that is there, each once, under one name.
 *
 * Nothing in the current folder is looked at (`clients.ts` says why). A file that cannot be read, and a server that
 * lacks something, are said and take nothing else with them.
 */
import { statSync } from 'node:fs';
import { CLIENTS, type Client, type ClientHome } from './clients.ts';
import type { ServerConfig } from './config.ts';
import { joined, type Origin } from './join.ts';
import { loadConfig, type SetAside } from './load.ts';
import { startsGateway } from './own-entry.ts';
import type { Problem } from './problem.ts';

export interface FoundServer {
  readonly server: ServerConfig;
  /** Every file that has it, in the order of the clients. */
  readonly from: readonly Origin[];
}

export interface LeftOut {
  /** As the file has it. */
  readonly name: string;
  readonly from: Origin;
  readonly why: 'disabled' | 'gatewright' | 'faulty';
  /** What is wrong with a faulty one. */
  readonly problems: readonly Problem[];
}

export interface Found {
  readonly files: readonly Origin[];
  readonly servers: readonly FoundServer[];
  readonly leftOut: readonly LeftOut[];
  /** Files that could not be read, and what was passed over in those that could. */
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
}

/** @param ownPort Where this gateway will listen: an entry that leads there would lead to itself. */
export async function discover(at: ClientHome, ownPort: number): Promise<Found> {
  const files = CLIENTS.flatMap((client) => presentFiles(client, at));
  const read = await Promise.all(files.map((origin) => readOne(origin, at, ownPort)));
  return {
    files,
    servers: joined(read.flatMap(({ servers }) => servers)),
    leftOut: read.flatMap(({ leftOut }) => leftOut),
    problems: read.flatMap(({ problems }) => problems),
    warnings: read.flatMap(({ warnings }) => warnings),
  };
}

function presentFiles(client: Client, at: ClientHome): Origin[] {
  const there = client.files(at).filter(isFile);
  return (client.reads === 'first' ? there.slice(0, 1) : there).map((file) => ({ client, file }));
}

/** Not a pipe or a device: reading those may never end. An empty one is how some clients begin. */
function isFile(path: string): boolean {
  try {
    const stats = statSync(path);
    return stats.isFile() && stats.size > 0;
  } catch {
    return false;
  }
}

interface ReadFile extends Omit<Found, 'files' | 'servers'> {
  readonly servers: readonly { readonly server: ServerConfig; readonly from: Origin }[];
}

async function readOne(from: Origin, { env }: ClientHome, ownPort: number): Promise<ReadFile> {
  const loaded = await loadConfig(from.file, env, {}, { faultyServers: 'setAside' });
  if (!loaded.ok) return { servers: [], leftOut: [], problems: loaded.problems, warnings: loaded.warnings };
  const { config, warnings, setAside } = loaded;
  const own = config.servers.filter((server) => startsGateway(server, ownPort));
  const others = config.servers.filter((server) => !own.includes(server));
  return {
    servers: others.filter(({ enabled }) => enabled).map((server) => ({ server, from })),
    leftOut: [
      ...own.map((server) => leftOut(server, from, 'gatewright')),
      ...others.filter(({ enabled }) => !enabled).map((server) => leftOut(server, from, 'disabled')),
      ...setAside.map((aside) => leftOut(aside, from, 'faulty', aside.problems)),
    ],
    problems: [],
    // A file of another client may well name no servers.
    warnings: warnings.filter(({ field }) => field !== ''),
  };
}

function leftOut(
  { name, title }: ServerConfig | SetAside,
  from: Origin,
  why: LeftOut['why'],
  problems: readonly Problem[] = [],
): LeftOut {
  return { name: title ?? name, from, why, problems };
}
