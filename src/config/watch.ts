/*
 * Notices that files are not what they were: replaced by an editor, swapped under a link as Kubernetes does, removed, or
 * written in pieces.
 *
 *   a hint of the system, or the clock ──▶ look: is any file another one? ──▶ wait until it stays so for a moment ──▶ tell
 *
 * Hints only make it quick: where the system gives none (network drives, too many watchers), looking is enough. What counts
 * is what stands behind the name, so links are followed every time.
 */
import { type FSWatcher, watch } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/** A file that is still being written changes again within this time. */
const QUIET_MS = 100;
/** Where it never is quiet for so long, it is told all the same. */
const PATIENCE_MS = 400;
const LOOK_MS = 400;

export class FileWatch {
  readonly #onChange: () => void;
  readonly #clock: NodeJS.Timeout;
  readonly #hints = new Map<string, FSWatcher>();
  #paths: readonly string[] = [];
  #looking = false;
  #seen: string | undefined;
  #quiet: NodeJS.Timeout | undefined;
  #patience: NodeJS.Timeout | undefined;

  constructor(onChange: () => void) {
    this.#onChange = onChange;
    this.#clock = setInterval(() => void this.#look(), LOOK_MS).unref();
  }

  /** What these files are from now on counts, and no others. Resolves when it has had a look at them. */
  async follow(paths: readonly string[]): Promise<void> {
    if (paths.join('\0') !== this.#paths.join('\0')) this.#seen = undefined;
    this.#paths = paths;
    const folders = await foldersOf(paths);
    for (const [folder, hint] of this.#hints) if (!folders.has(folder)) this.#drop(folder, hint);
    for (const folder of folders) this.#listen(folder);
    await this.#look();
  }

  close(): void {
    clearInterval(this.#clock);
    this.#disarm();
    this.#paths = [];
    for (const [folder, hint] of this.#hints) this.#drop(folder, hint);
  }

  #listen(folder: string): void {
    if (this.#hints.has(folder)) return;
    try {
      const hint = watch(folder, { persistent: false }, () => void this.#look());
      hint.on('error', () => this.#drop(folder, hint));
      this.#hints.set(folder, hint);
    } catch {
      // There is no such folder, or the system has no hints left to give.
    }
  }

  #drop(folder: string, hint: FSWatcher): void {
    hint.close();
    this.#hints.delete(folder);
  }

  async #look(): Promise<void> {
    if (this.#looking || this.#paths.length === 0) return;
    this.#looking = true;
    const paths = this.#paths;
    const now = await stateOf(paths);
    this.#looking = false;
    // Others are followed since.
    if (paths !== this.#paths) return void (await this.#look());
    const isNew = this.#seen !== undefined && now !== this.#seen;
    this.#seen = now;
    if (isNew) this.#changed();
  }

  #changed(): void {
    clearTimeout(this.#quiet);
    this.#quiet = setTimeout(() => this.#tell(), QUIET_MS).unref();
    this.#patience ??= setTimeout(() => this.#tell(), PATIENCE_MS).unref();
  }

  #tell(): void {
    this.#disarm();
    this.#onChange();
  }

  #disarm(): void {
    clearTimeout(this.#quiet);
    clearTimeout(this.#patience);
    this.#patience = undefined;
  }
}

/** What the files are, as a text that is another one when any of them is another one. Never rejects. */
export async function stateOf(paths: readonly string[]): Promise<string> {
  const states = await Promise.all(
    paths.map(async (path) => {
      try {
        const { dev, ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
        return [dev, ino, size, mtimeNs, ctimeNs].join(':');
      } catch (thrown) {
        return (thrown as NodeJS.ErrnoException).code ?? 'unknown';
      }
    }),
  );
  return states.join(' ');
}

/** Of the names, and of what stands behind them. */
async function foldersOf(paths: readonly string[]): Promise<ReadonlySet<string>> {
  const real = await Promise.all(paths.map((path) => realpath(path).catch(() => path)));
  return new Set([...paths, ...real].map((path) => dirname(path)));
}
