/*
 * `docs/reference/cli.md`, from the table of commands.
 */
import { FINDINGS } from '../../src/cli/doctor/doctor.ts';
import { COMMANDS, EXIT, optionWords, PRECEDENCE } from '../../src/cli/usage.ts';
import type { Command } from '../../src/cli/usage-options.ts';
import { code, page, table } from './markdown.ts';

const EVENTS = `With \`--json\`, \`serve\` prints one JSON object per line. \`event\` is one of: \`warning\` and \`invalid\` (the configuration,
with file, line, column, field, words and suggestion), \`failed\` (could not start), \`listening\` (with \`url\`), \`server\` (one
server left the state \`starting\` or changed), \`ready\` (no server is starting any more), \`reloaded\` (the configuration file changed: the
servers added, removed and replaced, and the fields that need a restart), \`reload_refused\` (it has faults and changes nothing), \`stopping\`, \`stopped\`.`;

const DOCTOR = `\`gatewright doctor\` reads the configuration as \`serve\` does, with the same environment, and the permissions of the files around it. *serious*:
somebody may do what nobody meant; the exit code is 8 then. *warning*: one more mistake makes it serious. *note*: be sure that it is meant. With \`--json\`
one object is printed: \`{ok, file, looked, findings: [{id, severity, say, fix, where: [text]}]}\`, or \`{ok, problems}\` for a file with errors.`;

const SIGNALS = `SIGINT and SIGTERM stop the gateway: calls in flight may end, then servers are stopped and the exit code is 0. A second
signal ends it at once with exit code 1. The configuration file is read again when it changes, and on SIGHUP where no terminal stands before
the gateway.`;

const WORK = `\`servers\`, \`tools\`, \`call\`, \`prompts\`, \`resources\` and \`read\` work with the gateway that runs on this machine under the same user
and data folder. With \`--config\` (or \`GATEWRIGHT_CONFIG\`) it is the one that serves this file; \`--instance\` names one of several. When none
runs, the command starts the servers it needs (\`call files.read\` starts \`files\` and nothing else) and stops them again; no port is opened.
\`logs\` and \`restart\` need one that runs. Whoever can open its socket, \`gateways/<instance>/socket\` in the data folder (mode 0600 in a folder
0700), is its operator and needs no token; policy and limits hold as for every client. There is no such socket on Windows yet.

A tool is named \`SERVER.TOOL\`, \`SERVER__TOOL\`, or by its own name where one server only has it. Its arguments are one JSON object (sent as it was
typed), \`-\` for one on stdin, or words:

| Word | What is sent |
| --- | --- |
| \`key=value\` | text, number, true or false, null, list or object, as the tool's schema says; where it says nothing, JSON or else text |
| \`key=a key=b\` | a list |
| \`a.b=value\` | an object within |
| \`key=@FILE\`, \`key=-\` | the content of a file, or of stdin |
| \`key=@@text\` | text that begins with @ |

Progress, log messages and questions of a server go to stderr; questions are put to a person at a terminal, and to nobody else. Ctrl-C cancels
the call, at the server too; once more ends at once. What is printed for people holds nothing that a terminal would obey; \`read\` to a file or
pipe writes the content as it is.`;

const JSON_SHAPES: readonly (readonly [string, string])[] = [
  [
    'servers',
    '{servers: [{name, title?, transport, state, reason?, revision?, tools, prompts, resources, templates, withheld: [{kind, name, reason, why, endpoint}]}]}',
  ],
  ['tools, prompts', '{tools: [entry and its server], missing: [{server, state, reason}]}'],
  ['tools TOOL', '{tool: entry and its server}'],
  ['resources', '{resources: […], templates: […], missing: […]}'],
  ['call, read, prompts PROMPT', 'the result as the server gave it'],
  ['logs', '{server, text}, with --follow one more for all that is new'],
  ['restart', '{server: as in servers, without withheld}'],
  ['any that fails', '{error: {say, code?}}'],
];

export function cliPage(): string {
  const exits = Object.values(EXIT).map((exit) => [String(exit.code), exit.say]);
  return page(
    'Command line',
    code('src/cli/usage.ts'),
    ...COMMANDS.map(commandSection),
    `${PRECEDENCE} A file in the current folder is never taken by itself; without \`--config\` it is \`$XDG_CONFIG_HOME/gatewright/gatewright.yaml\`
(or \`~/.config/gatewright/gatewright.yaml\`).`,
    '## Working with servers',
    WORK,
    'With `--json` one object is printed on one line:',
    table(
      ['Command', 'Object'],
      JSON_SHAPES.map(([command, shape]) => [command, code(shape)]),
    ),
    '## What the doctor looks for',
    DOCTOR,
    table(
      ['Finding', 'How bad', 'What', 'What to do'],
      FINDINGS.map(({ id, severity, say, fix }) => [code(id), severity, say, fix]),
    ),
    '## Events',
    EVENTS,
    '## Signals',
    SIGNALS,
    '## Exit codes',
    table(['Code', 'Meaning'], exits),
  );
}

function commandSection(command: Command): string {
  const words = [command.name, ...command.arguments].join(' ');
  const rows = command.options.map((option) => [
    code(optionWords(option)),
    option.variable === undefined ? '' : code(option.variable),
    option.say,
  ]);
  return [`## gatewright ${words}`, command.say, table(['Option', 'Environment', 'What'], rows)].join('\n\n');
}
