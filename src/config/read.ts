/*
 * The bytes of the configuration file as text, or in words why not. Bounded, and strictly UTF-8: a replaced character
 * in a token would be found only when the token does not work.
 */
import { createReadStream } from 'node:fs';
import { syntaxOf } from './parse.ts';

const MiB = 1024 * 1024;
const CONFIG_BYTES_MAX = MiB;
/** Some clients keep their history in the file that names their servers. */
const JSON_BYTES_MAX = 16 * MiB;

export interface Unreadable {
  readonly say: string;
  readonly suggestion?: string;
}

/** Never throws for anything that a file, or its absence, can do. */
export async function textOf(path: string): Promise<{ readonly text: string } | Unreadable> {
  const bytesMax = syntaxOf(path) === 'json' ? JSON_BYTES_MAX : CONFIG_BYTES_MAX;
  try {
    const bytes = await atMost(path, bytesMax + 1);
    if (bytes.length > bytesMax) return tooLarge(bytesMax);
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch (thrown) {
    return unreadable(thrown);
  }
}

/** Not the size that the system tells: a pipe and a device have none, and some of them no end. */
async function atMost(path: string, bytesMax: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of createReadStream(path, { end: bytesMax - 1 })) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function tooLarge(bytesMax: number): Unreadable {
  return { say: `The file is larger than ${bytesMax / MiB} MiB.` };
}

function unreadable(thrown: unknown): Unreadable {
  const code = (thrown as NodeJS.ErrnoException).code ?? '';
  if (code === 'ENOENT' || code === 'ENOTDIR') return { say: 'There is no such file.', suggestion: 'Check the path.' };
  if (code === 'EISDIR') return { say: 'This is a folder.', suggestion: 'Name the file in it.' };
  if (code === 'EACCES') return { say: 'The file may not be read by this user.' };
  if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA') return { say: 'The file is not UTF-8 text.' };
  return { say: `The file cannot be read (${code || 'unknown reason'}).` };
}
