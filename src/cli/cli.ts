/*
 * The command line: words in, exit code out. Everything that touches the world comes in through `io`.
 */

import { admin } from './admin.ts';
import { type Run, readArguments } from './arguments.ts';
import { check } from './check.ts';
import { connect } from './clients/connect.ts';
import { importServers } from './clients/import.ts';
import { restore } from './clients/restore.ts';
import { call } from './desk/call.ts';
import { complete, completion } from './desk/completion.ts';
import { atDesk, type Work } from './desk/desk.ts';
import { explain } from './desk/explain.ts';
import { prompts, resources, tools } from './desk/lists.ts';
import { read } from './desk/read.ts';
import { secrets } from './desk/secrets.ts';
import { logs, restart, servers } from './desk/servers.ts';
import { doctor } from './doctor/doctor.ts';
import type { CliIo } from './io.ts';
import { key } from './key.ts';
import { serve } from './serve.ts';
import { stdio } from './stdio.ts';
import { plain } from './terminal.ts';
import { type CommandName, EXIT, helpText } from './usage.ts';
import { versionText } from './version.ts';

const worker = (work: Work) => (run: Run, io: CliIo) => atDesk(work, run, io);

/** One row per command: the words that were read → exit code. */
const RUNNERS: Readonly<Record<CommandName, (run: Run, io: CliIo) => Promise<number>>> = {
  serve: ({ values }, io) => serve(values, versionText(), io),
  check: ({ values, operands }, io) => check(operands[0] ?? '', values.has('json'), io),
  doctor,
  import: importServers,
  connect,
  restore,
  key,
  admin,
  stdio: worker(stdio),
  servers: worker(servers),
  tools: worker(tools),
  call: worker(call),
  prompts: worker(prompts),
  resources: worker(resources),
  read: worker(read),
  logs: worker(logs),
  restart: worker(restart),
  explain: worker(explain),
  secrets: worker(secrets),
  completion: worker(completion),
};

export async function runCli(argv: readonly string[], io: CliIo): Promise<number> {
  // Asked by shells, not by people: neither in the help nor a word to be near to.
  if (argv[0] === '__complete') return complete(argv.slice(argv[1] === '--' ? 2 : 1), io);
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
