/*
 * What gateways that are dead have left: their process groups are killed, their folders removed.
 *
 * Only what is proven is touched. A gateway is dead when its number means another process or none; a group is its own
 * when its leader is the recorded one, or, where the leader is gone, when all members are in that leader's session. What
 * other containers or hosts have written into a shared folder is left alone, and so is a folder that somebody else could
 * have filled.
 */
import { lstatSync, rmSync } from 'node:fs';
import { basename } from 'node:path';
import { type RecordedGroup, readGroups } from './group-record.ts';
import { type Host, placeOf, thisHost } from './host.ts';
import { isLeftOver, isSameProcess, startTimeOf } from './process-identity.ts';
import { instanceFolders, type RunFile, readRunFile } from './run-file.ts';

export interface Swept {
  readonly folder: string;
  readonly groups: number;
}

/** Before anything of one's own is started. */
export function sweep(dataDir: string): Swept[] {
  const here = thisHost();
  return instanceFolders(dataDir).flatMap((folder) => {
    if (!isOurs(folder) || !isDead(folder, here)) return [];
    const run = readRunFile(folder);
    const groups = run !== undefined && placeOf(run.host, here) === 'here' ? readGroups(folder).filter(endGroup) : [];
    rmSync(folder, { recursive: true, force: true });
    return [{ folder, groups: groups.length }];
  });
}

function isDead(folder: string, here: Host): boolean {
  const run: Born | undefined = readRunFile(folder) ?? bornAs(basename(folder));
  if (run === undefined) return false;
  const place = run.host === undefined ? 'here' : placeOf(run.host, here);
  return place === 'gone' || (place === 'here' && !isSameProcess(run.pid, run.startTime));
}

type Born = Pick<RunFile, 'pid' | 'startTime'> & Partial<Pick<RunFile, 'host'>>;

/** A folder that is not finished yet says in its name who makes it (instance.ts). */
function bornAs(name: string): Born | undefined {
  const [, pid, startTime] = /^\.(\d+)\.([^.]*)\.\w+$/.exec(name) ?? [];
  return pid === undefined || startTime === undefined ? undefined : { pid: Number(pid), startTime };
}

function isOurs(folder: string): boolean {
  const stat = lstatSync(folder, { throwIfNoEntry: false });
  return stat?.isDirectory() === true && stat.uid === process.getuid?.() && (stat.mode & 0o022) === 0;
}

/** True when there was something to kill. */
function endGroup({ groupId, startTime }: RecordedGroup): boolean {
  // One that has begun nothing of its own, or is this very process, is none of a gateway's children.
  if (groupId <= 1 || groupId === process.pid) return false;
  const leader = startTimeOf(groupId);
  if (leader === '' ? !isLeftOver(groupId) : leader !== startTime) return false;
  try {
    return process.kill(-groupId, 'SIGKILL');
  } catch {
    return false;
  }
}
