/*
 * The command line as data: commands, options, environment, exit codes. Parsing, `--help` and `docs/reference/cli.md`
 * all read this table.
 */

import { CLIENT_COMMANDS } from './usage-clients.ts';
import { ADMIN_COMMANDS, KEY_COMMANDS } from './usage-keys.ts';
import { CONFIG, type Command, DATA_DIR, HELP, JSON_LINES, LOG_LEVEL, type Option, VERSION } from './usage-options.ts';
import { WORK_COMMANDS } from './usage-work.ts';

export const COMMANDS = [
  {
    name: 'serve',
    arguments: [],
    say: 'Serve the MCP servers of a configuration file; without one, those of your other clients (the default command).',
    options: [
      CONFIG,
      { name: 'yes', short: 'y', say: 'Serve what is found in the files of other clients without asking.' },
      { name: 'host', value: 'HOST', variable: 'GATEWRIGHT_HOST', say: 'Address to listen on.' },
      { name: 'port', value: 'PORT', variable: 'GATEWRIGHT_PORT', say: 'Port to listen on; 0 takes a free one.' },
      DATA_DIR,
      {
        name: 'admin-password-file',
        value: 'FILE',
        variable: 'GATEWRIGHT_ADMIN_PASSWORD_FILE',
        say: 'At the first start the user "admin" gets the password in this file, which nobody else may read; else one is made up and shown once.',
      },
      LOG_LEVEL,
      JSON_LINES,
      HELP,
      VERSION,
    ],
  },
  {
    name: 'check',
    arguments: ['FILE'],
    say: 'Check a configuration file and tell all its errors, each with its place and the way out.',
    options: [{ name: 'json', say: 'Print the outcome as one JSON object.' }, HELP, VERSION],
  },
  {
    name: 'doctor',
    arguments: [],
    say: 'Tell every deviation of a configuration from what is safe, and what to do about it; nothing is started or changed.',
    options: [CONFIG, DATA_DIR, { name: 'json', say: 'Print the outcome as one JSON object.' }, HELP, VERSION],
  },
  {
    name: 'stdio',
    arguments: ['[ENDPOINT]'],
    say: 'Be an MCP server on stdin and stdout: all servers, or one endpoint, for clients that can only start a program.',
    options: [
      CONFIG,
      {
        name: 'url',
        value: 'URL',
        say: 'Lead to the gateway at this address instead, or to any MCP server over Streamable HTTP; without a path, to /mcp there.',
      },
      {
        name: 'header',
        value: "'NAME: VALUE'",
        repeats: true,
        say: `Send this header field to --url; \${NAME} in it is taken from the environment, for others can read a command line. May be repeated.`,
      },
      DATA_DIR,
      LOG_LEVEL,
      HELP,
      VERSION,
    ],
  },
  ...CLIENT_COMMANDS,
  ...KEY_COMMANDS,
  ...ADMIN_COMMANDS,
  ...WORK_COMMANDS,
] as const satisfies readonly Command[];

export type CommandName = (typeof COMMANDS)[number]['name'];

export const LOG_LEVELS: readonly string[] = ['debug', 'info', 'warn', 'error', 'silent'];

export const EXIT = {
  ok: { code: 0, say: 'Done, or stopped on request.' },
  failed: { code: 1, say: 'Failed while running, for example because the port is in use.' },
  usage: { code: 2, say: 'The command line is wrong, or a line of the calls that it names.' },
  config: { code: 3, say: 'The configuration is missing or invalid.' },
  // Used by `bin/gatewright`, which cannot read this table on a Node that is too old for it.
  node: { code: 4, say: 'This Node is too old.' },
  tool: { code: 5, say: 'The tool ran, and said that it failed.' },
  unknown: { code: 6, say: 'There is no such server, tool, prompt or resource, or more than one.' },
  unanswered: { code: 7, say: 'A question had to be asked, and nobody was there to answer; see --yes.' },
  unsafe: { code: 8, say: 'The doctor has found something serious.' },
  changed: { code: 9, say: 'The dry run found calls that would be answered otherwise.' },
  store: {
    code: 10,
    say: 'What is stored cannot be used: it is of a later version, or its database cannot be opened.',
  },
  cancelled: { code: 130, say: 'Cancelled with Ctrl-C.' },
} as const;

export function commandNamed(name: string): (typeof COMMANDS)[number] | undefined {
  return COMMANDS.find((command) => command.name === name);
}

export function helpText(command?: Command): string {
  return command === undefined ? overview() : commandHelp(command);
}

function overview(): string {
  return [
    'Gatewright: one address in front of any number of MCP servers.',
    '',
    'Usage: gatewright [COMMAND] [OPTIONS]',
    '',
    'Commands:',
    ...columns(COMMANDS.map((command) => [[command.name, ...command.arguments].join(' '), command.say])),
    '',
    ...optionLines('Options of serve:', COMMANDS[0]),
    ...exitLines(),
    '',
    'More about one command: gatewright COMMAND --help',
    '',
  ].join('\n');
}

function commandHelp(command: Command): string {
  const words = ['gatewright', command.name, ...command.arguments, '[OPTIONS]'].join(' ');
  return [`Usage: ${words}`, '', command.say, '', ...optionLines('Options:', command), ...exitLines(), ''].join('\n');
}

function optionLines(title: string, command: Command): string[] {
  const lines = columns(command.options.map((option) => [optionWords(option), option.say]));
  const variables = command.options.flatMap(({ name, variable }) =>
    variable ? [[variable, `Same as --${name}.`]] : [],
  );
  const environment = variables.length > 0 ? ['Environment:', ...columns(variables), '', PRECEDENCE, ''] : [];
  return [title, ...lines, '', ...environment];
}

export const PRECEDENCE =
  'An option wins over the environment, the environment over the file, the file over the default.';

export function optionWords(option: Option): string {
  const long = option.value === undefined ? `--${option.name}` : `--${option.name} ${option.value}`;
  return option.short === undefined ? long : `-${option.short}, ${long}`;
}

function exitLines(): string[] {
  return ['Exit codes:', ...columns(Object.values(EXIT).map(({ code, say }) => [String(code), say]))];
}

function columns(rows: readonly (readonly string[])[]): string[] {
  const width = Math.max(...rows.map(([first = '']) => first.length));
  return rows.map(([first = '', second = '']) => `  ${first.padEnd(width)}  ${second}`);
}
