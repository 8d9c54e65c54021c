/*
 * This gateway among those that share a data folder: a folder of its own, by which others find it and clean up after it.
 *
 *   <data folder>/gateways/<instance>/     run.json   who it is and where it listens (run-file.ts)
 *                                          groups     what it has started (group-record.ts)
 *                                          socket     where its operator speaks to it
 *
 * The folder goes with a clean stop. When a gateway was killed, the next one that starts kills what it has left and
 * removes the folder (sweep.ts). Several gateways may share one data folder; none touches what is of a living one.
 */
import { randomInt } from 'node:crypto';
import { lstatSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { GroupRecord } from './group-record.ts';
import { thisHost } from './host.ts';
import { startTimeOf } from './process-identity.ts';
import { gatewaysFolder, type RunFile, writeRunFile } from './run-file.ts';
import { type Swept, sweep } from './sweep.ts';

export interface InstanceFacts {
  readonly config: string;
  readonly version: string;
  /** ISO 8601. */
  readonly startedAt: string;
  /** Hears of what goes wrong later and is not worth stopping for. */
  readonly onFailure: (what: string, error: unknown) => void;
}

export interface Instance {
  readonly id: string;
  readonly folder: string;
  /** What was found of dead gateways, and removed. */
  readonly swept: readonly Swept[];
  readonly groups: GroupRecord;
  /** From now on others find it. */
  listening(url: string): void;
  /** Removes the folder. All groups must be gone. */
  close(): void;
}

/** Cleans up after the dead, then takes a place among the living. Throws when the data folder cannot be used. */
export function openInstance(dataDir: string, facts: InstanceFacts): Instance {
  ownFolder(dataDir);
  ownFolder(gatewaysFolder(dataDir));
  const swept = sweep(dataDir);
  const run = runOf(facts);
  const folder = join(gatewaysFolder(dataDir), run.instance);
  takePlace(folder, run);
  return {
    id: run.instance,
    folder,
    swept,
    groups: new GroupRecord(folder, (error) => facts.onFailure('groups are not recorded', error)),
    listening: (url) => writeRunFile(folder, { ...run, url }),
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function runOf({ config, version, startedAt }: InstanceFacts): RunFile {
  const { pid } = process;
  return {
    ...{ instance: newId(), pid, startTime: startTimeOf(pid), url: '' },
    ...{ config, version, startedAt, host: thisHost() },
  };
}

/** Made under a name that says whose it is and then renamed, so that nobody takes it for one that was left behind. */
function takePlace(folder: string, run: RunFile): void {
  const unfinished = join(folder, '..', `.${run.pid}.${run.startTime}.${run.instance}`);
  mkdirSync(unfinished, { mode: 0o700 });
  writeRunFile(unfinished, run);
  renameSync(unfinished, folder);
}

/** What lies in it decides what is killed and who is operator, so it must be this user's alone to write. */
function ownFolder(path: string): void {
  madeFolder(path);
  const user = process.getuid?.();
  if (user === undefined) return;
  // A link says nothing by its mode, but whoever owns it may lead it elsewhere.
  for (const { uid } of [lstatSync(path), statSync(path)]) if (uid !== user) throw othersFolder(path);
  if ((statSync(path).mode & 0o022) !== 0)
    throw new Error(`Other users may write to the data folder ${path}. Run: chmod go-w ${path}`);
}

function othersFolder(path: string): Error {
  return new Error(`The data folder ${path} belongs to another user. Choose another with --data-dir.`);
}

function madeFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
  } catch (thrown) {
    const { code = '' } = thrown as NodeJS.ErrnoException;
    throw new Error(`The data folder ${path} ${NOT_MADE[code] ?? `cannot be made (${code})`}.`, { cause: thrown });
  }
}

const NOT_MADE: Readonly<Record<string, string>> = {
  ...{ EEXIST: 'is no folder', ENOTDIR: 'is not reachable: a part of it is no folder' },
  ...{ EACCES: 'may not be made by this user', EROFS: 'is on a file system that cannot be written' },
};

const LETTERS = 'abcdefghijklmnopqrstuvwxyz0123456789';

function newId(): string {
  return Array.from({ length: 8 }, () => LETTERS[randomInt(LETTERS.length)]).join('');
}
