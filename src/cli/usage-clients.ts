/*
 * The commands that read and write the files of MCP clients on this machine.
 */
import { CONFIG, type Command, DATA_DIR, HELP, type Option, VERSION } from './usage-options.ts';

const YES: Option = { name: 'yes', short: 'y', say: 'Do not ask.' };
const DRY_RUN: Option = { name: 'dry-run', short: 'n', say: 'Show what would change, and change nothing.' };
const OWN_FILE: Option = { ...CONFIG, say: 'Our file; else the one in your configuration folder. Made when missing.' };

export const CLIENT_COMMANDS = [
  {
    name: 'import',
    arguments: ['[CLIENT]'],
    say: 'Take the servers of one MCP client, or of all, into our configuration file.',
    options: [YES, DRY_RUN, OWN_FILE, DATA_DIR, HELP, VERSION],
  },
  {
    name: 'connect',
    arguments: ['CLIENT'],
    say: 'Make a client use Gatewright: its servers move into our file, its own file gets one entry and is backed up.',
    options: [
      { name: 'url', value: 'URL', say: 'Address of the gateway; else that of our file.' },
      { name: 'endpoint', value: 'NAME', say: 'Connect to this endpoint or server alone.' },
      { name: 'keep', short: 'k', say: 'Leave the servers of the client where they are and add ours.' },
      YES,
      DRY_RUN,
      OWN_FILE,
      DATA_DIR,
      HELP,
      VERSION,
    ],
  },
  {
    name: 'restore',
    arguments: ['[CLIENT]'],
    say: 'Put back the file of a client as it was before connect, byte for byte; without a name list the backups.',
    options: [
      { name: 'force', short: 'f', say: 'Also when the file was changed since; a copy of it is kept.' },
      { name: 'servers-only', say: 'Put only the servers back and leave all else in the file as it is now.' },
      DATA_DIR,
      HELP,
      VERSION,
    ],
  },
] as const satisfies readonly Command[];
