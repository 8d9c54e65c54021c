/*
 * Which lists of an endpoint are others for some callers since there is another snapshot: those of which an entry came, went,
 * or is called or described otherwise. Whoever was shown such a list reads it anew.
 */
import { setImmediate } from 'node:timers/promises';
import { ENTRY_KINDS, type EntryKind } from '../../model/catalogue.ts';
import type { ToolChange } from '../../model/snapshot.ts';
import type { Offered } from './chunk.ts';
import type { ViewList } from './join.ts';
import type { KeptView } from './kept-view.ts';

/** What is not known any more was perhaps otherwise. Nobody else waits for all of it. */
export async function differing(
  before: KeptView | undefined,
  now: KeptView | undefined,
): Promise<ReadonlySet<EntryKind>> {
  if (!before || !now) return new Set(before === now ? [] : ENTRY_KINDS);
  const { lists: then } = before.now();
  await setImmediate();
  const { lists: here } = now.now();
  await setImmediate();
  const kinds = new Set<EntryKind>();
  for (const kind of ENTRY_KINDS) {
    await decided(then[kind]);
    await decided(here[kind]);
    if (!isSameList(then[kind], here[kind])) kinds.add(kind);
    await setImmediate();
  }
  return kinds;
}

const DECIDED_AT_ONCE_MAX = 500;

/** Every entry has been decided about. */
export async function decided({ undecided }: ViewList): Promise<void> {
  let count = 0;
  for (const share of undecided) {
    count += share.usable.length + share.withheld.length;
    if (count < DECIDED_AT_ONCE_MAX) continue;
    count = 0;
    await setImmediate();
  }
}

function isSameList(one: ViewList, other: ViewList): boolean {
  const [ones, others] = [listed(one), listed(other)];
  return ones.length === others.length && ones.every((entry, at) => isSameEntry(entry, others[at]));
}

function listed({ chunks }: ViewList): readonly Offered[] {
  return chunks.flatMap(({ offered }) => offered);
}

function isSameEntry(one: Offered, other: Offered | undefined): boolean {
  if (!other || one.key !== other.key || one.entry !== other.entry) return false;
  return isSameChange(one.change, other.change);
}

function isSameChange(one: ToolChange | undefined, other: ToolChange | undefined): boolean {
  return one?.title === other?.title && one?.description === other?.description;
}
