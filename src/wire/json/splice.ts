/*
 * Changing a message without reading it again: new bytes at given places, every other byte as it was.
 *
 * What is not edited survives by construction: unknown members, big integers, key order, escapes, blanks.
 */
import type { Span } from '../../model/message.ts';
import { BRACE_CLOSE, skipBlanks } from './bytes.ts';
import { type Member, membersOf } from './members.ts';

export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly put: string | Buffer;
}

/** `edits` are in order and do not overlap; anything else is a mistake of the caller and throws. */
export function splice(bytes: Buffer, edits: readonly Edit[]): Buffer {
  if (edits.length === 0) return bytes;
  let size = bytes.length;
  let reached = 0;
  for (const edit of edits) {
    if (edit.start < reached || edit.end < edit.start || edit.end > bytes.length) {
      throw new TypeError(`edit ${edit.start} to ${edit.end} is out of order or out of bounds`);
    }
    reached = edit.end;
    size += putLength(edit.put) - (edit.end - edit.start);
  }
  const out = Buffer.allocUnsafe(size);
  let from = 0;
  let to = 0;
  for (const edit of edits) {
    to += bytes.copy(out, to, from, edit.start);
    to += typeof edit.put === 'string' ? out.write(edit.put, to) : edit.put.copy(out, to);
    from = edit.end;
  }
  bytes.copy(out, to, from);
  return out;
}

function putLength(put: string | Buffer): number {
  return typeof put === 'string' ? Buffer.byteLength(put) : put.length;
}

/** The edits that take the members named in `keys` out of an object, each with the one comma that is then too much. */
export function removeMembers(bytes: Buffer, objectSpan: Span, keys: readonly string[]): Edit[] {
  const members = membersOf(bytes, objectSpan);
  const edits: Edit[] = [];
  let isKeptBefore = false;
  for (let i = 0; i < members.length; i++) {
    if (!isNamed(members, i, keys)) {
      isKeptBefore = true;
      continue;
    }
    const first = i;
    while (isNamed(members, i + 1, keys)) i++;
    edits.push({ ...runSpan(members, first, i, isKeptBefore), put: '' });
  }
  return edits;
}

function isNamed(members: readonly Member[], i: number, keys: readonly string[]): boolean {
  const member = members[i];
  return member !== undefined && keys.includes(member.key);
}

/** Members `first` to `last` with the comma before them, or behind them when nothing stays before. */
function runSpan(members: readonly Member[], first: number, last: number, isKeptBefore: boolean): Span {
  const start = members[first]?.keySpan.start ?? 0;
  const end = members[last]?.value.end ?? 0;
  if (isKeptBefore) return { start: members[first - 1]?.value.end ?? start, end };
  return { start, end: members[last + 1]?.keySpan.start ?? end };
}

/** `removeMembers` and `insertMembers` of one object at once: alone, each of them would leave the other's comma wrong. */
export function replaceMembers(bytes: Buffer, objectSpan: Span, keys: readonly string[], members: string): Edit[] {
  const removals = removeMembers(bytes, objectSpan, keys);
  const isAnyKept = membersOf(bytes, objectSpan).some((member) => !keys.includes(member.key));
  const at = objectSpan.start + 1;
  const put = isAnyKept && members !== '' ? `${members},` : members;
  return [{ start: at, end: at, put }, ...removals];
}

/** The edit that puts `members` (`"a":1,"b":2`, no comma around) at the start of an object. */
export function insertMembers(bytes: Buffer, objectSpan: Span, members: string): Edit {
  const at = objectSpan.start + 1;
  const isEmpty = bytes[skipBlanks(bytes, at, objectSpan.end)] === BRACE_CLOSE;
  return { start: at, end: at, put: isEmpty || members === '' ? members : `${members},` };
}
