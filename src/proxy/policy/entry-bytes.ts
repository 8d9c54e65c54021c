/*
 * An entry as an endpoint lists it: the server's bytes with the public name and the public URI of a tool's app put in, and
 * with the title or description that the operator gave it here. Nothing else of the entry is touched.
 */
import type { Entry } from '../../model/catalogue.ts';
import type { ToolChange } from '../../model/snapshot.ts';
import { membersOf } from '../../wire/json/members.ts';
import { type Edit, splice } from '../../wire/json/splice.ts';

/** What of an entry is another here than at its server. */
export interface Shown {
  readonly entry: Entry;
  /** Its public name. */
  readonly key: string;
  readonly change: ToolChange | undefined;
  /** The page of the tool's app, under its public URI. */
  readonly app: readonly Edit[];
}

/** Who reads: not every entry is the same for older clients. */
export type Reader = 'newer' | 'older';

export function entryBytes(shown: Shown, reader: Reader): Buffer {
  return splice(shown.entry.bytes, editsOf(shown, reader));
}

/** The length of `entryBytes`, without making them. */
export function entryLength(shown: Shown, reader: Reader): number {
  let length = shown.entry.bytes.length;
  for (const { start, end, put } of editsOf(shown, reader)) length += Buffer.byteLength(put) - (end - start);
  return length;
}

const NONE: readonly Edit[] = [];

function editsOf({ entry, key, change, app }: Shown, reader: Reader): readonly Edit[] {
  const older = reader === 'older' ? entry.older : NONE;
  const named = change ? changedEdits(entry, key, change) : namedEdits(entry, key);
  return app.length + older.length === 0 ? named : [...named, ...app, ...older].sort((a, b) => a.start - b.start);
}

function namedEdits(entry: Entry, key: string): readonly Edit[] {
  return key === entry.key ? NONE : [{ ...entry.keySpan, put: JSON.stringify(key) }];
}

/** A member that the server wrote is replaced where it stands, as often as it does; a new one comes behind the name. */
function changedEdits(entry: Entry, key: string, change: ToolChange): Edit[] {
  const members = membersOf(entry.bytes, { start: 0, end: entry.bytes.length });
  const edits: Edit[] = [];
  let name =
    key === entry.key ? entry.bytes.toString('utf8', entry.keySpan.start, entry.keySpan.end) : JSON.stringify(key);
  for (const field of ['title', 'description'] as const) {
    const text = change[field];
    if (text === undefined) continue;
    const put = JSON.stringify(text);
    const places = members.filter((member) => member.key === field);
    edits.push(...places.map(({ value }) => ({ ...value, put })));
    if (places.length === 0) name += `,"${field}":${put}`;
  }
  edits.push({ ...entry.keySpan, put: name });
  return edits.sort((a, b) => a.start - b.start);
}
