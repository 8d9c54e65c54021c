/*
 * `gatewright key create`: makes an API key, prints it once, and prints the entry of the configuration file that makes it good.
 *
 * Nothing is written anywhere. Only the SHA-256 of the key goes into the file: whoever reads the file cannot use the key, and
 * whoever has lost it needs another one. Taking the entry out of the file takes the key back.
 */
import { hash, randomBytes, randomInt } from 'node:crypto';
import { composeKey } from '../model/key-text.ts';
import type { Run } from './arguments.ts';
import type { CliIo } from './io.ts';
import { jsonLine, plain } from './terminal.ts';
import { EXIT } from './usage.ts';

const SECRET_BYTES = 32;
const ID_LENGTH = 8;
/** No letter that is taken for a digit. */
const ID_LETTERS = 'abcdefghjkmnpqrstuvwxyz23456789';

/** As it stands in `auth.keys`, in this order. */
type Entry = Readonly<Record<string, string | readonly string[]>>;

export async function key({ operands, values, lists }: Run, io: CliIo): Promise<number> {
  const [action = ''] = operands;
  if (action !== 'create') return refuse(`There is no "key ${action}": gatewright key create.`, io);
  const expiresAt = expiryOf(values.get('expires'), io.now());
  if (expiresAt === 'unreadable') {
    return refuse('--expires is a time from now, such as 12h, 30d or 8w, or a date to come, such as 2030-01-31.', io);
  }
  const id = Array.from({ length: ID_LENGTH }, () => ID_LETTERS[randomInt(ID_LETTERS.length)]).join('');
  const made = composeKey(id, randomBytes(SECRET_BYTES));
  const entry: Entry = {
    id,
    ...entryOf({ values, lists }),
    hash: hash('sha256', made),
    ...(expiresAt && { expiresAt }),
  };
  io.out(values.has('json') ? jsonLine({ key: made, entry }) : told(made, entry));
  if (!mayDoAnything(entry)) io.err(uselessWords(id));
  return EXIT.ok.code;
}

function refuse(say: string, io: CliIo): number {
  io.err(`gatewright: ${plain(say)}\n`);
  return EXIT.usage.code;
}

function entryOf({ values, lists }: Pick<Run, 'values' | 'lists'>): Entry {
  const entry: Record<string, string | readonly string[]> = {};
  for (const field of ['name', 'user', 'organisation']) {
    const value = values.get(field);
    if (typeof value === 'string') entry[field] = value;
  }
  for (const [option, field] of LISTS) {
    const list = lists.get(option);
    if (list) entry[field] = list;
  }
  return values.has('all') ? { ...entry, grants: 'all' } : entry;
}

const LISTS = [
  ['role', 'roles'],
  ['server', 'servers'],
  ['endpoint', 'endpoints'],
  ['tool', 'tools'],
] as const;

function mayDoAnything({ grants, roles, user }: Entry): boolean {
  return [grants, roles, user].some((source) => source !== undefined);
}

function uselessWords(id: string): string {
  return `
It may use nothing yet but servers that are for everybody: give it a --role or a --user, name "key:${id}" in a policy, or
say --all, which lets it do everything within its reach.
`;
}

function told(made: string, entry: Entry): string {
  const lines = Object.entries(entry).map(([field, value]) => `${field}: ${yamlOf(value)}`);
  return `The key, which nobody can show you again:

  ${made}

For the configuration file, so that it is taken:

auth:
  keys:
    - ${lines.join('\n      ')}
`;
}

/** A JSON string is one of YAML, and in neither is there anything left that a terminal could obey. */
function yamlOf(value: string | readonly string[]): string {
  return jsonLine(value).trimEnd();
}

const FROM_NOW = /^([1-9]\d{0,4})(h|d|w)$/;
const UNIT_MS = { h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;

/** RFC 3339; undefined for never. */
export function expiryOf(written: string | true | undefined, nowMs: number): string | 'unreadable' | undefined {
  if (written === undefined || written === true) return undefined;
  const [, count, unit] = FROM_NOW.exec(written) ?? [];
  const atMs =
    count === undefined ? Date.parse(written) : nowMs + Number(count) * UNIT_MS[unit as keyof typeof UNIT_MS];
  if (!(atMs > nowMs) || (count === undefined && !/^\d{4}-\d\d-\d\d/.test(written))) return 'unreadable';
  return new Date(atMs).toISOString().replace(/\.\d+Z$/, 'Z');
}
