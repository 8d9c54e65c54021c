/*
 * `run.json`: what a running gateway says about itself to others on the same host, among them the command line.
 *
 *   <data folder>/gateways/<instance>/run.json
 *
 * It is replaced as a whole, so that nobody reads half of it. Whether its gateway still runs, only its process tells.
 */
import { readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Host, placeOf, thisHost } from './host.ts';
import { isSameProcess } from './process-identity.ts';

export interface RunFile {
  /** 8 characters of [a-z0-9]. */
  readonly instance: string;
  readonly pid: number;
  /** When the process was born; only to be compared (process-identity.ts). */
  readonly startTime: string;
  /** Without a path; `''` until it listens. */
  readonly url: string;
  /** The configuration file, absolute. */
  readonly config: string;
  readonly version: string;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly host: Host;
}

/** A gateway that runs on this host. */
export interface FoundGateway extends RunFile {
  /** Its folder, where its socket is. */
  readonly folder: string;
}

export const gatewaysFolder = (dataDir: string): string => join(dataDir, 'gateways');

export function writeRunFile(folder: string, run: RunFile): void {
  const path = join(folder, 'run.json');
  writeFileSync(`${path}.new`, `${JSON.stringify(run, undefined, 2)}\n`, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

/** Undefined when there is none, or one that this version cannot read. */
export function readRunFile(folder: string): RunFile | undefined {
  try {
    const run: unknown = JSON.parse(readFileSync(join(folder, 'run.json'), 'utf8'));
    return isRunFile(run) ? run : undefined;
  } catch {
    return undefined;
  }
}

/** Those that listen, the newest first. Empty when the folder is not there. */
export function runningGateways(dataDir: string): FoundGateway[] {
  const here = thisHost();
  const found = instanceFolders(dataDir).flatMap((folder) => {
    const run = readRunFile(folder);
    return run !== undefined && run.url !== '' && isRunning(run, here) ? [{ ...run, folder }] : [];
  });
  return found.sort((a, b) => (a.startedAt < b.startedAt ? 1 : -1));
}

export function isRunning(run: RunFile, here: Host): boolean {
  return placeOf(run.host, here) === 'here' && isSameProcess(run.pid, run.startTime);
}

/** All folders below `gateways/`, also those whose gateway is still being born. */
export function instanceFolders(dataDir: string): string[] {
  const gateways = gatewaysFolder(dataDir);
  try {
    return readdirSync(gateways).map((name) => join(gateways, name));
  } catch {
    return [];
  }
}

const TEXTS = ['instance', 'startTime', 'url', 'config', 'version', 'startedAt'] as const;

function isRunFile(value: unknown): value is RunFile {
  if (typeof value !== 'object' || value === null) return false;
  const run = value as Record<string, unknown>;
  const host = (run.host ?? {}) as Record<string, unknown>;
  const texts = [...TEXTS.map((name) => run[name]), host.name, host.boot, host.namespace];
  return Number.isSafeInteger(run.pid) && Number(run.pid) > 0 && texts.every((text) => typeof text === 'string');
}
