/*
 * Why a database did not do what it was asked, in the few kinds that matter to others. It crosses from the worker to the
 * main thread as plain data.
 */

export type RefusalKind =
  /** There is one already, or something that belongs to it is still there. */
  | 'conflict'
  /** A guard of the write: so many rows there were not. `AdminErrorName` stands at the change. */
  | 'guard'
  /** The database cannot do it now: full, read-only, gone, too slow. */
  | 'unavailable'
  /** Its schema is of a later program. */
  | 'newer_schema'
  /** A fault of ours. */
  | 'internal';

/** Limits that the worker itself can hit. */
export type WorkerLimit = 'storeStatementMs' | 'storeWaitMs';

/** As it is sent. */
export interface Refused {
  readonly kind: RefusalKind;
  /** For operators; values of rows are not in it. */
  readonly internal: string;
  /** For `guard`: which of the changes. */
  readonly at?: number | undefined;
  /** For `unavailable`: which limit it was. */
  readonly limit?: WorkerLimit | undefined;
}

interface RefusalOptions {
  readonly at?: number | undefined;
  readonly limit?: WorkerLimit | undefined;
  readonly cause?: unknown;
}

export class StoreRefusal extends Error implements Refused {
  override readonly name = 'StoreRefusal';
  readonly kind: RefusalKind;
  readonly internal: string;
  readonly at: number | undefined;
  readonly limit: WorkerLimit | undefined;

  constructor(kind: RefusalKind, internal: string, options: RefusalOptions = {}) {
    super(internal, { cause: options.cause });
    this.kind = kind;
    this.internal = internal;
    this.at = options.at;
    this.limit = options.limit;
  }
}
