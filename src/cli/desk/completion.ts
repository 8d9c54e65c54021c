/*
 * `gatewright completion SHELL`, and the hidden `gatewright __complete WORD…` that the printed scripts ask.
 *
 * Candidates come from the commands, from a gateway that runs, and from the configuration file; nothing is ever started.
 * A name goes onto the command line as it stands, where a shell would run what it means: one that has anything but harmless
 * letters in it is not offered.
 */

import { OperatorClient } from '../../client/operator-client.ts';
import { CLIENT_IDS } from '../../config/clients.ts';
import { loadConfig } from '../../config/load.ts';
import { type Run, readArguments } from '../arguments.ts';
import { configSource } from '../config-source.ts';
import type { CliIo } from '../io.ts';
import { COMMANDS, commandNamed, EXIT } from '../usage.ts';
import { CLIENT_COMMANDS } from '../usage-clients.ts';
import { completionScript, SHELLS } from './completion-scripts.ts';
import type { Desk } from './desk.ts';
import { type ListKind, listOf } from './entries.ts';
import { Failure } from './failure.ts';
import { findRunning, type Reached } from './reach.ts';

export async function completion({ run, io }: Desk): Promise<number> {
  const [shell = ''] = run.operands;
  const script = completionScript(shell);
  if (script === undefined)
    throw new Failure(`There is no completion for "${shell}": ${SHELLS.join(', ')}.`, EXIT.usage.code);
  io.out(script);
  return EXIT.ok.code;
}

const HARMLESS = /^[A-Za-z0-9_.:/@%+,-]+$/;
/** Somebody waits with a finger on the key. */
const PATIENCE_MS = 2_000;

/** `words` are those before the cursor, the last one still being typed. */
export async function complete(words: readonly string[], io: CliIo): Promise<number> {
  const typed = words.at(-1) ?? '';
  const found = await candidates(words.slice(0, -1), typed, io).catch(() => []);
  const fitting = [...new Set(found)].filter((word) => word.startsWith(typed) && HARMLESS.test(word));
  io.out(fitting.map((word) => `${word}\n`).join(''));
  return EXIT.ok.code;
}

async function candidates(before: readonly string[], typed: string, io: CliIo): Promise<readonly string[]> {
  const [name, ...others] = before;
  if (name === undefined) return typed.startsWith('-') ? optionsOf('serve') : COMMANDS.map((command) => command.name);
  if (typed.startsWith('-')) return optionsOf(name);
  if (name === 'completion') return SHELLS;
  if (name === 'key') return ['create'];
  const asked = readArguments([name, ...others, '']);
  if (asked.kind !== 'run' || asked.operands.length !== 1) return [];
  if (CLIENT_COMMANDS.some((command) => command.name === name)) return CLIENT_IDS;
  const wants = WANTS[name];
  if (!wants) return [];
  return namesOf(wants, asked, io);
}

type Wanted = 'servers' | ListKind;

/** What the first operand of a command names. */
const WANTS: Readonly<Record<string, readonly Wanted[]>> = {
  tools: ['servers', 'tools'],
  call: ['tools'],
  explain: ['tools'],
  prompts: ['servers', 'prompts'],
  resources: ['servers'],
  read: ['resources'],
  logs: ['servers'],
  restart: ['servers'],
};

function optionsOf(name: string): readonly string[] {
  return commandNamed(name)?.options.map((option) => `--${option.name}`) ?? [];
}

async function namesOf(wants: readonly Wanted[], run: Run, io: CliIo): Promise<readonly string[]> {
  const running = findRunning(run, io);
  if (!running)
    return wants.includes('servers') ? namesInFile(run, io) : (await namesInFile(run, io)).map((name) => `${name}.`);
  const reached: Reached = { operator: new OperatorClient(running.socket), close: async () => {} };
  const signal = AbortSignal.timeout(PATIENCE_MS);
  const all = await reached.operator.servers();
  // One that is still starting would be waited for.
  const servers = all.filter(({ state }) => state === 'ready' || state === 'idle');
  const names = wants.includes('servers') ? all.map(({ name }) => name) : [];
  for (const kind of wants) {
    if (kind === 'servers') continue;
    const { entries } = await listOf(reached, kind, servers, signal);
    names.push(...entries.map(({ server, key }) => (kind === 'resources' ? key : `${server.name}.${key}`)));
  }
  return names;
}

async function namesInFile({ values }: Run, io: CliIo): Promise<readonly string[]> {
  const source = configSource(values, io.env);
  if ('missing' in source) return [];
  const loaded = await loadConfig(source.path, io.env);
  return loaded.ok ? loaded.config.servers.map(({ name }) => name) : [];
}
