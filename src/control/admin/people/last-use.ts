/*
 * When a key of the store was used last, to the minute: of use at the doors of MCP the data plane tells, of use here the admin API.
 *
 * Of each key the newest time waits in memory, and all of them are written together every few seconds, off the way of whoever
 * asks. When there are too many, some are not written this time; they are again after their next use.
 */
import { noteKeyUse } from '../../store/queries/people.ts';
import type { Store } from '../../store/store.ts';

export interface LastUseParts {
  readonly store: Pick<Store, 'note'>;
  readonly now: () => number;
  readonly onFailure: (what: string, error: unknown) => void;
}

const EVERY_MS = 5_000;
const WAITING_MAX = 10_000;
/** In one write, so that others have their turn. */
const WRITTEN_MAX = 500;
const MINUTE_MS = 60_000;

export class LastUse {
  readonly #parts: LastUseParts;
  readonly #waiting = new Map<string, number>();
  /** What was written, so that the same minute is not written twice. */
  #written = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(parts: LastUseParts) {
    this.#parts = parts;
  }

  /** Never throws, never waits. */
  used(keyId: string, atMs = this.#parts.now()): void {
    const minuteMs = atMs - (atMs % MINUTE_MS);
    if ((this.#written.get(keyId) ?? 0) >= minuteMs) return;
    if (this.#waiting.size >= WAITING_MAX && !this.#waiting.has(keyId)) return;
    this.#waiting.set(keyId, Math.max(minuteMs, this.#waiting.get(keyId) ?? 0));
    this.#timer ??= setTimeout(() => void this.flush(), EVERY_MS).unref();
  }

  /** Writes what waits. Never rejects. */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#writing = this.#writing.then(() => this.#write());
    return this.#writing;
  }

  async #write(): Promise<void> {
    const all = [...this.#waiting];
    this.#waiting.clear();
    if (this.#written.size + all.length > WAITING_MAX) this.#written = new Map();
    for (let at = 0; at < all.length; at += WRITTEN_MAX) {
      const some = all.slice(at, at + WRITTEN_MAX);
      try {
        await this.#parts.store.note(some.map(([keyId, atMs]) => ({ statement: noteKeyUse({ id: keyId, atMs }) })));
        for (const [keyId, atMs] of some) this.#written.set(keyId, atMs);
      } catch (error) {
        this.#parts.onFailure('The last use of keys could not be written', error);
      }
    }
  }
}
