/*
 * The files in which lists are remembered: one per server and definition, for this user alone, replaced whole.
 *
 * A file that nobody has used for a month belongs to a server that is no longer configured, and goes.
 */
import { mkdir, readdir, readFile, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { isMissing, writeWhole } from './whole-file.ts';

const BYTES_MAX = 256 * 1024 * 1024;
const UNUSED_MAX_MS = 30 * 24 * 60 * 60 * 1000;

export class ListFilesIn {
  readonly #folder: string;
  #made: Promise<unknown> | undefined;
  #count = 0;

  /** `folder` is made when something is to be kept. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  readonly load = async (name: string): Promise<Buffer | undefined> => {
    const path = join(this.#folder, `${name}.json`);
    try {
      const facts = await stat(path);
      // Reading a pipe would wait for ever, and the start of the gateway with it.
      if (!facts.isFile()) throw new Error(`${path} is no plain file`);
      const { size } = facts;
      if (size > BYTES_MAX) throw new Error(`${path} has ${size} bytes, more than ${BYTES_MAX}`);
      const bytes = await readFile(path);
      const now = new Date();
      await utimes(path, now, now);
      return bytes;
    } catch (thrown) {
      if (isMissing(thrown)) return undefined;
      throw thrown;
    }
  };

  readonly save = async (name: string, bytes: Buffer): Promise<void> => {
    this.#made ??= mkdir(this.#folder, { recursive: true, mode: 0o700 });
    await this.#made;
    this.#count += 1;
    const temporary = join(this.#folder, `.${name}.${process.pid}.${this.#count}`);
    await writeWhole(join(this.#folder, `${name}.json`), temporary, bytes);
  };

  /** Never rejects: what cannot be removed stays. */
  async removeUnused(nowMs = Date.now()): Promise<void> {
    const names = await readdir(this.#folder).catch(() => []);
    for (const name of names) {
      const path = join(this.#folder, name);
      const unused = await stat(path).then(
        ({ mtimeMs }) => nowMs - mtimeMs > UNUSED_MAX_MS,
        () => false,
      );
      if (unused) await rm(path, { force: true }).catch(() => {});
    }
  }
}
