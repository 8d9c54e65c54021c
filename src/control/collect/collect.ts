/*
 * What the data plane tells, written down.
 *
 *   data plane ── Event ─▶ take ─▶ bounded queue ─▶ append ─▶ the store's worker ─▶ database
 *
 * It is the store's own worker that writes: a second one would have a second connection, and in SQLite there is one writer at
 * a time. The thread that serves calls only puts a small object into a list. A loss is a row itself (`lost`), in its place.
 */
import type { Event } from '../../model/event.ts';
import type { Limits } from '../../model/limits.ts';
import type { StateEventRow } from '../store/tables.ts';
import { BoundedQueue } from './bounded-queue.ts';
import { maskedText } from './masked.ts';

export type StateEvent = Omit<StateEventRow, 'seq'>;

export interface CollectParts {
  readonly limits: () => Pick<Limits, 'collectQueueMax' | 'stateEventsMax'>;
  /** Of a server, by its name in the snapshot. */
  readonly organisationOf: (server: string) => string;
  /** Which gateway this is. */
  readonly node: string;
  /** Wall clock. */
  readonly now: () => number;
  /** Adds rows, in this order, and lets the oldest go so that so many stay. */
  readonly append: (rows: readonly StateEvent[], keep: number) => Promise<void>;
  readonly onLimit: (limit: 'collectQueueMax') => void;
  readonly onFailure: (what: string, error: unknown) => void;
}

const BATCH_MAX = 256;
const REASON_LENGTH_MAX = 500;

/** The state of a row that stands for events that were lost. */
const LOST = 'lost';

export class Collect {
  readonly #parts: CollectParts;
  readonly #queue: BoundedQueue<StateEvent>;

  constructor(parts: CollectParts) {
    this.#parts = parts;
    this.#queue = new BoundedQueue({
      max: () => parts.limits().collectQueueMax,
      batchMax: BATCH_MAX,
      write: (batch, lost) => parts.append(this.#withLoss(batch, lost), parts.limits().stateEventsMax),
      onFull: () => parts.onLimit('collectQueueMax'),
      onFailure: parts.onFailure,
    });
  }

  /** Never waits, never throws. */
  readonly take = (event: Event): void => {
    if (event.type !== 'server_state') return;
    const { server, state, reason } = event;
    const { organisationOf, now, node } = this.#parts;
    // Words of a server's address or process: for who manages it, but no credential may stand in them for ever.
    const words = maskedText(reason).slice(0, REASON_LENGTH_MAX);
    this.#queue.put({ organisation: organisationOf(server), atMs: now(), node, server, state, reason: words });
  };

  get waiting(): number {
    return this.#queue.size;
  }

  get lost(): number {
    return this.#queue.lost;
  }

  /** Gives how many events could not be written in this time. */
  close(timeoutMs: number): Promise<number> {
    return this.#queue.close(timeoutMs);
  }

  #withLoss(batch: readonly StateEvent[], lost: number): readonly StateEvent[] {
    const [first] = batch;
    if (lost === 0 || !first) return batch;
    const reason = `${lost} ${lost === 1 ? 'event' : 'events'} of this node could not be kept`;
    return [{ ...first, organisation: 'default', server: '', state: LOST, reason }, ...batch];
  }
}
