/*
 * A list cut into pages of at most 1 MiB and 1 000 entries, and the cursors that lead from one to the next.
 *
 * A cursor names the cut it came from. The cuts of a list that has changed since are kept for a while, so that a client
 * that pages through a list while a server comes, goes or changes gets to its end with every entry once; after that, and
 * after a restart or a change of configuration, the cursor is refused and the client starts anew. Old cuts share the
 * bytes of all servers that did not change.
 */
import { randomBytes } from 'node:crypto';
import type { CacheHint, EntryKind } from '../../model/catalogue.ts';
import type { Chunk } from '../policy/chunk.ts';
import type { View } from '../policy/view.ts';

export const PAGE_ENTRIES_MAX = 1_000;
/** Of what is around the entries, too. */
export const PAGE_BYTES_MAX = 1024 * 1024;
/** What is around the entries: cursor, identity, hints, and who is missing. */
export const FRAME_BYTES_MAX = 32 * 1024;
export const OLD_CUTS_MAX = 8;
const OLD_CUT_MS = 60_000;

export interface Cut {
  /** Part of its cursors. */
  readonly stamp: string;
  readonly scope: CacheHint['scope'];
  readonly chunks: readonly Chunk[];
  readonly pages: readonly (readonly Chunk[])[];
}

interface Kept {
  readonly cut: Cut;
  /** When another took its place. */
  replacedMs: number;
}

/** Differs from run to run, so that no cursor of an earlier one is taken for ours. */
const RUN = randomBytes(4).toString('hex');
let cuts = 0;

const byLineage = new WeakMap<object, Map<ListName, Kept[]>>();

export interface CutWish {
  /** Of the cut that a cursor came from. */
  readonly stamp: string | undefined;
  /** An older client asks. */
  readonly isOlder: boolean;
  readonly scope: CacheHint['scope'];
  readonly nowMs: number;
}

/** The cut that the stamp names, or without one the newest; undefined when it is gone. */
export function cutOf(view: View, kind: EntryKind, wish: CutWish): { cut: Cut; isNewest: boolean } | undefined {
  const { chunks, older } = view.lists[kind];
  const own = wish.isOlder && older !== chunks;
  const kept = own ? keptOf(view, `older ${kind}`, older, wish) : keptOf(view, kind, chunks, wish);
  const found = wish.stamp === undefined ? kept[0] : kept.find(({ cut }) => cut.stamp === wish.stamp);
  return found && { cut: found.cut, isNewest: found === kept[0] };
}

/** Which list of an endpoint: most are the same for all clients. */
type ListName = EntryKind | `older ${EntryKind}`;

function keptOf(view: View, list: ListName, chunks: readonly Chunk[], { scope, nowMs }: CutWish): readonly Kept[] {
  const lists = byLineage.get(view.lineage) ?? new Map<ListName, Kept[]>();
  byLineage.set(view.lineage, lists);
  const kept = lists.get(list) ?? [];
  const [newest] = kept;
  if (newest?.cut.chunks === chunks && newest.cut.scope === scope) return fresh(kept, nowMs);
  if (newest) newest.replacedMs = nowMs;
  const cut = { stamp: `${RUN}${(cuts++).toString(36)}`, scope, chunks, pages: pagesOf(chunks) };
  const now = [{ cut, replacedMs: Number.POSITIVE_INFINITY }, ...kept].slice(0, 1 + OLD_CUTS_MAX);
  lists.set(list, now);
  return fresh(now, nowMs);
}

function fresh(kept: readonly Kept[], nowMs: number): readonly Kept[] {
  return kept.filter(({ replacedMs }) => nowMs - replacedMs < OLD_CUT_MS);
}

function pagesOf(chunks: readonly Chunk[]): Chunk[][] {
  const pages: Chunk[][] = [[]];
  let count = 0;
  let bytes = FRAME_BYTES_MAX;
  for (const chunk of chunks) {
    const page = pages[pages.length - 1] ?? [];
    const fits = count + chunk.count <= PAGE_ENTRIES_MAX && bytes + 1 + chunk.length <= PAGE_BYTES_MAX;
    if (fits || page.length === 0) page.push(chunk);
    else pages.push([chunk]);
    count = fits ? count + chunk.count : chunk.count;
    bytes = (fits ? bytes : FRAME_BYTES_MAX) + 1 + chunk.length;
  }
  return pages;
}
