/*
 * What would change, before it does. Of an entry only its name and the program or host are shown: arguments, addresses
 * and headers may hold secrets.
 */
import { basename } from 'node:path';
import type { PlainEntry } from '../../config/edit/edit.ts';
import type { Arrival } from '../../config/edit/merge.ts';
import type { CliIo } from '../io.ts';
import { plain } from '../terminal.ts';

const WORDS: Readonly<Record<Arrival['state'], string>> = {
  new: 'new',
  same: 'already there',
  left: 'not taken',
  gatewright: 'is Gatewright itself',
};

export function arrivalLines(arrivals: readonly Arrival[]): string[] {
  const width = Math.max(0, ...arrivals.map(({ server }) => plain(server.original).length));
  return arrivals.map(({ server, name, state }) => {
    const sign = state === 'new' ? '+' : ' ';
    const head = `  ${sign} ${plain(server.original).padEnd(width)}  ${reachedBy(server.entry)}`;
    const renamed = state !== 'left' && state !== 'gatewright' && name !== server.original ? ` as ${name}` : '';
    const off = state === 'new' && server.entry.enabled === false ? ', disabled' : '';
    return `${head}  ${WORDS[state]}${renamed}${off}${state === 'left' ? `: ${plain(server.lacks ?? '')}` : ''}`;
  });
}

/** The program or the host, and nothing that could be a secret. */
function reachedBy({ command, url }: PlainEntry): string {
  if (typeof command === 'string') return `stdio ${plain(basename(command.split(/\s/)[0] ?? ''))}`;
  if (typeof url !== 'string' || !URL.canParse(url)) return 'http';
  return `http ${plain(new URL(url).host)}`;
}

export function warnOfSecrets(arrivals: readonly Arrival[], file: string, io: CliIo): void {
  const fields = arrivals.flatMap(({ secrets }) => secrets);
  if (fields.length === 0) return;
  io.err(
    `warning: ${plain(file)} holds secrets in clear, as the client's file does, and is for you alone (mode 0600):\n`,
  );
  for (const field of fields) io.err(`  ${plain(field)}\n`);
  io.err(`Better: write "\${NAME}" there and set the variable NAME.\n`);
}
