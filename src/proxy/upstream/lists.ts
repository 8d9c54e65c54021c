/*
 * Keeps one server's lists true: read when the server is reached, and again when it says they changed, when what it said
 * about their age is over and somebody asks, when a caller misses a name, and every `refreshIntervalMs`.
 *
 * A notice always makes a new list, so that it is passed on even when nothing is different; any other reading that finds
 * the same bytes changes nothing. Readings of one kind never overlap; a notice during one causes one more. Whoever asks
 * for a list that is over waits for the next reading (freshness.ts says when it is).
 */
import {
  EMPTY_LIST,
  ENTRY_KINDS,
  type EntryKind,
  type EntryList,
  type ServerCatalogue,
} from '../../model/catalogue.ts';
import { toGatewayError } from '../../model/errors.ts';
import type { Deadline } from '../timer-wheel.ts';
import { EmptyLists } from './empty-lists.ts';
import { Freshness } from './freshness.ts';
import type { Link } from './link.ts';
import { type ListKind, ListNotices } from './list-notices.ts';
import { readList } from './read-lists.ts';
import type { UpstreamParts } from './upstream.ts';

const NUDGE_GAP_MS = 2_000;
const NOTICE_GAP_MS = 500;
/** Many servers that were reached at the same time are not all read at the same time for ever. */
const JITTER = 0.1;

interface Reading {
  /** Says why the list could not be read. */
  readonly done: Promise<string | undefined>;
  /** There was a notice since it began. */
  again: boolean;
}

interface Waiting {
  readonly deadline: Deadline;
  readonly over: () => void;
  readonly done: Promise<void>;
}

export interface ListsEvents {
  /** A list could not be read because nobody was there, or is too old to be shown and cannot be read. */
  readonly onUnreachable: (link: Link, why: string) => void;
  /** Looks whether the server is still the same; true when it is not, and its lists are read anew by that. */
  readonly look: () => Promise<boolean>;
}

export class Lists {
  readonly freshness: Freshness;
  readonly #parts: UpstreamParts;
  readonly #events: ListsEvents;
  readonly #random: () => number;
  readonly #notices: ListNotices;
  readonly #empty: EmptyLists;
  readonly #running = new Map<EntryKind, Reading>();
  readonly #noticedAtMs = new Map<EntryKind, number>();
  /** Notices that came soon after another. */
  readonly #waiting = new Map<EntryKind, Waiting>();
  #interval: Deadline | undefined;

  constructor(parts: UpstreamParts, events: ListsEvents, random: () => number = Math.random) {
    this.#parts = parts;
    this.#events = events;
    this.#random = random;
    this.freshness = new Freshness(() => parts.wheel.now());
    this.#empty = new EmptyLists({
      ...{ wheel: parts.wheel, limits: parts.definition.limits },
      isEmpty: (kind) => parts.catalogues.of(parts.definition.name).lists[kind].entries.length === 0,
      read: (link, kind) => this.#refresh(link, kind, false),
    });
    this.#notices = new ListNotices({
      wheel: parts.wheel,
      onChanged: (link, kind) => this.changed(link, kind),
      onGap: (link) => this.#lookAndRefresh(link, (kind) => this.refreshSoon(link, [kind])),
    });
  }

  async readAll(link: Link): Promise<ServerCatalogue['lists']> {
    const lists = await Promise.all(
      ENTRY_KINDS.map(async (kind) => {
        const { list, counts } = await this.#read(link, kind);
        counts();
        return [kind, this.#kept(kind, list)];
      }),
    );
    return Object.fromEntries(lists) as Record<EntryKind, EntryList>;
  }

  /** What was remembered or known before and is still true stays the same object: nobody is told of a change. */
  #kept(kind: EntryKind, list: EntryList): EntryList {
    const known = this.#parts.catalogues.of(this.#name).lists[kind];
    return isSame(known, list) ? known : list;
  }

  /** From now on, until `stop`. */
  keepFresh(link: Link): void {
    this.#repeat(link);
    this.#empty.watch(link);
    this.#notices.listen(link);
  }

  stop(): void {
    this.#interval?.disarm();
    for (const { deadline, over } of this.#waiting.values()) {
      deadline.disarm();
      over();
    }
    this.#waiting.clear();
    this.#empty.stop();
    this.#notices.stop();
  }

  /** The server said so. One that says so without end is read, and passed on, only every `NOTICE_GAP_MS`. */
  changed(link: Link, kind: ListKind): void {
    this.#noticed(link, kind);
    if (kind === 'resources') this.#noticed(link, 'templates');
  }

  #noticed(link: Link, kind: EntryKind): void {
    this.freshness.noticed(kind);
    if (this.#waiting.has(kind)) return;
    const lastMs = this.#noticedAtMs.get(kind) ?? Number.NEGATIVE_INFINITY;
    const waitMs = lastMs + NOTICE_GAP_MS - this.#parts.wheel.now();
    if (waitMs > 0) this.#waiting.set(kind, this.#waitingFor(link, kind, waitMs));
    else this.#takeNotice(link, kind);
  }

  #waitingFor(link: Link, kind: EntryKind, waitMs: number): Waiting {
    const { promise: done, resolve: over } = Promise.withResolvers<void>();
    const deadline = this.#parts.wheel.arm(waitMs, () => {
      this.#takeNotice(link, kind);
      over();
    });
    return { deadline, over, done };
  }

  #takeNotice(link: Link, kind: EntryKind): void {
    this.#waiting.delete(kind);
    this.#noticedAtMs.set(kind, this.#parts.wheel.now());
    if (!link.closed) this.#refresh(link, kind, true);
  }

  refreshSoon(link: Link, kinds: readonly EntryKind[]): void {
    for (const kind of kinds) {
      if (this.freshness.sinceAskedMs(kind) > NUDGE_GAP_MS) this.#refresh(link, kind, false);
    }
  }

  /** The list was found to be wrong. Resolves when it was read anew, or could not be. */
  async reread(link: Link, kind: EntryKind): Promise<void> {
    await this.#refresh(link, kind, false).done;
  }

  /** Somebody asks for the list. Undefined when it may be shown as it is, else resolves when it was read, or cannot be. */
  due(link: Link, kind: EntryKind): Promise<void> | undefined {
    const verdict = this.#judge(kind);
    if (verdict === 'stale') this.refreshSoon(link, [kind]);
    return verdict === 'over' ? this.#readDue(link, kind) : undefined;
  }

  /** Never half alive: a server whose list can neither be shown nor read is not there. */
  async #readDue(link: Link, kind: EntryKind): Promise<void> {
    await this.#waiting.get(kind)?.done;
    let why = await this.#refresh(link, kind, false).done;
    // A notice came meanwhile, so that this reading did not count.
    if (this.#judge(kind) === 'over') why = (await this.#running.get(kind)?.done) ?? why;
    if (why !== undefined && this.#judge(kind) === 'over' && !link.closed) this.#events.onUnreachable(link, why);
  }

  #judge(kind: EntryKind) {
    return this.freshness.judge(kind, this.#parts.definition.limits.listStaleMs);
  }

  #repeat(link: Link): void {
    const { refreshIntervalMs } = this.#parts.definition.limits;
    if (refreshIntervalMs === 0) return;
    const everyMs = refreshIntervalMs * (1 + JITTER * (2 * this.#random() - 1));
    this.#interval = this.#parts.wheel.arm(everyMs, () => {
      void this.#lookAndRefresh(link, (kind) => this.#refresh(link, kind, false));
      this.#repeat(link);
    });
  }

  /** What is read from another server than before is not that server's list alone. */
  async #lookAndRefresh(link: Link, refresh: (kind: EntryKind) => void): Promise<void> {
    if ((await this.#events.look()) || link.closed) return;
    for (const kind of ENTRY_KINDS) refresh(kind);
  }

  #refresh(link: Link, kind: EntryKind, noticed: boolean): Reading {
    const running = this.#running.get(kind);
    if (running) {
      running.again ||= noticed;
      return running;
    }
    const done = this.#replace(link, kind, noticed).finally(() => {
      this.#running.delete(kind);
      if (reading.again && !link.closed) this.#refresh(link, kind, true);
    });
    const reading: Reading = { done, again: false };
    this.#running.set(kind, reading);
    return reading;
  }

  /** Never rejects. */
  async #replace(link: Link, kind: EntryKind, noticed: boolean): Promise<string | undefined> {
    try {
      const { list, counts } = await this.#read(link, kind);
      const before = this.#parts.catalogues.of(this.#name);
      if (before.state !== 'ready') return undefined;
      counts();
      if (!noticed && isSame(before.lists[kind], list)) return undefined;
      this.#parts.catalogues.put(this.#name, { lists: { ...before.lists, [kind]: list } });
      return undefined;
    } catch (thrown) {
      const { message: why, limit, code } = toGatewayError(thrown);
      if (code === 'upstream_down' || code === 'upstream_lost') this.#events.onUnreachable(link, why);
      else if (code !== 'upstream_timeout') void this.#events.look();
      if (limit !== undefined) this.#parts.emit({ type: 'limit_hit', limit, principal: '' });
      this.#parts.emit({ type: 'oddity', server: this.#name, what: 'list not refreshed', internal: { kind, why } });
      return why;
    }
  }

  /** `counts` is to be called when the list is shown from now on. */
  async #read(link: Link, kind: EntryKind): Promise<{ readonly list: EntryList; readonly counts: () => void }> {
    const asking = this.freshness.asked(kind);
    const { emit, definition } = this.#parts;
    const list = await readList(link, kind, definition.limits, (what, internal) =>
      emit({ type: 'oddity', server: this.#name, what, internal }),
    );
    const ages = link.codec.cacheHints && list !== EMPTY_LIST;
    return { list, counts: () => this.freshness.read(kind, asking, ages ? list.hint : undefined) };
  }

  get #name(): string {
    return this.#parts.definition.name;
  }
}

/** The same bytes, for the same callers. */
export function isSame(a: EntryList, b: EntryList): boolean {
  if (a.hint.scope !== b.hint.scope || a.entries.length !== b.entries.length) return false;
  return a.entries.every((entry, at) => b.entries[at]?.bytes.equals(entry.bytes) === true);
}
