/*
 * What `${file:PATH}` stands for: the text of a file, as containers and init systems hand secrets in.
 *
 * Read when the configuration is, without waiting: only plain files, for a pipe may never end; bounded; one newline at the
 * end is not part of the secret. The content is not quoted in any message, and is told to who masks secrets.
 */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { resolve } from 'node:path';
import type { SecretFiles } from './expand.ts';

const KiB = 1024;
const SECRET_BYTES_MAX = 64 * KiB;

export interface SecretReader {
  readonly read: SecretFiles;
  /** Absolute, whether they could be read or not. */
  readonly paths: ReadonlySet<string>;
  readonly secrets: readonly string[];
}

/** @param folder Where relative paths start. */
export function secretReader(folder: string): SecretReader {
  const paths = new Set<string>();
  const secrets: string[] = [];
  const read: SecretFiles = (path) => {
    const absolute = resolve(folder, path);
    paths.add(absolute);
    const found = contentOf(absolute);
    if ('text' in found) secrets.push(found.text);
    return found;
  };
  return { read, paths, secrets };
}

function contentOf(path: string): ReturnType<SecretFiles> {
  try {
    const bytes = bytesOf(path);
    if (bytes === undefined)
      return { say: `The file that "\${file:…}" names is no plain file.`, suggestion: 'Name the file itself.' };
    if (bytes.length > SECRET_BYTES_MAX)
      return {
        say: `The file that "\${file:…}" names is larger than ${SECRET_BYTES_MAX / KiB} KiB.`,
        suggestion: 'Is it the right one?',
      };
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes).replace(/\r?\n$/, '') };
  } catch (thrown) {
    const { code = 'not UTF-8 text' } = thrown as NodeJS.ErrnoException;
    return {
      say: `The file that "\${file:…}" names cannot be read (${code}).`,
      suggestion: 'Check its path, which is relative to the folder of this file, and its rights.',
    };
  }
}

/** One byte more than may be there, so that too long is seen. Undefined for what is no file. */
function bytesOf(path: string): Buffer | undefined {
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    if (!fstatSync(file).isFile()) return undefined;
    const bytes = Buffer.alloc(SECRET_BYTES_MAX + 1);
    let length = 0;
    for (let count = -1; count !== 0 && length < bytes.length; length += count)
      count = readSync(file, bytes, length, bytes.length - length, null);
    return bytes.subarray(0, length);
  } finally {
    closeSync(file);
  }
}
