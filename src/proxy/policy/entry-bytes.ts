/*
 * An entry as an endpoint lists it: the server's bytes with the public name put in, and with the title or description
 * that the operator gave it here. Nothing else of the entry is touched.
 */
import type { Entry } from '../../model/catalogue.ts';
import type { ToolChange } from '../../model/snapshot.ts';
import { membersOf } from '../../wire/json/members.ts';
import { type Edit, splice } from '../../wire/json/splice.ts';

export function entryBytes(entry: Entry, key: string, change: ToolChange | undefined): Buffer {
  if (!change) {
    return key === entry.key ? entry.bytes : splice(entry.bytes, [{ ...entry.keySpan, put: JSON.stringify(key) }]);
  }
  return splice(entry.bytes, changedEdits(entry, key, change));
}

/** The length of `entryBytes`, without making them. */
export function entryLength(entry: Entry, key: string, change: ToolChange | undefined): number {
  if (change) return entryBytes(entry, key, change).length;
  if (key === entry.key) return entry.bytes.length;
  const { start, end } = entry.keySpan;
  return entry.bytes.length - (end - start) + Buffer.byteLength(JSON.stringify(key));
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
