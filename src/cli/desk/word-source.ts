/*
 * Where the text of a `key=value` comes from: the word itself, a file, or stdin.
 */
import { readFile } from 'node:fs/promises';
import type { CliIo } from '../io.ts';
import { EXIT } from '../usage.ts';
import { Failure } from './failure.ts';

/** Throws `Failure`. */
export async function sourceText(key: string, given: string, io: CliIo): Promise<string> {
  if (given === '-') return (await io.readInput()).toString('utf8');
  if (given.startsWith('@@')) return given.slice(1);
  if (!given.startsWith('@')) return given;
  try {
    return await readFile(given.slice(1), 'utf8');
  } catch (thrown) {
    const { code = 'unknown' } = thrown as NodeJS.ErrnoException;
    throw new Failure(
      `${key}: the file ${given.slice(1)} cannot be read (${code}). Write ${key}=@${given} for the text itself.`,
      EXIT.usage.code,
    );
  }
}
