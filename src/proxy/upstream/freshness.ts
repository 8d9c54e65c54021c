/*
 * How old what a server said is, and how long it said that this is good (MCP 2026-07-28, Server › Utilities › Caching).
 *
 *   read ──── ttl ────▶ stale: served, and read anew meanwhile ──── `listStaleMs` ────▶ over: nobody is served it
 *     └───────────────────────────── the server says that it changed ────────────────▶ over, at once
 *
 * Age counts from the moment at which the server was asked. Servers of older revisions say nothing of age: theirs is good
 * until they say that it changed, and whoever reads it is told to ask again.
 */
import type { CacheHint, EntryKind } from '../../model/catalogue.ts';

/** What has an age: lists, and what the server says about itself. */
export type Said = EntryKind | 'about';

export type Verdict = 'fresh' | 'stale' | 'over';

/** Good for nobody and no time: nothing is known. */
export const UNKNOWN_HINT: CacheHint = { ttlMs: 0, scope: 'private' };

/** The moment at which something was asked for. */
export interface Asking {
  readonly atMs: number;
  readonly notices: number;
}

interface Reading extends Asking {
  /** Undefined where the server's revision has no such thing. */
  readonly hint: CacheHint | undefined;
}

export class Freshness {
  readonly #now: () => number;
  readonly #readings = new Map<Said, Reading>();
  readonly #askedMs = new Map<Said, number>();
  readonly #notices = new Map<Said, number>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** To be handed to `read` when the answer is there. */
  asked(what: Said): Asking {
    const atMs = this.#now();
    this.#askedMs.set(what, atMs);
    return { atMs, notices: this.#noticesOf(what) };
  }

  read(what: Said, asking: Asking, hint: CacheHint | undefined): void {
    this.#readings.set(what, { ...asking, hint });
  }

  /** The server said that it changed. What was asked for before that does not count. */
  noticed(what: Said): void {
    this.#notices.set(what, this.#noticesOf(what) + 1);
  }

  sinceAskedMs(what: Said): number {
    return this.#now() - (this.#askedMs.get(what) ?? Number.NEGATIVE_INFINITY);
  }

  judge(what: Said, staleMs: number): Verdict {
    const reading = this.#readings.get(what);
    if (!reading) return 'fresh';
    if (reading.notices !== this.#noticesOf(what)) return 'over';
    if (!reading.hint) return 'fresh';
    const pastMs = this.#now() - reading.atMs - reading.hint.ttlMs;
    if (pastMs < 0) return 'fresh';
    return pastMs <= staleMs ? 'stale' : 'over';
  }

  /** What is left of the server's hint: whole milliseconds, never less than none. */
  hintOf(what: Said): CacheHint {
    const reading = this.#readings.get(what);
    if (!reading?.hint) return UNKNOWN_HINT;
    const { scope, ttlMs } = reading.hint;
    if (reading.notices !== this.#noticesOf(what)) return { ttlMs: 0, scope };
    return { ttlMs: Math.max(0, Math.floor(reading.atMs + ttlMs - this.#now())), scope };
  }

  #noticesOf(what: Said): number {
    return this.#notices.get(what) ?? 0;
  }
}

/** The hint for what is made of both. */
export function narrower(a: CacheHint, b: CacheHint): CacheHint {
  const scope = a.scope === 'public' && b.scope === 'public' ? 'public' : 'private';
  return { ttlMs: Math.min(a.ttlMs, b.ttlMs), scope };
}
