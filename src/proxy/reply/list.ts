/*
 * Answers a list from the view: ready bytes, cut into pages, made once per (view, kind, revision).
 *
 * A cursor of ours is opaque, names the page and the catalogue it was cut from, and is refused when that is gone: a
 * client that pages through a list while it changes starts anew instead of missing entries.
 */
import type { Call } from '../../model/call.ts';
import type { CacheHint, EntryKind } from '../../model/catalogue.ts';
import { GatewayError } from '../../model/errors.ts';
import type { Reply } from '../../model/reply.ts';
import { codecOf } from '../../wire/codecs.ts';
import { readString } from '../../wire/json/members.ts';
import type { View } from '../policy/view.ts';
import { LIST_SHAPES } from '../upstream/read-lists.ts';
import { ownReply } from './encode.ts';

const PAGE_ENTRIES_MAX = 1_000;
const PAGE_BYTES_MAX = 1024 * 1024;

export const LISTED: ReadonlyMap<string, EntryKind> = new Map(
  (Object.keys(LIST_SHAPES) as EntryKind[]).map((kind) => [LIST_SHAPES[kind].method, kind]),
);

type Pages = readonly Buffer[];
const ready = new WeakMap<View, Map<string, Pages>>();

/** `serverInfo` is JSON text. */
export function listReply(call: Call, view: View, kind: EntryKind, serverInfo: string): Reply {
  const stamp = view.servers.reduce((sum, server) => sum + server.catalogue.version, 0).toString(36);
  const pages = pagesOf(view, kind, { call, serverInfo, stamp });
  const page = pages[pageNumber(call, stamp)];
  if (!page) throw new GatewayError('cursor_unknown');
  return ownReply(call, page);
}

function pageNumber(call: Call, stamp: string): number {
  const span = call.message.params?.cursor;
  if (!span) return 0;
  if (call.message.bytes[span.start] !== 0x22)
    throw new GatewayError('params_invalid', { say: 'params.cursor must be a string.' });
  const [of, page] = readString(call.message.bytes, span).split('.');
  if (of !== stamp || !/^[1-9]\d{0,5}$/.test(page ?? '')) throw new GatewayError('cursor_unknown');
  return Number(page);
}

interface Making {
  readonly call: Call;
  readonly serverInfo: string;
  readonly stamp: string;
}

function pagesOf(view: View, kind: EntryKind, making: Making): Pages {
  const known = ready.get(view) ?? new Map<string, Pages>();
  ready.set(view, known);
  const key = `${kind} ${making.call.revision}`;
  const pages = known.get(key) ?? makePages(view, kind, making);
  known.set(key, pages);
  return pages;
}

function makePages(view: View, kind: EntryKind, making: Making): Pages {
  const groups = cut(view.entries[kind]);
  return groups.map((entries, at) => {
    const next = at + 1 < groups.length ? `"nextCursor":"${making.stamp}.${at + 1}",` : '';
    const marker = '\u0000';
    const members = `${next}"${LIST_SHAPES[kind].member}":[${marker}]`;
    const cache = hintOf(view, kind);
    const text = codecOf(making.call.revision).ownResult(members, { serverInfo: making.serverInfo, cache });
    const hole = text.indexOf(marker);
    return Buffer.concat([Buffer.from(text.slice(0, hole)), joined(entries), Buffer.from(text.slice(hole + 1))]);
  });
}

function cut(entries: readonly Buffer[]): Buffer[][] {
  const groups: Buffer[][] = [[]];
  let bytes = 0;
  for (const entry of entries) {
    const group = groups[groups.length - 1];
    if (group && group.length < PAGE_ENTRIES_MAX && (group.length === 0 || bytes + entry.length <= PAGE_BYTES_MAX)) {
      group.push(entry);
      bytes += entry.length;
    } else {
      groups.push([entry]);
      bytes = entry.length;
    }
  }
  return groups;
}

function joined(entries: readonly Buffer[]): Buffer {
  return Buffer.concat(entries.flatMap((entry, at) => (at === 0 ? [entry] : [COMMA, entry])));
}
const COMMA = Buffer.from(',');

/** One server's unfiltered list is as public as the server says; everything else is for this caller (Caching). */
function hintOf(view: View, kind: EntryKind): CacheHint {
  const [only, ...others] = view.servers;
  if (!only || others.length > 0) return { ttlMs: 0, scope: 'private' };
  const list = only.catalogue.lists[kind];
  const whole = list.entries.length === view.entries[kind].length;
  return whole ? list.hint : { ttlMs: list.hint.ttlMs, scope: 'private' };
}
