/*
 * Paths as people write them in a file.
 */
import { homedir } from 'node:os';
import { resolve } from 'node:path';

/** `~/notes` is what people write in a folder field; a shell would expand it, and no shell is involved. */
export function fromHome(path: string): string {
  return path === '~' || path.startsWith('~/') ? homedir() + path.slice(1) : path;
}

/** @param folder Where relative paths begin. */
export function pathIn(folder: string, path: string): string {
  return resolve(folder, fromHome(path));
}
