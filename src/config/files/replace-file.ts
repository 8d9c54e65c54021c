/*
 * Puts new bytes in the place of a file, whole or not at all.
 *
 * They are written beside it and renamed over it, so that a client that reads at that moment sees the old file or the
 * new one, and a full disk or a kill leaves the old one. Just before, the file is read again: whoever changed it since
 * it was shown keeps the change.
 */
import { randomBytes } from 'node:crypto';
import { type FileHandle, mkdir, open, rename, rm, rmdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { asFault, FileFault, type FileState, fileState } from './file-state.ts';

export interface Replaced {
  /** The uppermost folder that had to be made. */
  readonly madeFolder: string | undefined;
}

/** @param mode Of the file afterwards; its owner stays. */
export async function replaceFile(state: FileState, next: Buffer, mode: number): Promise<Replaced> {
  const folder = dirname(state.path);
  try {
    const madeFolder = await mkdir(folder, { recursive: true });
    const written = await writtenBeside(state, next, mode);
    try {
      await assertUnchanged(state);
      await rename(written, state.path);
    } catch (thrown) {
      await rm(written, { force: true });
      throw thrown;
    }
    await syncFolder(folder);
    return { madeFolder };
  } catch (thrown) {
    throw asFault(thrown, state.path, 'written');
  }
}

/** Of a file that was made by us: it goes, and the folders made for it when nothing else is in them. */
export async function removeFile(state: FileState, madeFolder: string | undefined): Promise<void> {
  try {
    await assertUnchanged(state);
    await rm(state.path, { force: true });
  } catch (thrown) {
    throw asFault(thrown, state.path, 'written');
  }
  if (madeFolder !== undefined) await removeEmpty(dirname(state.path), madeFolder);
}

async function removeEmpty(folder: string, top: string): Promise<void> {
  for (let at = folder; at.startsWith(top); at = dirname(at)) {
    try {
      await rmdir(at);
    } catch {
      return;
    }
  }
}

async function assertUnchanged({ path, bytes }: FileState): Promise<void> {
  const now = await fileState(path);
  const same = bytes === undefined ? now.bytes === undefined : now.bytes?.equals(bytes) === true;
  if (!same) throw new FileFault(`${path} was changed by another program just now. Nothing was written; try again.`);
}

async function writtenBeside(state: FileState, next: Buffer, mode: number): Promise<string> {
  const path = join(dirname(state.path), `.${basename(state.path)}.${randomBytes(6).toString('hex')}.tmp`);
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(next);
    await keepOwner(file, state);
    await file.chmod(mode);
    await file.sync();
    return path;
  } catch (thrown) {
    await rm(path, { force: true });
    throw thrown;
  } finally {
    await file.close();
  }
}

/** Under sudo the file stays the person's. */
async function keepOwner(file: FileHandle, { bytes, uid, gid }: FileState): Promise<void> {
  const ours = await file.stat();
  if (bytes !== undefined && (ours.uid !== uid || ours.gid !== gid)) await file.chown(uid, gid);
}

async function syncFolder(folder: string): Promise<void> {
  // Not every platform can; the rename itself is done.
  const handle = await open(folder, 'r').catch(() => undefined);
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}
