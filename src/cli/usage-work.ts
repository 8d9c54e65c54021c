/*
 * The commands that work with servers: against the gateway that runs, or with servers of their own when none does.
 */
import { CONFIG, type Command, DATA_DIR, HELP, JSON_LINES, type Option, VERSION } from './usage-options.ts';

const JSON_OBJECT: Option = { name: 'json', say: 'Print one JSON object, for programs.' };
const INSTANCE: Option = {
  name: 'instance',
  value: 'ID',
  say: 'The running gateway to ask, when there are several.',
};
const OUTPUT: Option = { name: 'output', value: 'FILE', short: 'o', say: 'Write the content to a file instead.' };
const TIMEOUT: Option = { name: 'timeout', value: 'SECONDS', say: 'Cancel when there is no answer by then.' };
const QUIET: Option = { name: 'quiet', short: 'q', say: 'Show no progress and no log messages.' };
const ENDS = [CONFIG, INSTANCE, DATA_DIR, HELP, VERSION] as const;

export const WORK_COMMANDS = [
  {
    name: 'servers',
    arguments: [],
    say: 'Show the servers: state, what each offers, and why something is missing.',
    options: [JSON_OBJECT, ...ENDS],
  },
  {
    name: 'tools',
    arguments: ['[SERVER|TOOL]'],
    say: 'List the tools of all servers or of one, or show one tool with its arguments.',
    options: [JSON_OBJECT, ...ENDS],
  },
  {
    name: 'call',
    arguments: ['TOOL', '[KEY=VALUE…]'],
    say: 'Call a tool by SERVER.TOOL, with arguments as key=value or as one JSON object.',
    options: [JSON_OBJECT, OUTPUT, TIMEOUT, QUIET, ...ENDS],
  },
  {
    name: 'prompts',
    arguments: ['[SERVER|PROMPT]', '[KEY=VALUE…]'],
    say: 'List the prompts of all servers or of one, or get one prompt.',
    options: [JSON_OBJECT, ...ENDS],
  },
  {
    name: 'resources',
    arguments: ['[SERVER]'],
    say: 'List the resources and resource templates of all servers or of one.',
    options: [JSON_OBJECT, ...ENDS],
  },
  {
    name: 'read',
    arguments: ['URI'],
    say: 'Read a resource: its URI, or SERVER+URI for one that no list has.',
    options: [JSON_OBJECT, OUTPUT, TIMEOUT, QUIET, ...ENDS],
  },
  {
    name: 'logs',
    arguments: ['SERVER'],
    say: 'Show what the process of a server wrote to stderr.',
    options: [{ name: 'follow', short: 'f', say: 'Go on until Ctrl-C.' }, JSON_OBJECT, ...ENDS],
  },
  {
    name: 'restart',
    arguments: ['SERVER'],
    say: 'Stop a server and start it again.',
    options: [JSON_OBJECT, ...ENDS],
  },
  {
    name: 'explain',
    arguments: ['[TOOL]', '[KEY=VALUE…]'],
    say: 'Say whether somebody may call a tool, and why; or which calls a changed file would answer otherwise.',
    options: [
      {
        name: 'as',
        value: 'WHO',
        say: 'local, token:NAME, key:ID, ISSUER|SUBJECT, a user of the file, or a credential: - reads it from stdin, env:NAME from the environment.',
      },
      { name: 'kind', value: 'KIND', say: 'tool (default), prompt or resource.' },
      { name: 'endpoint', value: 'NAME', say: 'Where the call comes in; else /mcp.' },
      { name: 'arguments', value: 'JSON', say: 'The arguments of the call, as one JSON object instead of key=value.' },
      { name: 'claims', value: 'JSON', say: 'What a token of ISSUER|SUBJECT would claim.' },
      {
        name: 'request',
        value: 'KEY=VALUE',
        repeats: true,
        say: 'What conditions may look at: address, time, door, revision, header.NAME. May be repeated.',
      },
      {
        name: 'dry-run',
        value: 'FILE',
        say: 'Try this file on the calls of --calls, against the file that is served or --config.',
      },
      {
        name: 'calls',
        value: 'FILE',
        say: 'One JSON object per line: {"as": …, "tool" or "prompt" or "resource": …, "endpoint", "arguments", "claims", "request"}; - for stdin.',
      },
      JSON_LINES,
      ...ENDS,
    ],
  },
  {
    name: 'secrets',
    arguments: ['status|rotate'],
    say: 'Show which keys the stored secrets are encrypted with, or encrypt them all with a new key.',
    options: [JSON_OBJECT, ...ENDS],
  },
  {
    name: 'completion',
    arguments: ['SHELL'],
    say: 'Print what makes bash, zsh or fish complete commands, servers and tools.',
    options: [HELP, VERSION],
  },
] as const satisfies readonly Command[];
