/*
 * `gatewright admin reset-password`: the way back for who has lost the password of a user of the admin API. Whoever can read
 * the data folder may do this, and nobody over a network.
 *
 * A gateway that runs with the same store hears of it within a second, and ends what the user has open.
 */
import { loadConfig, parseConfig } from '../config/load.ts';
import type { Run } from './arguments.ts';
import { printProblems } from './check.ts';
import { configSource } from './config-source.ts';
import { dataDirOf } from './data-dir.ts';
import type { CliIo, FirstAdmin } from './io.ts';
import { jsonLine, plain } from './terminal.ts';
import { EXIT } from './usage.ts';

const FIRST_USER = 'admin';

export async function admin({ operands, values }: Run, io: CliIo): Promise<number> {
  const [action = '', user = FIRST_USER] = operands;
  if (action !== 'reset-password')
    return refuse(`There is no "admin ${action}": gatewright admin reset-password.`, EXIT.usage.code, io);
  const source = configSource(values, io.env);
  // A gateway may run without a file of its own; its store is in the data folder then.
  const loaded =
    'path' in source
      ? await loadConfig(source.path, io.env, {}, { conditions: io.conditions })
      : parseConfig('servers: {}', source.missing, io.env);
  if (!loaded.ok) {
    printProblems(loaded.problems, io);
    return EXIT.config.code;
  }
  const made = await io.resetPassword(loaded.config, dataDirOf(values, io.env), user).catch((thrown: Error) => thrown);
  if (made instanceof Error) return refuse(made.message, EXIT.store.code, io);
  if (made === undefined) return refuse(`There is no user "${user}".`, EXIT.unknown.code, io);
  io.out(values.has('json') ? jsonLine({ ...made }) : told(made));
  return EXIT.ok.code;
}

function refuse(say: string, code: number, io: CliIo): number {
  io.err(`gatewright: ${plain(say)}\n`);
  return code;
}

function told({ username, oneTimePassword = '' }: FirstAdmin): string {
  return `The password of "${plain(username)}", good for one login, which nobody can show you again:\n\n  ${oneTimePassword}\n`;
}
