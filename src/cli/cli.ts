/*
 * The command line: words in, exit code out. Everything that touches the world comes in through `io`.
 */
import { readArguments } from './arguments.ts';
import { check } from './check.ts';
import type { CliIo } from './io.ts';
import { serve } from './serve.ts';
import { plain } from './terminal.ts';
import { EXIT, helpText } from './usage.ts';
import { versionText } from './version.ts';

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
      if (asked.command.name === 'serve') return serve(asked.values, versionText(), io);
      return check(asked.operands[0] ?? '', asked.values.has('json'), io);
  }
}
