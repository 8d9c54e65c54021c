/*
 * The process groups of a gateway on disk, for the next gateway to end them should nobody else have done so.
 *
 *   +4711 8675309     a group, and when its leader was born
 *   -4711             it is gone
 *
 * Lines are only added, so that a crash can cost no more than the last one. When most of the file is history it is
 * written anew.
 */
import { closeSync, openSync, readFileSync, renameSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { startTimeOf } from './process-identity.ts';

/** Lines beyond those of living groups, before the file is written anew. */
const HISTORY_LINES_MAX = 1_000;

export interface RecordedGroup {
  readonly groupId: number;
  /** Of its leader; `''` when that was gone before it could be asked. */
  readonly startTime: string;
}

const pathIn = (folder: string): string => join(folder, 'groups');

export class GroupRecord {
  readonly #path: string;
  readonly #onFailure: (error: unknown) => void;
  readonly #live = new Map<number, string>();
  #file: number | undefined;
  #lines = 0;

  /** `onFailure` hears of a disk that takes nothing; the groups have their reaper all the same. */
  constructor(folder: string, onFailure: (error: unknown) => void) {
    this.#path = pathIn(folder);
    this.#onFailure = onFailure;
  }

  beginning(): void {}
  notBegun(): void {}

  added(groupId: number): void {
    const startTime = startTimeOf(groupId);
    this.#live.set(groupId, startTime);
    this.#add(`+${groupId} ${startTime}`);
  }

  cleared(groupId: number): void {
    this.#live.delete(groupId);
    this.#add(`-${groupId}`);
  }

  async close(): Promise<void> {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }

  #add(line: string): void {
    try {
      this.#lines += 1;
      if (this.#lines > this.#live.size + HISTORY_LINES_MAX) this.#renew();
      else this.#append(line);
    } catch (error) {
      this.#onFailure(error);
    }
  }

  #append(line: string): void {
    this.#file ??= openSync(this.#path, 'a', 0o600);
    writeSync(this.#file, `${line}\n`);
  }

  #renew(): void {
    const lines = [...this.#live].map(([groupId, startTime]) => `+${groupId} ${startTime}\n`);
    writeFileSync(`${this.#path}.new`, lines.join(''), { mode: 0o600 });
    renameSync(`${this.#path}.new`, this.#path);
    this.#lines = lines.length;
    this.close();
  }
}

/** The groups that were alive by the record. Empty when there is none. */
export function readGroups(folder: string): RecordedGroup[] {
  const live = new Map<number, RecordedGroup>();
  for (const line of textOf(pathIn(folder)).split('\n')) {
    const [, sign, number, startTime = ''] = /^([+-])([1-9]\d{0,9})(?: (.*))?$/.exec(line) ?? [];
    const groupId = Number(number);
    if (sign === '+') live.set(groupId, { groupId, startTime });
    else if (sign === '-') live.delete(groupId);
  }
  return [...live.values()];
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
