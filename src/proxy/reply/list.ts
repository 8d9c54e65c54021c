/*
 * Answers a list from the view: ready bytes with a few words around them, in pages.
 *
 * An aggregate answers at once with what is there, and says in `_meta` which of its servers are missing and in what state
 * they are: silent absence is what makes people distrust a gateway. What an operator reads about the reason (addresses,
 * paths) stays out.
 */
import type { Call } from '../../model/call.ts';
import { type CacheHint, type EntryKind, isShown } from '../../model/catalogue.ts';
import { GatewayError } from '../../model/errors.ts';
import type { Reply } from '../../model/reply.ts';
import { codecOf } from '../../wire/codecs.ts';
import { readString } from '../../wire/json/members.ts';
import type { RequestAbout } from '../policy/decision.ts';
import type { View } from '../policy/view.ts';
import { LIST_SHAPES } from '../upstream/read-lists.ts';
import { ownReply } from './encode.ts';
import { type CutWish, cutOf } from './paging.ts';
import { togetherOf } from './together.ts';

export const LISTED: ReadonlyMap<string, EntryKind> = new Map(
  (Object.keys(LIST_SHAPES) as EntryKind[]).map((kind) => [LIST_SHAPES[kind].method, kind]),
);

export interface ListAbout {
  /** JSON text. */
  readonly serverInfo: string;
  readonly nowMs: number;
  /** How long and for whom the server says that its list is good. */
  readonly hintOf: (server: string) => CacheHint;
  /** What conditions look at. */
  readonly about: () => RequestAbout;
}

export function listReply(call: Call, view: View, kind: EntryKind, about: ListAbout): Reply {
  const hint = hintFor(view, kind, about.hintOf);
  const { cut, page, isNewest } = askedFor(call, view, kind, { nowMs: about.nowMs, scope: hint.scope });
  const chunks = cut.pages[page];
  if (!chunks) throw new GatewayError('cursor_unknown');
  const next = page + 1 < cut.pages.length ? `"nextCursor":"${cut.stamp}.${page + 1}",` : '';
  const meta = missingOf(view, kind);
  const text = codecOf(call.revision).ownResult(`${next}"${LIST_SHAPES[kind].member}":[${HOLE}]`, {
    serverInfo: about.serverInfo,
    // All pages of one list say the same scope; one that there is another of by now is good no longer.
    cache: { ttlMs: isNewest ? hint.ttlMs : 0, scope: cut.scope },
    ...(meta === undefined ? {} : { meta }),
  });
  const hole = text.indexOf(HOLE);
  const pieces = chunks.map((chunk) => chunk.bytesFor(about.about)).filter(({ length }) => length > 0);
  const entries = pieces.flatMap((bytes, at) => (at === 0 ? [bytes] : [COMMA, bytes]));
  return ownReply(call, [Buffer.from(text.slice(0, hole)), ...entries, Buffer.from(text.slice(hole + 1))]);
}
const HOLE = '\u0000';
const COMMA = Buffer.from(',');

function askedFor(call: Call, view: View, kind: EntryKind, now: Pick<CutWish, 'nowMs' | 'scope'>) {
  const span = call.message.params?.cursor;
  if (span && call.message.bytes[span.start] !== 0x22) {
    throw new GatewayError('params_invalid', { say: 'params.cursor must be a string.' });
  }
  const [stamp, page, ...more] = span ? readString(call.message.bytes, span).split('.') : [];
  const isOlder = codecOf(call.revision).outputs === 'objects';
  const { cut, isNewest } = cutOf(view, kind, { ...now, stamp, isOlder }) ?? {};
  const known = span === undefined || (/^[1-9]\d{0,5}$/.test(page ?? '') && more.length === 0);
  if (!cut || !known) throw new GatewayError('cursor_unknown');
  return { cut, isNewest, page: Number(page ?? 0) };
}

/**
 * As long as all servers say, and as public (Server › Utilities › Caching). Where it matters who asks, or something was kept
 * out, it is for this caller; and what each request may see otherwise is good for no other one.
 */
function hintFor(view: View, kind: EntryKind, hintOf: ListAbout['hintOf']): CacheHint {
  const { ttlMs, scope } = togetherOf(view, hintOf);
  const { isVolatile, withheld } = view.lists[kind];
  const narrowed = view.isOwn || isVolatile || withheld.some(({ reason }) => reason !== 'name_conflict');
  return { ttlMs: isVolatile ? 0 : ttlMs, scope: narrowed || !view.isForAll ? 'private' : scope };
}

/** Servers that this caller may see and whose entries are not all here: each with one word for why. */
function missingOf(view: View, kind: EntryKind): string | undefined {
  if (view.endpoint.naming === 'transparent') return undefined;
  const missing = new Map<string, string>();
  for (const { definition, catalogue } of view.servers) {
    if (!isShown(catalogue)) missing.set(definition.name, catalogue.state);
  }
  for (const { server, reason } of view.lists[kind].withheld) {
    if (reason === 'name_conflict' && !missing.has(server)) missing.set(server, reason);
  }
  if (missing.size === 0) return undefined;
  return `"io.gatewright/missing":${JSON.stringify(Array.from(missing, ([server, reason]) => ({ server, reason })))}`;
}
