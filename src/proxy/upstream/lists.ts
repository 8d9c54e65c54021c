/*
 * Keeps one server's lists true: read when the server is reached, and again when it says they changed, when what it said
 * about their age is over, when a caller misses a name, and every `refreshIntervalMs`.
 *
 * A notice always makes a new list, so that it is passed on even when nothing is different; any other reading that finds
 * the same bytes changes nothing. Readings of one kind never overlap; a notice during one causes one more.
 */

import { Cancellation } from '../../model/cancellation.ts';
import {
  type CacheHint,
  EMPTY_LIST,
  ENTRY_KINDS,
  type EntryKind,
  type EntryList,
  type ServerCatalogue,
} from '../../model/catalogue.ts';
import { GatewayError, toGatewayError } from '../../model/errors.ts';
import type { Deadline } from '../timer-wheel.ts';
import type { Link } from './link.ts';
import { readList } from './read-lists.ts';
import type { UpstreamParts } from './upstream.ts';

const NUDGE_GAP_MS = 2_000;
const NOTICE_GAP_MS = 500;
const RELISTEN_MS = 1_000;
const RELISTEN_MAX_MS = 30_000;

export interface ListsEvents {
  /** A list could not be read because nobody was there. */
  readonly onUnreachable: (link: Link, why: string) => void;
  /** Looks whether the server is still the same; true when it is not, and its lists are read anew by that. */
  readonly look: () => Promise<boolean>;
}

export class Lists {
  readonly #parts: UpstreamParts;
  readonly #events: ListsEvents;
  readonly #running = new Map<EntryKind, { again: boolean }>();
  readonly #readAtMs = new Map<EntryKind, number>();
  readonly #noticedAtMs = new Map<EntryKind, number>();
  readonly #waiting = new Map<EntryKind, Deadline>();
  #interval: Deadline | undefined;
  #listening: Cancellation | undefined;

  constructor(parts: UpstreamParts, events: ListsEvents) {
    this.#parts = parts;
    this.#events = events;
  }

  async readAll(link: Link): Promise<ServerCatalogue['lists']> {
    const lists = await Promise.all(ENTRY_KINDS.map((kind) => this.#read(link, kind)));
    return Object.fromEntries(
      ENTRY_KINDS.map((kind, at) => [kind, this.#kept(kind, lists[at] ?? EMPTY_LIST)]),
    ) as Record<EntryKind, EntryList>;
  }

  /** What was remembered or known before and is still true stays the same object: nobody is told of a change. */
  #kept(kind: EntryKind, list: EntryList): EntryList {
    const known = this.#parts.catalogues.of(this.#name).lists[kind];
    return sameHint(known.hint, list.hint) && same(known, list) ? known : list;
  }

  /** From now on, until `stop`. */
  keepFresh(link: Link): void {
    this.#repeat(link);
    const filter = listenFilter(link);
    if (!filter) return;
    this.#listening = new Cancellation();
    this.#listen(link, filter, this.#listening);
  }

  stop(): void {
    this.#interval?.disarm();
    for (const deadline of this.#waiting.values()) deadline.disarm();
    this.#waiting.clear();
    this.#listening?.cancel(new GatewayError('draining'));
    this.#listening = undefined;
  }

  /** The server said so. One that says so without end is read, and passed on, only every `NOTICE_GAP_MS`. */
  changed(link: Link, kind: 'tools' | 'prompts' | 'resources'): void {
    this.#noticed(link, kind);
    if (kind === 'resources') this.#noticed(link, 'templates');
  }

  #noticed(link: Link, kind: EntryKind): void {
    if (this.#waiting.has(kind)) return;
    const lastMs = this.#noticedAtMs.get(kind) ?? Number.NEGATIVE_INFINITY;
    const waitMs = lastMs + NOTICE_GAP_MS - this.#parts.wheel.now();
    if (waitMs <= 0) this.#takeNotice(link, kind);
    else
      this.#waiting.set(
        kind,
        this.#parts.wheel.arm(waitMs, () => this.#takeNotice(link, kind)),
      );
  }

  #takeNotice(link: Link, kind: EntryKind): void {
    this.#waiting.delete(kind);
    this.#noticedAtMs.set(kind, this.#parts.wheel.now());
    if (!link.closed) this.#refresh(link, kind, true);
  }

  refreshSoon(link: Link, kinds: readonly EntryKind[]): void {
    for (const kind of kinds) if (this.#ageMs(kind) > NUDGE_GAP_MS) this.#refresh(link, kind, false);
  }

  refreshIfExpired(link: Link, kind: EntryKind): void {
    const { ttlMs } = this.#parts.catalogues.of(this.#parts.definition.name).lists[kind].hint;
    if (ttlMs > 0 && this.#ageMs(kind) > ttlMs) this.#refresh(link, kind, false);
  }

  #ageMs(kind: EntryKind): number {
    return this.#parts.wheel.now() - (this.#readAtMs.get(kind) ?? 0);
  }

  #repeat(link: Link): void {
    const { refreshIntervalMs } = this.#parts.definition.limits;
    if (refreshIntervalMs === 0) return;
    this.#interval = this.#parts.wheel.arm(refreshIntervalMs, () => {
      this.#lookAndRefresh(link, (kind) => this.#refresh(link, kind, false));
      this.#repeat(link);
    });
  }

  /** What is read from another server than before is not that server's list alone. */
  async #lookAndRefresh(link: Link, refresh: (kind: EntryKind) => void): Promise<void> {
    if ((await this.#events.look()) || link.closed) return;
    for (const kind of ENTRY_KINDS) refresh(kind);
  }

  async #refresh(link: Link, kind: EntryKind, noticed: boolean): Promise<void> {
    const running = this.#running.get(kind);
    if (running) {
      running.again ||= noticed;
      return;
    }
    const state = { again: false };
    this.#running.set(kind, state);
    try {
      await this.#replace(link, kind, noticed);
    } catch (thrown) {
      const { message: why, limit, code } = toGatewayError(thrown);
      if (code === 'upstream_down' || code === 'upstream_lost') this.#events.onUnreachable(link, why);
      else if (code !== 'upstream_timeout') void this.#events.look();
      if (limit !== undefined) this.#parts.emit({ type: 'limit_hit', limit, principal: '' });
      this.#parts.emit({ type: 'oddity', server: this.#name, what: 'list not refreshed', internal: { kind, why } });
    } finally {
      this.#running.delete(kind);
    }
    if (state.again && !link.closed) await this.#refresh(link, kind, true);
  }

  async #replace(link: Link, kind: EntryKind, noticed: boolean): Promise<void> {
    const list = await this.#read(link, kind);
    const before = this.#parts.catalogues.of(this.#name);
    if (before.state !== 'ready' || (!noticed && same(before.lists[kind], list))) return;
    this.#parts.catalogues.put(this.#name, { lists: { ...before.lists, [kind]: list } });
  }

  #read(link: Link, kind: EntryKind): Promise<EntryList> {
    this.#readAtMs.set(kind, this.#parts.wheel.now());
    return readList(link, kind, this.#parts.definition.limits, (what, internal) =>
      this.#parts.emit({ type: 'oddity', server: this.#name, what, internal }),
    );
  }

  get #name(): string {
    return this.#parts.definition.name;
  }

  /** A stream that ends is opened again; what may have been missed meanwhile is read. */
  async #listen(link: Link, filter: object, cancellation: Cancellation): Promise<void> {
    let waitMs = RELISTEN_MS;
    while (!cancellation.cancelled) {
      const openedMs = this.#parts.wheel.now();
      await link.listen(filter, cancellation, (message) => this.#heard(link, message.method)).catch(() => {});
      if (cancellation.cancelled || link.closed) return;
      waitMs =
        this.#parts.wheel.now() - openedMs > RELISTEN_MAX_MS ? RELISTEN_MS : Math.min(waitMs * 2, RELISTEN_MAX_MS);
      await this.#parts.wheel.sleep(waitMs).done;
      if (!cancellation.cancelled) await this.#lookAndRefresh(link, (kind) => this.refreshSoon(link, [kind]));
    }
  }

  #heard(link: Link, method: string): void {
    const kind = /^notifications\/(tools|prompts|resources)\/list_changed$/.exec(method)?.[1];
    if (kind) this.changed(link, kind as 'tools' | 'prompts' | 'resources');
  }
}

function sameHint(a: CacheHint, b: CacheHint): boolean {
  return a.ttlMs === b.ttlMs && a.scope === b.scope;
}

function same(a: EntryList, b: EntryList): boolean {
  if (a.entries.length !== b.entries.length) return false;
  return a.entries.every((entry, at) => b.entries[at]?.bytes.equals(entry.bytes) === true);
}

/** What a server that knows listen streams would tell; undefined when it would tell nothing. */
function listenFilter(link: Link): object | undefined {
  if (!link.codec.requests.has('subscriptions/listen')) return undefined;
  const capabilities = link.handshake?.capabilities ?? {};
  const filter: Record<string, true> = {};
  for (const kind of ['tools', 'prompts', 'resources'] as const) {
    const declared = capabilities[kind] as { listChanged?: unknown } | undefined;
    if (declared?.listChanged === true) filter[`${kind}ListChanged`] = true;
  }
  return Object.keys(filter).length > 0 ? filter : undefined;
}
