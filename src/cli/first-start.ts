/*
 * The start without a file: look at what the person's other clients have, show it, ask once, serve it. When there is
 * nothing, say how to add a server, and serve the sample, so that a first call works at once.
 *
 * The commands in those files run when they are served, so nothing is started before somebody said yes: at the
 * terminal, or with `--yes`. Nothing is written.
 */
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Config } from '../config/config.ts';
import { discover, type Found } from '../config/discover.ts';
import { DEFAULT_PORT } from '../config/listen-rules.ts';
import { type Loaded, type Overrides, parseConfig } from '../config/load.ts';
import type { Values } from './arguments.ts';
import { printProblems } from './check.ts';
import { FIRST_FILE, homeOf } from './config-source.ts';
import { foundEvent, printFound, question } from './found-words.ts';
import type { CliIo } from './io.ts';
import { jsonLine, plain } from './terminal.ts';
import { EXIT } from './usage.ts';

export interface FirstStart {
  readonly values: Values;
  readonly overrides: Overrides;
  /** Where our own file would be. */
  readonly ownFile: string;
  readonly json: boolean;
  readonly io: CliIo;
}

/** A configuration to serve, or the exit code. */
export async function firstStart(start: FirstStart): Promise<Config | number> {
  const { overrides, json, io } = start;
  const home = homeOf(io.env);
  const at = { platform: process.platform, home, env: io.env };
  const found = await discover(at, overrides.port?.value ?? DEFAULT_PORT);
  if (json) io.out(foundEvent(found));
  else printFound(found, io);
  if (found.servers.length === 0) return sample(start, home);
  const refusal = await refusalOf(found, start);
  return refusal ?? served(parseConfig('servers: {}', join(home, 'clients'), io.env, overrides), found, start);
}

/** Undefined when what was found may be served. */
async function refusalOf(found: Found, { values, ownFile, json, io }: FirstStart): Promise<number | undefined> {
  if (values.has('yes')) return undefined;
  const { ask } = io.terminal;
  if (json || ask === undefined) {
    const say = 'Nobody is here to ask. Serve these with --yes, or name a file with --config FILE.';
    if (json) io.out(jsonLine({ event: 'unanswered', say }));
    else io.err(`gatewright: ${say}\n`);
    return EXIT.unanswered.code;
  }
  const answer = await asked(ask, question(found.servers.length), io);
  if (answer !== undefined && /^\s*(?:y|yes)?\s*$/i.test(answer)) return undefined;
  io.out(`Nothing was started. Choose servers of your own in ${plain(ownFile)}, or name a file with --config FILE.\n`);
  return EXIT.ok.code;
}

async function asked(
  ask: NonNullable<CliIo['terminal']['ask']>,
  words: string,
  io: CliIo,
): Promise<string | undefined> {
  const stop = new AbortController();
  const forget = io.onSignal(() => stop.abort());
  try {
    return await ask(words, stop.signal);
  } finally {
    forget();
  }
}

/** The frame of an empty file of ours, with its defaults and checks, around the servers that were found. */
function served(frame: Loaded, found: Found, { json, io }: FirstStart): Config | number {
  if (!frame.ok) {
    if (json) io.out(jsonLine({ event: 'invalid', problems: frame.problems }));
    else printProblems(frame.problems, io);
    return EXIT.config.code;
  }
  const source = found.files.map(({ file }) => file).join(', ');
  return { ...frame.config, servers: found.servers.map(({ server }) => server), source };
}

function sample(start: FirstStart, home: string): Config | number {
  const { overrides, ownFile, json, io } = start;
  if (json) io.out(jsonLine({ event: 'sample', say: 'No server was found; the built-in sample is served.' }));
  else io.out(sampleText(plain(ownFile)));
  // The same way from `src/cli` and from `dist/cli`.
  const program = fileURLToPath(new URL(`../sample/server${extname(import.meta.url)}`, import.meta.url));
  const entry = { title: 'Sample', command: literal(process.execPath), args: [literal(program)] };
  const file = JSON.stringify({ servers: { sample: entry } });
  const loaded = parseConfig(file, join(home, 'sample.json'), io.env, overrides);
  return served(loaded, { ...EMPTY, servers: serversOf(loaded) }, start);
}

const EMPTY: Found = { files: [], servers: [], leftOut: [], problems: [], warnings: [] };

function serversOf(loaded: Loaded): Found['servers'] {
  return loaded.ok ? loaded.config.servers.map((server) => ({ server, from: [] })) : [];
}

/** A path is no place for references. */
function literal(path: string): string {
  return path.replaceAll('${', () => '$${');
}

function sampleText(ownFile: string): string {
  return [
    'No MCP server was found to serve, so here is a sample with two tools, "echo" and "add".',
    `To serve your own, write ${ownFile}:`,
    '',
    ...FIRST_FILE,
    '',
    'or name a file with --config FILE; that of another client will do.',
    '',
    '',
  ].join('\n');
}
