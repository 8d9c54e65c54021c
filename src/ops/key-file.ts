/*
 * The file of keys in the data folder. Whoever reads it can forge what is sealed with them, so one that others could
 * read, or have put there, is not used.
 */
import { constants } from 'node:fs';
import { lstat, mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isMissing, writeWhole } from './whole-file.ts';

const BYTES_MAX = 1024 * 1024;

export class KeyFileAt {
  readonly #path: string;
  #count = 0;

  constructor(path: string) {
    this.#path = path;
  }

  /** Undefined when there is none. */
  readonly load = async (): Promise<Buffer | undefined> => {
    const facts = await lstat(this.#path).catch((thrown: unknown) => {
      if (isMissing(thrown)) return undefined;
      throw thrown;
    });
    if (!facts) return undefined;
    if (!facts.isFile()) throw new Error(`${this.#path} is no plain file`);
    // What was looked at is what is read: no link is followed, and a pipe that has come in between would wait for ever.
    const file = await open(this.#path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
    try {
      checkOwn(this.#path, await file.stat());
      return await file.readFile();
    } finally {
      await file.close();
    }
  };

  readonly save = async (bytes: Buffer): Promise<void> => {
    await mkdir(dirname(this.#path), { recursive: true, mode: 0o700 });
    this.#count += 1;
    await writeWhole(this.#path, `${this.#path}.${process.pid}.${this.#count}`, bytes);
  };
}

function checkOwn(path: string, facts: { isFile(): boolean; uid: number; mode: number; size: number }): void {
  if (!facts.isFile()) throw new Error(`${path} is no plain file`);
  if (facts.size > BYTES_MAX) throw new Error(`${path} has ${facts.size} bytes, more than ${BYTES_MAX}`);
  const user = process.getuid?.();
  if (user === undefined) return;
  if (facts.uid !== user) throw new Error(`${path} belongs to another user`);
  if ((facts.mode & 0o077) !== 0) throw new Error(`${path} can be read or written by others`);
}
