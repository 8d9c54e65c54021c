/*
 * One file of a person, as it is on disk: its bytes, mode and owner, or that it is not there.
 *
 * A link is followed to what it points at, because dotfiles are often kept elsewhere and linked; the link itself is
 * never replaced. Only plain files are touched.
 */
import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { lstat, open, realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

export interface FileState {
  /** Where it really is: no part of it is a link. */
  readonly path: string;
  /** Undefined when there is no file. */
  readonly bytes: Buffer | undefined;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/** Said to the person as it stands. */
export class FileFault extends Error {}

const BYTES_MAX = 16 * 1024 * 1024;
const MODE_BITS = 0o777;

export async function fileState(path: string): Promise<FileState> {
  const real = await realPath(path);
  try {
    // NONBLOCK: opening a pipe would wait for whoever writes into it.
    const file = await open(real, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const facts = await file.stat();
      if (!facts.isFile()) throw new FileFault(`${path} is not a plain file.`);
      if (facts.size > BYTES_MAX) throw new FileFault(`${path} is larger than ${BYTES_MAX / 1024 / 1024} MiB.`);
      return { path: real, bytes: await file.readFile(), mode: facts.mode & MODE_BITS, uid: facts.uid, gid: facts.gid };
    } finally {
      await file.close();
    }
  } catch (thrown) {
    if (codeOf(thrown) !== 'ENOENT') throw asFault(thrown, path, 'read');
    return { path: real, bytes: undefined, mode: 0, uid: -1, gid: -1 };
  }
}

/** Of a file that is not there yet: its real folder, as far as that is there. */
async function realPath(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (thrown) {
    if (codeOf(thrown) !== 'ENOENT') throw asFault(thrown, path, 'read');
  }
  const itself = await lstat(path).catch(() => undefined);
  if (itself?.isSymbolicLink()) throw new FileFault(`${path} is a link to a file that is not there.`);
  return dirname(path) === path ? path : join(await realPath(dirname(path)), basename(path));
}

/** Strictly UTF-8, with its byte order mark: what is decoded here is what is written back. */
export function textOfBytes(bytes: Buffer, path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new FileFault(`${path} is not UTF-8 text.`);
  }
}

export function hashOf(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

export function asFault(thrown: unknown, path: string, verb: 'read' | 'written'): Error {
  if (thrown instanceof FileFault) return thrown;
  const code = codeOf(thrown);
  if (code === 'EACCES' || code === 'EPERM') return new FileFault(`${path} may not be ${verb} by this user.`);
  if (code === 'EROFS') return new FileFault(`${path} is on a file system that cannot be written.`);
  if (code === 'ENOSPC' || code === 'EDQUOT') return new FileFault(`There is no room left to write ${path}.`);
  if (code === 'ENOTDIR' || code === 'ELOOP')
    return new FileFault(`${path} is not reachable: a part of it is no folder.`);
  return new FileFault(`${path} cannot be ${verb} (${code ?? 'unknown reason'}).`);
}

function codeOf(thrown: unknown): string | undefined {
  return (thrown as NodeJS.ErrnoException | undefined)?.code;
}
