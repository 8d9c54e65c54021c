/*
 * `gatewright tools`, `prompts` and `resources`: what the servers offer.
 */
import { textAt } from '../../client/json.ts';
import type { ServerReport } from '../../model/operator.ts';
import type { CliIo } from '../io.ts';
import { jsonLine, plain } from '../terminal.ts';
import { EXIT } from '../usage.ts';
import type { Desk } from './desk.ts';
import { findEntry, type Listed, type Listing, type ListKind, listOf, serverNamed, splitName } from './entries.ts';
import { firstLine } from './first-line.ts';
import { getPrompt } from './prompt.ts';
import { type Reached, reach } from './reach.ts';
import { showTool } from './show-tool.ts';
import { printTable } from './table.ts';

/** `tools [SERVER|TOOL]` */
export async function tools(desk: Desk): Promise<number> {
  return withServers(desk, async (reached, servers, word) => {
    if (word !== undefined && !servers.some(({ name }) => name === word)) {
      const tool = await findEntry(reached, 'tools', word, desk.signal);
      if (desk.json) desk.io.out(jsonLine({ tool: withServer(tool) }));
      else showTool(tool, desk.io);
      return;
    }
    const listing = await listOf(reached, 'tools', chosen(servers, word), desk.signal);
    print(desk, 'tools', listing, ['TOOL', 'SERVER', 'DESCRIPTION']);
  });
}

/** `prompts [SERVER|PROMPT] [KEY=VALUE…]` */
export async function prompts(desk: Desk): Promise<number> {
  return withServers(desk, async (reached, servers, word) => {
    const isOne = word !== undefined && !servers.some(({ name }) => name === word);
    if (isOne) return getPrompt(desk, reached, word);
    const listing = await listOf(reached, 'prompts', chosen(servers, word), desk.signal);
    print(desk, 'prompts', listing, ['PROMPT', 'SERVER', 'DESCRIPTION']);
  });
}

/** `resources [SERVER]`, templates included. */
export async function resources(desk: Desk): Promise<number> {
  return withServers(desk, async (reached, servers, word) => {
    const asked = chosen(servers, word);
    const listing = await listOf(reached, 'resources', asked, desk.signal);
    const { entries } = await listOf(reached, 'templates', asked, desk.signal);
    if (desk.json) {
      const members = { resources: listing.entries.map(withServer), templates: entries.map(withServer) };
      desk.io.out(jsonLine({ ...members, missing: listing.missing }));
    } else {
      print(desk, 'resources', { ...listing, entries: [...listing.entries, ...entries] }, ['URI', 'SERVER', 'NAME']);
    }
  });
}

async function withServers(
  desk: Desk,
  show: (reached: Reached, servers: readonly ServerReport[], word: string | undefined) => Promise<void>,
): Promise<number> {
  const [word] = desk.run.operands;
  const reached = await reach(desk, (names) => neededFor(word, names));
  try {
    await show(reached, await reached.operator.servers(), word);
    return EXIT.ok.code;
  } finally {
    await reached.close();
  }
}

function neededFor(word: string | undefined, names: readonly string[]): readonly string[] {
  if (word === undefined) return names;
  const server = names.includes(word) ? word : splitName(word, names).server;
  return server === undefined ? names : [server];
}

function chosen(servers: readonly ServerReport[], word: string | undefined): readonly ServerReport[] {
  return word === undefined ? servers : [serverNamed(word, servers)];
}

function print({ json, io }: Desk, kind: ListKind, { entries, missing }: Listing, head: readonly string[]): void {
  if (json) {
    io.out(jsonLine({ [kind]: entries.map(withServer), missing }));
    return;
  }
  const rows = entries.map(({ key, server, entry }) => [key, server.name, aboutEntry(entry, kind)]);
  if (rows.length > 0) printTable(io, head, rows);
  else io.err(`There are no ${kind}.\n`);
  sayMissing(missing, io);
}

function aboutEntry(entry: Listed['entry'], kind: ListKind): string {
  if (kind !== 'resources') return firstLine(textAt(entry, 'description') ?? textAt(entry, 'title'));
  return firstLine(textAt(entry, 'title') ?? textAt(entry, 'name'));
}

export function withServer({ entry, server }: Listed): object {
  return { ...entry, server: server.name };
}

function sayMissing(missing: Listing['missing'], io: CliIo): void {
  for (const { server, state, reason } of missing) io.err(`${plain(server)} is ${state}: ${plain(reason)}\n`);
}
