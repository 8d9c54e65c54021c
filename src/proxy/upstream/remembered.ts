/*
 * What a server said when it was last here, as one file's bytes and back.
 *
 *   {"format":1,"of":"…","revision":"…","capabilities":{…},"serverInfo":{…},"hints":{…},"tools":[…],"prompts":[…], …}
 *
 * `of` names the definition it was said under: a server whose entry now starts another program, or has another address,
 * has said nothing yet. Entries stand there byte for byte, and are read back by the same reader that takes them from the
 * server, so a file can bring in nothing that a server could not.
 */
import { createHash } from 'node:crypto';
import {
  type CacheHint,
  ENTRY_KINDS,
  type Entry,
  type EntryKind,
  type EntryList,
  type ServerCatalogue,
} from '../../model/catalogue.ts';
import type { Span } from '../../model/message.ts';
import { isRevision, type Revision } from '../../model/revision.ts';
import type { ServerDefinition } from '../../model/snapshot.ts';
import { codecOf } from '../../wire/codecs.ts';
import { elementsOf } from '../../wire/json/elements.ts';
import { type Member, membersOf, readValue } from '../../wire/json/members.ts';
import { entryOf } from './read-lists.ts';

const FORMAT = 1;

export type Remembered = Pick<ServerCatalogue, 'revision' | 'capabilities' | 'serverInfo' | 'instructions' | 'lists'>;

/** Which server a memory is about. No value of `env` or `headers` goes into it: those are secrets, and rotate. */
export function definitionKey(definition: ServerDefinition): string {
  const known = keys.get(definition);
  if (known !== undefined) return known;
  const made = keyOf(definition);
  keys.set(definition, made);
  return made;
}

const keys = new WeakMap<ServerDefinition, string>();

function keyOf({ transport, revision }: ServerDefinition): string {
  const of =
    transport.kind === 'stdio'
      ? [transport.command, transport.args, transport.cwd, Object.keys(transport.env)]
      : [transport.url, Object.keys(transport.headers)];
  const text = JSON.stringify([transport.kind, revision, ...of]);
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

/** Undefined when there is nothing worth remembering. */
export function toBytes(catalogue: ServerCatalogue, of: string): Buffer | undefined {
  const { revision, capabilities, serverInfo, instructions, lists } = catalogue;
  if (revision === undefined) return undefined;
  const hints = Object.fromEntries(ENTRY_KINDS.map((kind) => [kind, lists[kind].hint]));
  const head = JSON.stringify({ format: FORMAT, of, revision, capabilities, instructions, hints });
  const parts: Buffer[] = [Buffer.from(`${head.slice(0, -1)},"serverInfo":${serverInfo}`)];
  for (const kind of ENTRY_KINDS) parts.push(Buffer.from(`,"${kind}":[`), ...joined(lists[kind].entries), CLOSE);
  parts.push(Buffer.from('}'));
  return Buffer.concat(parts);
}
const BRACE_CLOSE = 0x7d;
const CLOSE = Buffer.from(']');
const COMMA = Buffer.from(',');

function joined(entries: readonly Entry[]): Buffer[] {
  return entries.flatMap(({ bytes }, at) => (at === 0 ? [bytes] : [COMMA, bytes]));
}

/** Undefined for a memory of something else, or a broken one. */
export function fromBytes(bytes: Buffer, of: string): Remembered | undefined {
  try {
    return read(bytes, of);
  } catch (thrown) {
    if (thrown instanceof SyntaxError) return undefined;
    throw thrown;
  }
}

function read(bytes: Buffer, of: string): Remembered | undefined {
  if (bytes.at(-1) !== BRACE_CLOSE) return undefined;
  const members = new Map(membersOf(bytes, { start: 0, end: bytes.length }).map((member) => [member.key, member]));
  const value = (key: string) => memberValue(bytes, members.get(key));
  const [spoken, capabilities, hints, instructions] = ['revision', 'capabilities', 'hints', 'instructions'].map(value);
  const info = members.get('serverInfo')?.value;
  if (value('format') !== FORMAT || value('of') !== of || typeof spoken !== 'string' || !isRevision(spoken))
    return undefined;
  if (!isObject(capabilities) || !isObject(hints) || !info || !isObject(readValue(bytes, info))) return undefined;
  const lists = listsOf(bytes, members, { hints, revision: spoken });
  if (!lists) return undefined;
  return {
    ...{ revision: spoken, capabilities, lists },
    serverInfo: bytes.toString('utf8', info.start, info.end),
    instructions: typeof instructions === 'string' ? instructions : undefined,
  };
}

interface Reading {
  readonly hints: Readonly<Record<string, unknown>>;
  readonly revision: Revision;
}

function listsOf(bytes: Buffer, members: ReadonlyMap<string, Member>, { hints, revision }: Reading) {
  const lists: Partial<Record<EntryKind, EntryList>> = {};
  for (const kind of ENTRY_KINDS) {
    const array = members.get(kind)?.value;
    const hint = hints[kind];
    if (!array || !isHint(hint)) return undefined;
    const list = entriesOf(bytes, array, kind, revision);
    if (!list) return undefined;
    lists[kind] = { entries: [...list.values()], byKey: list, hint };
  }
  return lists as Record<EntryKind, EntryList>;
}

function entriesOf(bytes: Buffer, array: Span, kind: EntryKind, revision: Revision): Map<string, Entry> | undefined {
  const byKey = new Map<string, Entry>();
  for (const span of elementsOf(bytes, array)) {
    const entry = entryOf(bytes, span, kind, codecOf(revision));
    if (typeof entry === 'string') return undefined;
    byKey.set(entry.key, entry);
  }
  return byKey;
}

function memberValue(bytes: Buffer, member: Member | undefined): unknown {
  return member && readValue(bytes, member.value);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isHint(value: unknown): value is CacheHint {
  return (
    isObject(value) && Number.isSafeInteger(value.ttlMs) && (value.scope === 'public' || value.scope === 'private')
  );
}
