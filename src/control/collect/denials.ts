/*
 * What was refused, for the admin audit: who tried what, and why not.
 *
 * A stranger must not be able to fill the store, nor to hide among his own attempts. So of one actor at one address some are
 * written one by one within a minute, and the others are counted in one row when the minute is over; and over all sources it
 * is the same. Who is refused never waits for this.
 */
import type { Limits } from '../../model/limits.ts';
import type { Actor } from '../actor.ts';
import type { Audited, Store } from '../store/store.ts';
import { BoundedQueue } from './bounded-queue.ts';
import { masked, maskedText } from './masked.ts';

export interface Denial {
  /** `server.create` … */
  readonly action: string;
  /** `failed`: it was allowed, and could not be done. */
  readonly outcome?: 'denied' | 'failed';
  readonly kind: string;
  readonly targetId?: string;
  readonly targetName?: string;
  readonly reason: string;
  /** What was asked for; masked here. */
  readonly asked?: unknown;
}

type DenialLimits = Pick<Limits, 'collectQueueMax' | 'denialRowsMax' | 'denialRowsPerSourceMax'>;

export interface DenialParts {
  readonly store: Pick<Store, 'write'>;
  readonly limits: () => DenialLimits;
  readonly onLimit: (limit: keyof DenialLimits) => void;
  readonly onFailure: (what: string, error: unknown) => void;
}

interface Row {
  readonly actor: Actor;
  readonly audited: Audited;
}

/** One actor at one address, in this minute. */
interface Source {
  readonly actor: Actor;
  rows: number;
  counted: number;
  last: string;
}

const WINDOW_MS = 60_000;
const WORDS_MAX = 300;

export class Denials {
  readonly #parts: DenialParts;
  readonly #queue: BoundedQueue<Row>;
  readonly #sources = new Map<string, Source>();
  /** All that had no room of their own. */
  #others = { counted: 0, last: '' };
  #rows = 0;
  #window: NodeJS.Timeout | undefined;

  constructor(parts: DenialParts) {
    this.#parts = parts;
    this.#queue = new BoundedQueue({
      max: () => parts.limits().collectQueueMax,
      batchMax: 1,
      write: (batch, lost) => this.#write(batch, lost),
      onFull: () => parts.onLimit('collectQueueMax'),
      onFailure: parts.onFailure,
    });
  }

  /** Never waits, never throws. */
  readonly add = (actor: Actor, denial: Denial): void => {
    this.#window ??= setTimeout(() => this.endWindow(), WINDOW_MS).unref();
    const limit = this.#full(actor);
    if (limit !== undefined) this.#count(actor, denial, limit);
    else this.#keep(actor, denial);
  };

  /** Writes what was only counted. */
  endWindow(): void {
    clearTimeout(this.#window);
    this.#window = undefined;
    const all = [...this.#sources.values(), { actor: EVERYBODY, ...this.#others }];
    for (const { actor, counted, last } of all) {
      if (counted > 0) this.#queue.put({ actor: { ...actor, requestId: '' }, audited: moreOf(counted, last) });
    }
    this.#sources.clear();
    this.#others = { counted: 0, last: '' };
    this.#rows = 0;
  }

  /** Gives how many rows could not be written in this time. */
  close(timeoutMs: number): Promise<number> {
    this.endWindow();
    return this.#queue.close(timeoutMs);
  }

  #full(actor: Actor): 'denialRowsMax' | 'denialRowsPerSourceMax' | undefined {
    const { denialRowsMax, denialRowsPerSourceMax } = this.#parts.limits();
    if ((this.#sources.get(sourceKey(actor))?.rows ?? 0) >= denialRowsPerSourceMax) return 'denialRowsPerSourceMax';
    return this.#rows >= denialRowsMax ? 'denialRowsMax' : undefined;
  }

  #count(actor: Actor, { action }: Denial, limit: 'denialRowsMax' | 'denialRowsPerSourceMax'): void {
    // No new source when the minute is full: there are as many as one can send from addresses.
    const counter = this.#sources.get(sourceKey(actor)) ?? this.#others;
    counter.counted += 1;
    counter.last = action;
    this.#parts.onLimit(limit);
  }

  #keep(actor: Actor, denial: Denial): void {
    const key = sourceKey(actor);
    const source = this.#sources.get(key) ?? { actor, rows: 0, counted: 0, last: '' };
    source.rows += 1;
    this.#sources.set(key, source);
    this.#rows += 1;
    this.#queue.put({ actor, audited: auditedOf(denial) });
  }

  async #write(batch: readonly Row[], lost: number): Promise<void> {
    for (const { actor, audited } of batch) {
      const loss = lost > 0 ? [rowOf('denied.lost', `${lost} rows about refused attempts could not be kept`)] : [];
      await this.#parts.store.write(actor, { changes: [], touched: [], audit: [...loss, audited] });
    }
  }
}

/** Whom a row is of that is of nobody. */
const EVERYBODY: Actor = {
  ...{ id: '', userId: undefined, username: undefined, organisation: 'default', roles: [], rights: new Set() },
  ...{ by: 'nobody', sessionId: undefined, requestId: '', address: '' },
};

function sourceKey({ organisation, id, address }: Actor): string {
  return JSON.stringify([organisation, id, address]);
}

function auditedOf({ action, outcome, kind, targetId = '', targetName = '', reason, asked }: Denial): Audited {
  const words = { targetId: short(targetId), targetName: short(targetName), reason: short(reason) };
  return { action, outcome: outcome ?? 'denied', kind, ...words, before: undefined, after: masked(asked) };
}

function moreOf(counted: number, last: string): Audited {
  return rowOf('denied.more', `${counted} more within a minute; the last was ${last}`);
}

function rowOf(action: string, reason: string): Audited {
  const nothing = { kind: '', targetId: '', targetName: '', before: undefined, after: undefined };
  return { action, outcome: 'denied', reason, ...nothing };
}

/** Anybody's words. */
function short(text: string): string {
  return maskedText(text).slice(0, WORDS_MAX);
}
