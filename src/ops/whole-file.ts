/*
 * Writes a file of this user alone, whole or not at all.
 */
import { open, rename, rm, writeFile } from 'node:fs/promises';

/** `temporary` is in the same folder and names nothing else. */
export async function writeWhole(path: string, temporary: string, bytes: Buffer): Promise<void> {
  try {
    await writeSynced(temporary, bytes);
    await rename(temporary, path);
  } catch (thrown) {
    await rm(temporary, { force: true });
    throw thrown;
  }
}

/** A power cut after the rename must not leave an empty file under the name. */
async function writeSynced(path: string, bytes: Buffer): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await writeFile(file, bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

export function isMissing(thrown: unknown): boolean {
  return (thrown as NodeJS.ErrnoException).code === 'ENOENT';
}
