/*
 * `--output FILE`: the one content as it is; of several the first under that name, the others as FILE.2, FILE.3 …
 */
import { writeFile } from 'node:fs/promises';
import { plain } from '../terminal.ts';
import type { Desk } from './desk.ts';
import { Failure } from './failure.ts';

export type Saved = Buffer;

/** Throws `Failure`. */
export async function saveAll({ io }: Desk, path: string, contents: readonly Saved[]): Promise<void> {
  if (contents.length === 0) throw new Failure('There is no content to save.');
  for (const [at, content] of contents.entries()) {
    const name = at === 0 ? path : `${path}.${at + 1}`;
    await writeFile(name, content).catch((thrown: NodeJS.ErrnoException) => {
      throw new Failure(`${name} cannot be written (${thrown.code ?? thrown.message}).`);
    });
    io.err(`${plain(name)}: ${content.length} bytes\n`);
  }
}
