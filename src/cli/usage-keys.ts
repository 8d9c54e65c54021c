/*
 * The commands that make credentials.
 */
import { CONFIG, type Command, DATA_DIR, HELP, VERSION } from './usage-options.ts';

export const KEY_COMMANDS = [
  {
    name: 'key',
    arguments: ['create'],
    say: 'Make an API key: print it, this once, and what to put into the configuration file.',
    options: [
      { name: 'name', value: 'NAME', say: 'What it is for, for people.' },
      { name: 'expires', value: 'WHEN', say: 'From then on it is refused: 12h, 30d, 8w, or a date; else never.' },
      { name: 'user', value: 'USER', say: 'The user of access.users who bears it.' },
      { name: 'organisation', value: 'NAME', say: 'The organisation in which it acts; else that of its user.' },
      {
        name: 'role',
        value: 'ROLE',
        repeats: true,
        say: 'A role of its bearer; else those of its user. May be repeated.',
      },
      { name: 'server', value: 'PATTERN', repeats: true, say: 'Reaches only these servers. May be repeated.' },
      {
        name: 'endpoint',
        value: 'PATTERN',
        repeats: true,
        say: 'Reaches only these endpoints; default is /mcp. May be repeated.',
      },
      {
        name: 'tool',
        value: 'SERVER.TOOL',
        repeats: true,
        say: 'Reaches only these tools, and no prompts or resources. May be repeated.',
      },
      { name: 'all', say: 'May do everything within its reach; else it needs a role, a user or a policy.' },
      { name: 'json', say: 'Print one JSON object, for programs.' },
      HELP,
      VERSION,
    ],
  },
] as const satisfies readonly Command[];

export const ADMIN_COMMANDS = [
  {
    name: 'admin',
    arguments: ['reset-password', '[USER]'],
    say: 'Give a user of the admin API ("admin" when none is named) a password that is good once: for who has lost it, on the host.',
    options: [CONFIG, DATA_DIR, { name: 'json', say: 'Print one JSON object, for programs.' }, HELP, VERSION],
  },
] as const satisfies readonly Command[];
