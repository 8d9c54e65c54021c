/*
 * What callers with a conversation of their own see of a server: an older one may show tools to those alone who can be
 * asked, or change what it shows in one process or session.
 *
 *   opened, or told of a change ──▶ the lists are read over that conversation ──▶ the same bytes as everybody's: nothing is kept
 *                                                                            └──▶ others: kept for that viewer alone
 *
 * Nothing that was read over one caller's conversation is shown to another caller.
 */
import { ENTRY_KINDS, type EntryKind, type EntryList } from '../../model/catalogue.ts';
import { toGatewayError } from '../../model/errors.ts';
import { type ListContext, viewerOf } from '../../model/list-context.ts';
import type { Link } from './link.ts';
import { isSame } from './lists.ts';
import { readList } from './read-lists.ts';
import type { UpstreamParts } from './upstream.ts';
import type { OwnLists } from './variants.ts';

export type ContextsParts = Pick<UpstreamParts, 'definition' | 'catalogues' | 'wheel' | 'emit'>;

interface Known {
  readonly context: ListContext;
  readonly link: Link;
  /** Settles when the lists are known, or cannot be. */
  reading: Promise<void> | undefined;
  /** What changed while it was read. */
  readonly again: Set<EntryKind>;
  isLearnt: boolean;
  usedMs: number;
}

export class Contexts {
  /** Some caller has seen something else than everybody. */
  varies = false;
  readonly #parts: ContextsParts;
  readonly #byViewer = new Map<string, Known>();

  constructor(parts: ContextsParts) {
    this.#parts = parts;
    parts.catalogues.onChange(({ server, kinds, viewer }) => {
      if (server === parts.definition.name && viewer === undefined) this.#everybodysChanged(kinds);
    });
  }

  /** Callers of whom something is remembered. */
  get size(): number {
    return this.#byViewer.size;
  }

  /** A caller's conversation is open, for the first time or anew. */
  opened(link: Link, context: ListContext): void {
    const viewer = viewerOf(context);
    const before = this.#byViewer.get(viewer);
    if (before?.link === link) {
      this.#read(before, ENTRY_KINDS);
      return;
    }
    const known = {
      context,
      link,
      reading: undefined,
      again: new Set<EntryKind>(),
      isLearnt: false,
      usedMs: this.#now,
    };
    this.#byViewer.set(viewer, known);
    void link.gone.then(() => this.#gone(viewer, known));
    this.#read(known, ENTRY_KINDS);
  }

  /** The server said so over this conversation. */
  changed(link: Link, context: ListContext, kinds: readonly EntryKind[]): void {
    const known = this.#byViewer.get(viewerOf(context));
    if (known?.link === link) this.#read(known, kinds);
  }

  /** Everybody's lists may be others now: what differs from them is read again, or given up where nobody is left to ask. */
  #everybodysChanged(kinds: readonly EntryKind[]): void {
    for (const [viewer, known] of this.#byViewer) {
      if (known.link.closed) this.#drop(viewer, known);
      else if (this.#parts.catalogues.variants.listsOf(known.context)) this.#read(known, kinds);
    }
  }

  /** Whether what this viewer sees is known, so that nothing needs to be opened to find out. */
  isLearnt(viewer: string): boolean {
    return this.#byViewer.get(viewer)?.isLearnt === true;
  }

  /** Reads what is not known although the conversation is open. Resolves when that has ended. */
  async learn(viewer: string): Promise<void> {
    const known = this.#byViewer.get(viewer);
    if (known && !known.isLearnt && !known.reading) this.#read(known, ENTRY_KINDS);
    await known?.reading;
  }

  /** Resolves when what is being read for this viewer is known; undefined when nothing is. */
  reading(viewer: string): Promise<void> | undefined {
    const known = this.#byViewer.get(viewer);
    if (known) known.usedMs = this.#now;
    return known?.reading;
  }

  get #now(): number {
    return this.#parts.wheel.now();
  }

  #read(known: Known, kinds: readonly EntryKind[]): void {
    for (const kind of kinds) known.again.add(kind);
    known.reading ??= this.#readAll(known).finally(() => {
      known.reading = undefined;
    });
  }

  async #readAll(known: Known): Promise<void> {
    try {
      while (known.again.size > 0 && !known.link.closed) {
        const kinds = [...known.again];
        known.again.clear();
        await this.#compare(known, kinds);
      }
    } catch (thrown) {
      const internal = { why: toGatewayError(thrown).message };
      const { emit, definition } = this.#parts;
      emit({ type: 'oddity', server: definition.name, what: 'lists of a caller not read', internal });
    }
  }

  async #compare(known: Known, kinds: readonly EntryKind[]): Promise<void> {
    const { catalogues, definition } = this.#parts;
    const { context, link } = known;
    const lists = await Promise.all(kinds.map((kind) => this.#readOne(link, kind)));
    if (link.closed || this.#byViewer.get(viewerOf(context)) !== known) return;
    const everybodys = catalogues.of(definition.name).lists;
    const own: Partial<Record<EntryKind, EntryList>> = { ...catalogues.variants.listsOf(context) };
    kinds.forEach((kind, at) => {
      const list = lists[at];
      if (!list || isSame(everybodys[kind], list)) delete own[kind];
      else own[kind] = this.#once(context, kind, list);
    });
    known.isLearnt = true;
    this.#keep(context, own);
  }

  #readOne(link: Link, kind: EntryKind): Promise<EntryList> {
    const { emit, definition } = this.#parts;
    const odd = (what: string, internal: object) =>
      emit({ type: 'oddity', server: definition.name, what, internal: { ...internal } });
    return readList(link, kind, definition.limits, odd);
  }

  /** The same bytes are kept once, whoever sees them. */
  #once(context: ListContext, kind: EntryKind, list: EntryList): EntryList {
    for (const other of this.#parts.catalogues.variants.others(context, kind)) if (isSame(other, list)) return other;
    return list;
  }

  #keep(context: ListContext, lists: OwnLists): void {
    const { catalogues } = this.#parts;
    if (Object.keys(lists).length > 0) {
      this.varies = true;
      if (!catalogues.variants.listsOf(context)) this.#makeRoom();
    }
    catalogues.vary(context, lists);
  }

  /** Whoever looked least lately sees what everybody does until it looks again. */
  #makeRoom(): void {
    const { definition, emit, catalogues } = this.#parts;
    const kept = [...this.#byViewer].filter(([, { context }]) => catalogues.variants.listsOf(context));
    if (kept.length < definition.limits.listContextsMax) return;
    emit({ type: 'limit_hit', limit: 'listContextsMax', principal: '' });
    kept.sort(([, a], [, b]) => a.usedMs - b.usedMs);
    const [least] = kept;
    if (!least) return;
    const [viewer, known] = least;
    known.isLearnt = false;
    if (known.link.closed) this.#byViewer.delete(viewer);
    catalogues.vary(known.context, {});
  }

  /** Everybody sees the same from now on. */
  clear(): void {
    for (const [viewer, known] of [...this.#byViewer]) this.#drop(viewer, known);
  }

  #drop(viewer: string, known: Known): void {
    this.#byViewer.delete(viewer);
    this.#parts.catalogues.vary(known.context, {});
  }

  /** What it showed stays until its viewer's next conversation says otherwise, or everybody's lists change. */
  #gone(viewer: string, known: Known): void {
    if (this.#byViewer.get(viewer) !== known) return;
    known.isLearnt = false;
    if (!this.#parts.catalogues.variants.listsOf(known.context)) this.#byViewer.delete(viewer);
  }
}
