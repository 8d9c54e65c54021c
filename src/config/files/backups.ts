/*
 * What the files of clients were before we changed them: the bytes, and a record of where they belong.
 *
 * Both stand on disk before the client's file is touched, and the record knows beforehand what will be written; so
 * whenever the power goes, it can be told whether the file is as it was, as we wrote it, or changed by somebody else.
 * The bytes may hold secrets: the folder is for this user alone.
 */
import { chmod, lstat, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { asFault, FileFault, type FileState, fileState, hashOf } from './file-state.ts';
import { replaceFile } from './replace-file.ts';

const record = z.strictObject({
  client: z.string(),
  /** The file it belongs to, links followed. */
  path: z.string(),
  time: z.string(),
  /** False when there was no file. */
  existed: z.boolean(),
  mode: z.int().min(0).max(0o777),
  sha256: z.string(),
  /** Hashes of what we wrote, latest last. */
  written: z.array(z.string()).max(1000),
  madeFolder: z.string().optional(),
  restored: z.boolean(),
});

export interface Backup extends Readonly<z.infer<typeof record>> {
  /** `cursor-0001` */
  readonly id: string;
}

const NAME = /^([a-z-]+-\d{4,})\.json$/;

export class Backups {
  readonly #folder: string;

  /** @param dataDir Absolute. Made when the first backup is. */
  constructor(dataDir: string) {
    this.#folder = join(dataDir, 'backups');
  }

  /** Latest first. What is not a record of ours is not listed. */
  async list(client?: string): Promise<Backup[]> {
    await this.#assertOurs();
    const names = await readdir(this.#folder).catch((): string[] => []);
    const backups = await Promise.all(names.flatMap((name) => NAME.exec(name)?.[1] ?? []).map((id) => this.#read(id)));
    return backups
      .flatMap((backup) => backup ?? [])
      .filter((backup) => client === undefined || backup.client === client)
      .sort((a, b) => numberOf(b.id) - numberOf(a.id));
  }

  /** @returns the backup that a restore will use: a new one, or the earlier one when the file is as we left it. */
  async keep(client: string, state: FileState, next: Buffer): Promise<Backup> {
    const all = await this.list();
    const hash = hashOf(state.bytes ?? Buffer.alloc(0));
    const earlier = all.find((backup) => backup.client === client && backup.path === state.path && !backup.restored);
    if (earlier !== undefined && state.bytes !== undefined && [earlier.sha256, ...earlier.written].includes(hash)) {
      return this.update({ ...earlier, written: [...earlier.written, hashOf(next)].slice(-1000) });
    }
    await this.#makeFolder();
    const id = `${client}-${String(numberOf(all[0]?.id ?? '') + 1).padStart(4, '0')}`;
    await writeFile(this.bytesPath(id), state.bytes ?? '', { mode: 0o600, flag: 'wx', flush: true });
    const { mtime } = await stat(this.bytesPath(id));
    const { path, mode } = state;
    const existed = state.bytes !== undefined;
    const facts = { client, path, time: mtime.toISOString(), existed, mode, sha256: hash, written: [hashOf(next)] };
    return this.update({ id, ...facts, restored: false });
  }

  async update(backup: Backup): Promise<Backup> {
    const { id, ...facts } = backup;
    const state = await fileState(this.#recordPath(id));
    await replaceFile(state, Buffer.from(`${JSON.stringify(facts, undefined, 2)}\n`), 0o600);
    return backup;
  }

  /** The bytes as they were, checked against the record. */
  async bytes(backup: Backup): Promise<Buffer> {
    const bytes = await readFile(this.bytesPath(backup.id)).catch(() => undefined);
    if (bytes === undefined) throw new FileFault(`The backup ${this.bytesPath(backup.id)} is gone.`);
    if (hashOf(bytes) === backup.sha256) return bytes;
    throw new FileFault(`The backup ${this.bytesPath(backup.id)} was changed; it is not used.`);
  }

  /** The record says what happened; the bytes go when they stand in the file again. */
  async done(backup: Backup, bytes: 'remove' | 'keep'): Promise<void> {
    await this.update({ ...backup, restored: true });
    if (bytes === 'remove') await rm(this.bytesPath(backup.id), { force: true });
    const older = (await this.list(backup.client)).filter((one) => one.restored && one.id !== backup.id);
    for (const { id } of older) await rm(this.#recordPath(id), { force: true });
  }

  /** A copy of what stands in the way of a restore. */
  async setAside(backup: Backup, bytes: Buffer): Promise<string> {
    const path = join(this.#folder, `${backup.id}.changed-${hashOf(bytes).slice(0, 8)}`);
    await writeFile(path, bytes, { mode: 0o600, flush: true });
    return path;
  }

  bytesPath(id: string): string {
    return join(this.#folder, `${id}.original`);
  }

  #recordPath(id: string): string {
    return join(this.#folder, `${id}.json`);
  }

  async #read(id: string): Promise<Backup | undefined> {
    try {
      return { id, ...record.parse(JSON.parse(await readFile(this.#recordPath(id), 'utf8'))) };
    } catch {
      return undefined;
    }
  }

  async #makeFolder(): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 }).catch((thrown) => {
      throw asFault(thrown, this.#folder, 'written');
    });
    await this.#assertOurs();
    await chmod(this.#folder, 0o700);
  }

  /** What lies here is written into a person's files, and what is put here holds secrets. */
  async #assertOurs(): Promise<void> {
    const facts = await lstat(this.#folder).catch(() => undefined);
    if (facts === undefined) return;
    if (!facts.isDirectory()) throw new FileFault(`${this.#folder} is not a folder.`);
    const user = process.getuid?.();
    if (user === undefined) return;
    if (facts.uid !== user) throw new FileFault(`${this.#folder} belongs to another user; nothing of it is used.`);
    if ((facts.mode & 0o022) !== 0)
      throw new FileFault(
        `Other users may write to ${this.#folder}. Look at what is in it, then run: chmod 700 ${this.#folder}`,
      );
  }
}

/** Numbers only grow, over all clients, so that the order of backups needs no clock. */
function numberOf(id: string): number {
  return Number(/\d+$/.exec(id)?.[0] ?? 0);
}
