/*
 * A file of keys in the data folder. Whoever reads it can forge or read what is sealed with them, so one that others could
 * read, or have put there, is not used.
 */
import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { link, lstat, mkdir, open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isMissing, syncFolder, writeSynced, writeWhole } from './whole-file.ts';

const BYTES_MAX = 1024 * 1024;

export class KeyFileAt {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** Undefined when there is none. */
  readonly load = async (): Promise<Buffer | undefined> => {
    const facts = await lstat(this.path).catch((thrown: unknown) => {
      if (isMissing(thrown)) return undefined;
      throw thrown;
    });
    if (!facts) return undefined;
    if (!facts.isFile()) throw new Error(`${this.path} is no plain file`);
    // What was looked at is what is read: no link is followed, and a pipe that has come in between would wait for ever.
    const file = await open(this.path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
    try {
      checkOwn(this.path, await file.stat());
      return await file.readFile();
    } finally {
      await file.close();
    }
  };

  readonly save = async (bytes: Buffer): Promise<void> => {
    await mkdir(dirname(this.path), { recursive: true, mode: 0o700 });
    await writeWhole(this.path, this.#temporary(), bytes);
    await syncFolder(dirname(this.path));
  };

  /** False when there is one already. A reader finds the whole file or none, and so does a start after a power cut. */
  readonly create = async (bytes: Buffer): Promise<boolean> => {
    await mkdir(dirname(this.path), { recursive: true, mode: 0o700 });
    const temporary = this.#temporary();
    try {
      await writeSynced(temporary, bytes);
      const made = await link(temporary, this.path).then(() => true, isThere);
      if (made) await syncFolder(dirname(this.path));
      return made;
    } finally {
      await rm(temporary, { force: true });
    }
  };

  /** What a killed process has left is in nobody's way. */
  #temporary(): string {
    return `${this.path}.${randomBytes(8).toString('hex')}`;
  }
}

function isThere(thrown: unknown): false {
  if ((thrown as NodeJS.ErrnoException).code === 'EEXIST') return false;
  throw thrown;
}

function checkOwn(path: string, facts: { isFile(): boolean; uid: number; mode: number; size: number }): void {
  if (!facts.isFile()) throw new Error(`${path} is no plain file`);
  if (facts.size > BYTES_MAX) throw new Error(`${path} has ${facts.size} bytes, more than ${BYTES_MAX}`);
  const user = process.getuid?.();
  if (user === undefined) return;
  if (facts.uid !== user) throw new Error(`${path} belongs to another user. Type: chown ${user} ${quoted(path)}`);
  if ((facts.mode & 0o077) !== 0)
    throw new Error(`${path} can be read or written by others. Type: chmod 600 ${quoted(path)}`);
}

/** For a shell, where it needs it. */
function quoted(path: string): string {
  return /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
