/*
 * A password that is handed in by a file. One that others could read is no secret any more, and is not taken.
 */
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';

const BYTES_MAX = 4096;

/** Without the end of its line. Throws an `Error` for operators. */
export async function readPasswordFile(path: string): Promise<string> {
  const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)).catch((thrown: unknown) => {
    throw new Error(`The password file ${path} cannot be read (${(thrown as NodeJS.ErrnoException).code ?? '?'}).`);
  });
  try {
    const facts = await file.stat();
    if (!facts.isFile()) throw new Error(`The password file ${path} is no plain file.`);
    if (isForOthers(facts)) throw new Error(`Others may read the password file ${path}. Run: chmod 600 ${path}`);
    if (facts.size > BYTES_MAX) throw new Error(`The password file ${path} is too long for a password.`);
    return (await file.readFile('utf8')).replace(/\r?\n$/, '');
  } finally {
    await file.close();
  }
}

/** Container runtimes hand secrets to a group, in files that belong to root. */
function isForOthers({ mode, uid }: { readonly mode: number; readonly uid: number }): boolean {
  if (process.getuid === undefined) return false;
  const group = uid === 0 && process.getuid() !== 0 ? 0 : 0o070;
  return (mode & (0o007 | group)) !== 0;
}
