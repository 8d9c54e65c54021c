/*
 * `docs/reference/cli.md`, from the table of commands.
 */
import { COMMANDS, EXIT, optionWords, PRECEDENCE } from '../../src/cli/usage.ts';
import type { Command } from '../../src/cli/usage-options.ts';
import { code, page, table } from './markdown.ts';

const EVENTS = `With \`--json\`, \`serve\` prints one JSON object per line. \`event\` is one of: \`warning\` and \`invalid\` (the configuration,
with file, line, column, field, words and suggestion), \`failed\` (could not start), \`listening\` (with \`url\`), \`server\` (one
server left the state \`starting\` or changed), \`ready\` (no server is starting any more), \`stopping\`, \`stopped\`.`;

const SIGNALS = `SIGINT and SIGTERM stop the gateway: calls in flight may end, then servers are stopped and the exit code is 0. A second
signal ends it at once with exit code 1.`;

export function cliPage(): string {
  const exits = Object.values(EXIT).map((exit) => [String(exit.code), exit.say]);
  return page(
    'Command line',
    code('src/cli/usage.ts'),
    ...COMMANDS.map(commandSection),
    `${PRECEDENCE} A file in the current folder is never taken by itself; without \`--config\` it is \`$XDG_CONFIG_HOME/gatewright/gatewright.yaml\`
(or \`~/.config/gatewright/gatewright.yaml\`).`,
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
