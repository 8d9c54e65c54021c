/*
 * The file of the operator's socket: made so that no other user can ever open it, found, and taken away again.
 *
 * Whoever can open it is the operator. A socket's own permissions are not looked at everywhere, so it always lies in a folder
 * that is closed to others; and the umask leaves no moment in which it is open. Where the path in the instance's folder is
 * longer than a socket's may be, a link stands there, and the socket lies in a short folder made for it alone.
 */
import { chmodSync, lstatSync, mkdtempSync, readlinkSync, rmSync, symlinkSync } from 'node:fs';
import type { Server } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';

/** `sun_path` has 108 bytes on Linux and 104 on macOS, the closing NUL included. */
export const SOCKET_PATH_BYTES_MAX = 103;

/** Windows has no Unix socket whose permissions could say who the operator is. */
export const HAS_SOCKETS = process.platform !== 'win32';

export interface SocketFile {
  readonly path: string;
  readonly remove: () => void;
}

const nameIn = (folder: string): string => join(folder, 'socket');
const isShort = (path: string): boolean => Buffer.byteLength(path) <= SOCKET_PATH_BYTES_MAX;

/** `runtimeDir` is $XDG_RUNTIME_DIR. Rejects with what the system refused. */
export async function listenOnSocket(
  server: Server,
  folder: string,
  runtimeDir: string | undefined,
): Promise<SocketFile> {
  if (!HAS_SOCKETS) throw new Error('this system has no Unix sockets');
  const wanted = nameIn(folder);
  const path = isShort(wanted) ? wanted : nameIn(shortFolder(runtimeDir));
  if (path === wanted) chmodSync(folder, 0o700);
  else symlinkSync(path, wanted);
  const remove = () => {
    rmSync(wanted, { force: true });
    if (path !== wanted) rmSync(dirname(path), { recursive: true, force: true });
  };
  await listenAt(server, path).catch((error: unknown) => {
    remove();
    throw error;
  });
  return { path, remove };
}

/** Where the socket of a gateway with this folder is; undefined when there is none that this user alone can have made. */
export function socketIn(folder: string): string | undefined {
  const named = nameIn(folder);
  try {
    const path = lstatSync(named).isSymbolicLink() ? readlinkSync(named) : named;
    const isOurs = [path, dirname(path)].every((each) => isPrivate(each));
    return isOurs && lstatSync(path).isSocket() ? path : undefined;
  } catch {
    return undefined;
  }
}

function isPrivate(path: string): boolean {
  const { uid, mode } = lstatSync(path);
  return uid === process.getuid?.() && (mode & 0o077) === 0;
}

/** `mkdtemp` makes a folder with 0700 and fails on anything that is there already. */
function shortFolder(runtimeDir: string | undefined): string {
  for (const base of [runtimeDir, tmpdir(), '/tmp']) {
    if (base === undefined || !isAbsolute(base) || !isShort(join(base, 'gatewright-XXXXXX', 'socket'))) continue;
    try {
      return mkdtempSync(join(base, 'gatewright-'));
    } catch {
      // The next one may be there, and writable.
    }
  }
  throw new Error('no folder has a path short enough for a socket');
}

function listenAt(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    // Binding happens before `listen` returns, so no other file is made under this umask.
    const before = process.umask(0o177);
    try {
      server.listen(path, () => {
        server.off('error', reject);
        resolve();
      });
    } finally {
      process.umask(before);
    }
  });
}
