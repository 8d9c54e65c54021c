/*
 * What the main thread and the store's worker say to each other. Plain data.
 *
 * A long answer comes in pieces, the next one when the last was taken (`more`), so that a table of fifty thousand rows
 * holds the main thread up for one piece at a time.
 */
import type { StoreLimits } from '../../../model/limits-store.ts';
import type { Batch, Sent } from './engine.ts';
import type { Refused } from './refusal.ts';

export interface WorkerSettings {
  readonly target: { readonly file: string } | { readonly url: string };
  readonly nowMs: number;
  readonly limits: StoreLimits;
  readonly follow: FollowSettings;
}

/** How the worker hears what others wrote. */
export interface FollowSettings {
  readonly everyMs: number;
  /** Gives the first and the last number that is there. */
  readonly span: Sent;
  /** Takes the last number that was heard, and `changesMax`. */
  readonly since: string;
  readonly changesMax: number;
  /** Where to go on, when the worker is not the first one. */
  readonly after: number | undefined;
}

export type ToWorker =
  | { readonly id: number; readonly do: 'read'; readonly statements: readonly Sent[] }
  | { readonly id: number; readonly do: 'write'; readonly batch: Batch }
  | { readonly id: number; readonly do: 'more' }
  /** Nobody wants the rest. */
  | { readonly id: number; readonly do: 'drop' }
  | { readonly id: number; readonly do: 'close' };

/** A row of `changes`. */
export interface Heard {
  readonly seq: number;
  readonly organisation: string;
  readonly kind: string;
  readonly targetId: string;
}

export type FromWorker =
  | { readonly say: 'ready'; readonly to: number }
  | { readonly say: 'not_ready'; readonly refused: Refused }
  /** A piece of answer number `at` of request `id`; `columns` with its first. */
  | {
      readonly say: 'rows';
      readonly id: number;
      readonly at: number;
      readonly columns: readonly string[] | undefined;
      readonly rows: readonly (readonly unknown[])[];
      readonly done: boolean;
    }
  | { readonly say: 'done'; readonly id: number }
  | { readonly say: 'refused'; readonly id: number; readonly refused: Refused }
  /** What others wrote, in its order; `everything` when it is not known what. `to`: the last number that was looked at. */
  | { readonly say: 'heard'; readonly changes: readonly Heard[] | 'everything'; readonly to: number }
  /** Whether it can write; undefined when it can. */
  | { readonly say: 'state'; readonly failing: string | undefined };
