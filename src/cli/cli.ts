/*
 * The command line: words in, exit code out. Everything that touches the world comes in through `io`.
 */
import { type Run, readArguments } from './arguments.ts';
import { check } from './check.ts';
import type { CliIo } from './io.ts';
import { serve } from './serve.ts';
import { plain } from './terminal.ts';
import { type CommandName, EXIT, helpText } from './usage.ts';
import { versionText } from './version.ts';

/** One row per command: the words that were read → exit code. */
const RUNNERS: Readonly<Record<CommandName, (run: Run, io: CliIo) => Promise<number>>> = {
  serve: ({ values }, io) => serve(values, versionText(), io),
  check: ({ values, operands }, io) => check(operands[0] ?? '', values.has('json'), io),
};

export async function runCli(argv: readonly string[], io: CliIo): Promise<number> {
  const asked = readArguments(argv);
  switch (asked.kind) {
    case 'wrong':
      io.err(`gatewright: ${plain(asked.say)}\n`);
      return EXIT.usage.code;
    case 'help':
      io.out(helpText(asked.command));
      return EXIT.ok.code;
    case 'version':
      io.out(`gatewright ${versionText()}\n`);
      return EXIT.ok.code;
    case 'run':
      return RUNNERS[asked.command.name](asked, io);
  }
}
