/*
 * Keeps the data plane on the snapshot of the file and the store: whatever changes either goes through one line, one after
 * the other, so that a reload and a write never come between one another.
 *
 *   store: onWritten ─▶ touched ids, gathered ─┐
 *                                              ├─▶ one at a time: read those rows ─▶ publication ─▶ swap
 *   file: apply ───────────────────────────────┘
 *
 * A store that cannot be read changes nothing: what was published last goes on, and it is tried again until it can.
 */
import type { Config } from '../../config/config.ts';
import { AdminError } from '../../model/admin-errors.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import type { Store, Touched } from '../store/store.ts';
import { Publication, type PublicationParts } from './publication.ts';
import type { Publisher } from './publisher.ts';
import { isPublished, readAllRows, readRows } from './read-rows.ts';
import type { RowChange } from './rows.ts';
import { type Touched as Taken, Touches } from './touches.ts';

export interface PublishingParts extends PublicationParts {
  /** Undefined where nothing is stored: the snapshot is that of the file. */
  readonly store: Store | undefined;
  /** Wall clock. */
  readonly now: () => number;
  /** Milliseconds that only ever go forward. */
  readonly clock: () => number;
  readonly onFailure: (what: string, error: unknown) => void;
}

/** Makes the data plane go by it. */
export type Swap<Swapped> = (next: Snapshot) => Promise<Swapped>;

/** What another file did. */
export interface AppliedFile<Swapped> {
  readonly before: Snapshot;
  readonly next: Snapshot;
  readonly swapped: Swapped;
}

/** After each step others have the thread for so many times as long as the step had it, and no longer than this. */
const REST_FACTOR = 2;
const REST_MAX_MS = 50;
const RETRY_MS = 1_000;
const NOT_IN_FORCE = 'It is stored, and not in force yet: that is tried again every second.';

/** What is stored now is in it. Throws when the store cannot be read: a start without it could open what it closes. */
export async function openPublishing(parts: PublishingParts, config: Config): Promise<Publishing> {
  const publishing = new Publishing(parts, config);
  await publishing.begin();
  return publishing;
}

export class Publishing implements Publisher {
  readonly #parts: PublishingParts;
  readonly #touched = new Touches();
  #publication: Publication;
  #swap: Swap<unknown> | undefined;
  #line: Promise<unknown> = Promise.resolve();
  /** The step that takes what is touched now; it has not begun. */
  #next: Promise<void> | undefined;
  #retry: NodeJS.Timeout | undefined;
  #unlisten: () => void = () => {};
  #restUntil = 0;
  #readAtMs = 0;
  #isBroken = false;
  #isFailing = false;

  constructor(parts: PublishingParts, config: Config) {
    this.#parts = parts;
    this.#publication = new Publication(parts, config);
  }

  async begin(): Promise<void> {
    const { store, now } = this.#parts;
    // What is written while everything is read is read once more.
    this.#unlisten = store?.onWritten((touched) => this.#take(touched)) ?? this.#unlisten;
    if (store) this.#publication.follow(await readAllRows(store));
    this.#readAtMs = now();
  }

  /** From now on the data plane goes by it; gives what another file is handed to. */
  follow<Swapped>(swap: Swap<Swapped>): (config: Config) => Promise<AppliedFile<Swapped>> {
    this.#swap = swap;
    if (!this.#touched.isEmpty) void this.#wake();
    return (config) => this.#inLine(() => this.#apply(config, swap));
  }

  readonly snapshot = (): Snapshot => this.#publication.snapshot;

  /** What the file says, as it holds now. */
  readonly config = (): Config => this.#publication.config;

  async settled(): Promise<void> {
    await (this.#touched.isEmpty ? this.#line : this.#wake());
    if (this.#isFailing) throw new AdminError('unavailable', { say: NOT_IN_FORCE });
  }

  servers(): ReturnType<Publisher['servers']> {
    return this.#publication.servers();
  }

  endpoints(): ReturnType<Publisher['endpoints']> {
    return this.#publication.endpoints();
  }

  unpublished(): ReturnType<Publisher['unpublished']> {
    return this.#publication.unpublished();
  }

  /** As long as the store answers and everything that it told was read, that is now. */
  readAtMs(): number {
    const { store, now } = this.#parts;
    return store?.status().state !== 'failing' && this.#touched.isEmpty ? now() : this.#readAtMs;
  }

  /** What is under way ends; nothing is published any more. */
  async close(): Promise<void> {
    this.#unlisten();
    clearTimeout(this.#retry);
    this.#touched.take();
    this.#swap = undefined;
    await this.#line;
  }

  #take(touched: readonly Touched[]): void {
    if (touched.length === 0) this.#touched.addEverything();
    for (const { kind, id } of touched) if (isPublished(kind)) this.#touched.add(kind, id);
    if (!this.#touched.isEmpty) void this.#wake();
  }

  /** Never rejects. */
  #wake(): Promise<void> {
    if (this.#swap === undefined) return Promise.resolve();
    this.#next ??= this.#inLine(() => this.#publish());
    return this.#next;
  }

  async #publish(): Promise<void> {
    const { clock, now } = this.#parts;
    await rest(this.#restUntil - clock());
    this.#next = undefined;
    const touched = this.#touched.take();
    try {
      const changes = await this.#read(touched);
      const beganAt = clock();
      const next = this.#followed(changes, this.config());
      const tookMs = clock() - beganAt;
      await this.#swap?.(next);
      this.#restUntil = clock() + Math.min(REST_MAX_MS, REST_FACTOR * tookMs);
      this.#readAtMs = now();
      this.#isFailing = false;
    } catch (error) {
      this.#fail(touched, error);
    }
  }

  /** Told once, however often it is tried. */
  #fail(touched: Taken, error: unknown): void {
    if (!this.#isFailing)
      this.#parts.onFailure('what is stored could not be published; what was before goes on', error);
    this.#isFailing = true;
    if (this.#swap === undefined) return;
    this.#touched.putBack(touched);
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => void this.#wake(), RETRY_MS).unref();
  }

  async #apply<Swapped>(config: Config, swap: Swap<Swapped>): Promise<AppliedFile<Swapped>> {
    const before = this.snapshot();
    const next = this.#followed(this.#isBroken ? await this.#read(new Map()) : [], config);
    return { before, next, swapped: await swap(next) };
  }

  async #read(touched: Taken): Promise<readonly RowChange[]> {
    const { store } = this.#parts;
    if (store === undefined) return [];
    if (!this.#isBroken && touched !== 'everything') return readRows(store, touched);
    const rows = await readAllRows(store);
    // What is not among them is gone: only a publication that knows nothing yet is that of these rows.
    this.#isBroken = true;
    return rows;
  }

  /** A step that ended in the middle leaves nothing to go on from: the next one begins anew. */
  #followed(changes: readonly RowChange[], config: Config): Snapshot {
    if (this.#isBroken) this.#publication = new Publication(this.#parts, this.config(), this.snapshot());
    this.#isBroken = true;
    const next = this.#publication.follow(changes, config);
    this.#isBroken = false;
    return next;
  }

  #inLine<Value>(task: () => Promise<Value>): Promise<Value> {
    const done = this.#line.then(task);
    this.#line = done.catch(() => undefined);
    return done;
  }
}

async function rest(ms: number): Promise<void> {
  if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
}
