/*
 * What happened, on its way into the store: taken at once, written later, in order, a batch at a time, by the store's own
 * worker. Whoever puts something in never waits for the database and never fails because of it.
 *
 *   put ─▶ [ oldest … newest ] ─▶ write(batch) ─▶ store
 *            full: the oldest goes, and is counted
 *
 * While the store is away the batch waits and is tried again; so an item may be written twice when the answer to the first
 * time was lost, and the queue says how many items were lost, never which. What the store refuses for good is lost, too:
 * one bad item must not hold up all behind it.
 */
import { AdminError } from '../../model/admin-errors.ts';

export interface QueueParts<Item> {
  readonly max: () => number;
  readonly batchMax: number;
  /** `lost` items were before the first of the batch. */
  readonly write: (batch: readonly Item[], lost: number) => Promise<void>;
  /** For each item that found no room. */
  readonly onFull: () => void;
  readonly onFailure: (what: string, error: unknown) => void;
}

const RETRY_FIRST_MS = 100;
const RETRY_MAX_MS = 2_000;

export class BoundedQueue<Item> {
  readonly #parts: QueueParts<Item>;
  #items: Item[] = [];
  /** Lost, and not yet told to `write`. */
  #untold = 0;
  #lost = 0;
  #writing: Promise<void> | undefined;
  readonly #closing = new AbortController();

  constructor(parts: QueueParts<Item>) {
    this.#parts = parts;
  }

  get size(): number {
    return this.#items.length;
  }

  get lost(): number {
    return this.#lost;
  }

  put(item: Item): void {
    this.#items.push(item);
    this.#makeRoom();
    this.#begin();
  }

  /** Writes what is left, if the store takes it within this time. How many items it did not take. */
  async close(timeoutMs: number): Promise<number> {
    this.#closing.abort();
    this.#begin();
    await Promise.race([this.#writing, waited(timeoutMs, undefined)]);
    const left = this.#items.length;
    this.#items = [];
    this.#lost += left;
    return left;
  }

  #begin(): void {
    if (this.#writing || this.#items.length === 0) return;
    this.#writing = this.#writeAll().finally(() => {
      this.#writing = undefined;
    });
  }

  async #writeAll(): Promise<void> {
    // Whatever else is put in by the same turn of the loop goes with it.
    await Promise.resolve();
    let waitMs = RETRY_FIRST_MS;
    while (this.#items.length > 0) {
      if (await this.#writeBatch()) waitMs = RETRY_FIRST_MS;
      else if (this.#closing.signal.aborted) return;
      else waitMs = await waited(waitMs, this.#closing.signal).then(() => Math.min(waitMs * 2, RETRY_MAX_MS));
    }
  }

  /** False when the store is away: the batch is in the queue again. */
  async #writeBatch(): Promise<boolean> {
    const [batch, untold] = [this.#items.splice(0, this.#parts.batchMax), this.#untold];
    this.#untold = 0;
    try {
      await this.#parts.write(batch, untold);
      return true;
    } catch (error) {
      this.#untold += untold;
      if (error instanceof AdminError && error.kind === 'unavailable') return this.#takeBack(batch);
      this.#lose(batch.length);
      this.#parts.onFailure('events could not be written', error);
      return true;
    }
  }

  #takeBack(batch: readonly Item[]): false {
    this.#items = [...batch, ...this.#items];
    this.#makeRoom();
    return false;
  }

  #makeRoom(): void {
    const over = this.#items.length - this.#parts.max();
    if (over <= 0) return;
    this.#items.splice(0, over);
    this.#lose(over);
    for (let hit = 0; hit < over; hit++) this.#parts.onFull();
  }

  #lose(count: number): void {
    this.#lost += count;
    this.#untold += count;
  }
}

/** Keeps no process alive. Is over early when the signal says so. */
async function waited(timeMs: number, signal: AbortSignal | undefined): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, timeMs);
  timer.unref();
  signal?.addEventListener('abort', () => resolve(), { once: true });
  if (signal?.aborted) resolve();
  await promise;
  clearTimeout(timer);
}
