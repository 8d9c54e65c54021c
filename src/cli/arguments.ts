/*
 * Words of the command line → what is asked. Anything unknown is refused in one line with the nearest known word.
 *
 * `parseArgs` only cuts the words into tokens; its own messages are long and name its own options, so it does not judge.
 */
import { parseArgs } from 'node:util';
import { nearestWord } from '../config/suggest.ts';
import { COMMANDS, type CommandName, commandNamed } from './usage.ts';
import type { Command, Option } from './usage-options.ts';

export interface Run {
  readonly kind: 'run';
  readonly command: Command & { readonly name: CommandName };
  readonly values: Values;
  /** All values of the options that may be given several times. */
  readonly lists: ReadonlyMap<string, readonly string[]>;
  readonly operands: readonly string[];
}

export type Asked =
  | Run
  | { readonly kind: 'help'; readonly command: Command | undefined }
  | { readonly kind: 'version' }
  | { readonly kind: 'wrong'; readonly say: string };

export type Values = ReadonlyMap<string, string | true>;

export function readArguments(argv: readonly string[]): Asked {
  const [first, ...others] = argv;
  const named = first !== undefined && !first.startsWith('-');
  if (!named) return readWords(COMMANDS[0], argv, undefined);
  if (first === 'help') return { kind: 'help', command: commandNamed(others[0] ?? '') };
  const command = commandNamed(first);
  return command === undefined ? wrong(unknownCommand(first)) : readWords(command, others, command);
}

function readWords(command: Run['command'], words: readonly string[], helpFor: Command | undefined): Asked {
  const values = new Map<string, string | true>();
  const lists = new Map<string, readonly string[]>();
  const operands: string[] = [];
  for (const token of tokensOf(command, words)) {
    if (token.kind === 'positional') operands.push(token.value);
    if (token.kind !== 'option') continue;
    const option = command.options.find(({ name }) => name === token.name);
    const fault = option === undefined ? unknownOption(token.rawName, command) : valueFault(option, token, values);
    if (fault !== undefined) return wrong(fault);
    values.set(token.name, token.value ?? true);
    if (option?.repeats) lists.set(token.name, [...(lists.get(token.name) ?? []), token.value ?? '']);
  }
  if (values.has('help')) return { kind: 'help', command: helpFor };
  if (values.has('version')) return { kind: 'version' };
  const fault = operandFault(command, operands);
  return fault === undefined ? { kind: 'run', command, values, lists, operands } : wrong(fault);
}

function tokensOf(command: Command, words: readonly string[]) {
  const options = command.options.map(({ name, value, short }) => [
    name,
    {
      type: value === undefined ? ('boolean' as const) : ('string' as const),
      ...(short === undefined ? {} : { short }),
    },
  ]);
  return parseArgs({ args: [...words], options: Object.fromEntries(options), strict: false, tokens: true }).tokens;
}

function valueFault(option: Option, token: { value?: string | undefined }, seen: Values): string | undefined {
  if (seen.has(option.name) && !option.repeats) return `--${option.name} is given twice.`;
  if (option.value === undefined) return token.value === undefined ? undefined : `--${option.name} takes no value.`;
  const missing = token.value === undefined || token.value === '' || token.value.startsWith('--');
  return missing ? `--${option.name} needs a value: --${option.name} ${option.value}` : undefined;
}

function operandFault(command: Command, operands: readonly string[]): string | undefined {
  const repeats = command.arguments.at(-1)?.includes('…') === true;
  const surplus = repeats ? undefined : operands[command.arguments.length];
  if (surplus !== undefined) return `"${surplus}" is one word too many for ${command.name}.${configHint(command)}`;
  const missing = command.arguments[operands.length];
  if (missing === undefined || missing.startsWith('[')) return undefined;
  return `${command.name} needs ${missing}: gatewright ${command.name} ${missing}`;
}

function configHint(command: Command): string {
  return command.name === 'serve' ? ' A configuration file is named with --config FILE.' : '';
}

function unknownCommand(word: string): string {
  const names = COMMANDS.map(({ name }) => name);
  return `Unknown command "${word}".${suggestion(nearestWord(word, names), `Commands: ${names.join(', ')}.`)}`;
}

function unknownOption(raw: string, command: Command): string {
  const names = command.options.map(({ name }) => name);
  const nearest = nearestWord(raw.replace(/^-+/, ''), names);
  const otherwise = `See gatewright ${command.name} --help.`;
  return `Unknown option "${raw}".${suggestion(nearest === undefined ? undefined : `--${nearest}`, otherwise)}`;
}

function suggestion(nearest: string | undefined, otherwise: string): string {
  return nearest === undefined ? ` ${otherwise}` : ` Did you mean "${nearest}"?`;
}

function wrong(say: string): Asked {
  return { kind: 'wrong', say };
}
