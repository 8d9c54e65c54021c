/*
 * Reads a server's lists to the last page. An empty cursor is a cursor like any other; only a missing one ends the list.
 * A cursor that comes twice, too many pages or too many entries stop the reading: what was read stays, and it is said. An
 * entry that is too large is left out alone.
 */
import { setImmediate } from 'node:timers/promises';
import { EMPTY_LIST, type Entry, type EntryKind, type EntryList } from '../../model/catalogue.ts';
import { GatewayError } from '../../model/errors.ts';
import type { LimitName, Limits } from '../../model/limits.ts';
import type { Message, Span } from '../../model/message.ts';
import { cacheHintOf } from '../../wire/cache-hint.ts';
import type { Codec } from '../../wire/codec.ts';
import { elementsOf } from '../../wire/json/elements.ts';
import { memberOf, membersOf, readString, readValue } from '../../wire/json/members.ts';
import { resourcesInTool } from '../../wire/named-resources.ts';
import { type OutputForOlder, outputForOlder } from '../../wire/output-schema.ts';
import { narrower } from './freshness.ts';
import { headerParamsOf } from './header-params.ts';
import type { Link } from './link.ts';

interface ListShape {
  readonly method: string;
  readonly member: string;
  readonly key: string;
  /** The capability without which the list does not exist. */
  readonly capability: string;
}

export const LIST_SHAPES: Readonly<Record<EntryKind, ListShape>> = {
  tools: { method: 'tools/list', member: 'tools', key: 'name', capability: 'tools' },
  prompts: { method: 'prompts/list', member: 'prompts', key: 'name', capability: 'prompts' },
  resources: { method: 'resources/list', member: 'resources', key: 'uri', capability: 'resources' },
  templates: {
    method: 'resources/templates/list',
    member: 'resourceTemplates',
    key: 'uriTemplate',
    capability: 'resources',
  },
};

type Odd = (what: string, internal: Readonly<Record<string, unknown>>) => void;

export async function readList(link: Link, kind: EntryKind, limits: Limits, odd: Odd): Promise<EntryList> {
  const shape = LIST_SHAPES[kind];
  if (link.handshake?.capabilities[shape.capability] === undefined) return EMPTY_LIST;
  const byKey = new Map<string, Entry>();
  const cursors = new Set<string>();
  const take = { byKey, limits, odd, bytes: 0 };
  let hint: EntryList['hint'] | undefined;
  let cursor: string | undefined;
  for (let page = 0; ; page++) {
    const message = await link.request(shape.method, cursor === undefined ? {} : { cursor });
    if (message.kind !== 'result' || !message.outcome) return refusedList(message, shape, odd);
    const said = cacheHintOf(message.bytes, message.outcome);
    hint = hint ? narrower(hint, said) : said;
    const full = await takeEntries(message, kind, link, take);
    cursor = cursorOf(message, message.outcome);
    if (cursor === undefined && !full) break;
    const stop = full ?? (page + 1 >= limits.listPagesMax ? 'listPagesMax' : repeated(cursors, cursor));
    if (stop === undefined) continue;
    if (stop !== REPEATED) link.options.events.onLimit(stop);
    odd('list cut short', { method: shape.method, stop, entries: byKey.size });
    break;
  }
  return { entries: [...byKey.values()], byKey, hint: hint ?? EMPTY_LIST.hint };
}

const REPEATED = 'repeated cursor';

function repeated(cursors: Set<string>, cursor: string | undefined): typeof REPEATED | undefined {
  if (cursor === undefined || cursors.has(cursor)) return REPEATED;
  cursors.add(cursor);
  return undefined;
}

/** Servers that declare a capability and do not know its list exist (templates, above all): an empty list. */
function refusedList(message: Message, shape: ListShape, odd: Odd): EntryList {
  const error = message.outcome ? (readValue(message.bytes, message.outcome) as { code?: unknown }) : {};
  if (error.code !== -32601) throw new GatewayError('upstream_refused', { internal: { method: shape.method, error } });
  odd('list refused', { method: shape.method });
  return EMPTY_LIST;
}

interface Take {
  readonly byKey: Map<string, Entry>;
  readonly limits: Limits;
  readonly odd: Odd;
  /** Of the entries taken so far. */
  bytes: number;
}

/** The limit that makes the list full, when entries were left out. */
async function takeEntries(message: Message, kind: EntryKind, link: Link, take: Take): Promise<LimitName | undefined> {
  const shape = LIST_SHAPES[kind];
  const array = message.outcome && memberOf(message.bytes, message.outcome, shape.member)?.value;
  if (!array) return undefined;
  let worked = 0;
  for (const span of elementsOf(message.bytes, array)) {
    worked += span.end - span.start;
    if (worked > TURN_BYTES_MAX) {
      await setImmediate();
      worked = 0;
    }
    const full = isTooLarge(span, shape, link, take) ? undefined : takeEntry(message.bytes, span, kind, { link, take });
    if (full) return full;
  }
  return undefined;
}

/** So much of a list is read in one go, before others have their turn. */
const TURN_BYTES_MAX = 128 * 1024;

function isTooLarge(span: Span, { method }: ListShape, link: Link, take: Take): boolean {
  const bytes = span.end - span.start;
  if (bytes <= take.limits.entryBytesMax) return false;
  link.options.events.onLimit('entryBytesMax');
  take.odd('entry withheld', { method, why: 'entryBytesMax', bytes });
  return true;
}

function takeEntry(
  page: Buffer,
  span: Span,
  kind: EntryKind,
  { link, take }: { readonly link: Link; readonly take: Take },
): LimitName | undefined {
  const entry = entryOf(page, span, kind, link.codec);
  if (typeof entry === 'string') take.odd('entry withheld', { method: LIST_SHAPES[kind].method, why: entry });
  else if (take.byKey.has(entry.key)) take.odd('entry withheld', { key: entry.key, why: 'same name twice' });
  else if (take.byKey.size >= take.limits.listEntriesMax) return 'listEntriesMax';
  else if (take.bytes + entry.bytes.length > take.limits.listBytesMax) return 'listBytesMax';
  else {
    take.byKey.set(entry.key, entry);
    take.bytes += entry.bytes.length;
  }
  return undefined;
}

/** The entry, or why it cannot be one. */
export function entryOf(page: Buffer, span: Span, kind: EntryKind, codec: Codec): Entry | string {
  if (page[span.start] !== 0x7b) return 'not an object';
  // A copy, so that one entry does not keep the whole page alive.
  const bytes = Buffer.from(page.subarray(span.start, span.end));
  // Clients get it in one list with what other servers say, so it must neither spoil that nor show a second name there.
  if (!isJson(bytes)) return 'not JSON';
  const names = membersOf(bytes, { start: 0, end: bytes.length }).filter(({ key }) => key === LIST_SHAPES[kind].key);
  const keySpan = names[0]?.value;
  if (!keySpan || names.length > 1 || bytes[keySpan.start] !== 0x22) return 'without one name';
  const key = readString(bytes, keySpan);
  const headerParams = kind === 'tools' ? headerParamsOf(bytes, codec) : [];
  if (typeof headerParams === 'string') return `${key}: ${headerParams}`;
  if (kind !== 'tools') return { key, bytes, keySpan, headerParams, ...OF_NO_TOOL };
  const { wrapped, edits } = codec.outputs === 'anything' ? outputForOlder(bytes) : UNCHANGED;
  return { key, bytes, keySpan, headerParams, links: resourcesInTool(bytes), outputWrapped: wrapped, older: edits };
}

const OF_NO_TOOL: Pick<Entry, 'links' | 'outputWrapped' | 'older'> = { links: [], outputWrapped: false, older: [] };
const UNCHANGED: OutputForOlder = { wrapped: false, edits: [] };

function isJson(bytes: Buffer): boolean {
  try {
    JSON.parse(bytes.toString());
    return true;
  } catch {
    return false;
  }
}

function cursorOf(message: Message, result: Span): string | undefined {
  const cursor = memberOf(message.bytes, result, 'nextCursor')?.value;
  return cursor && message.bytes[cursor.start] === 0x22 ? readString(message.bytes, cursor) : undefined;
}
