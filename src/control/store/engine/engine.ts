/*
 * What a database is to the worker. Two implementations: `sqlite.ts` and `postgres.ts`; whatever one throws is a
 * `StoreRefusal`.
 */

/** A statement as text. */
export interface Sent {
  readonly sql: string;
  readonly parameters: readonly (string | number | null)[];
}

export interface SentChange extends Sent {
  /** How many rows it must touch. */
  readonly rows?: number | undefined;
}

export interface Batch {
  readonly changes: readonly SentChange[];
  /** The rows of `changes` that go with it; gives their numbers. Its order is that of the commits. */
  readonly told?: Sent | undefined;
}

/** One answer: names once, rows as lists. */
export interface Rows {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly unknown[])[];
}

export interface Engine {
  /** All of one moment. */
  read(statements: readonly Sent[]): Promise<readonly Rows[]>;
  /** All of it durably, or nothing. `onTold` hears the numbers before anybody else can see the rows. */
  write(batch: Batch, onTold: (seqs: readonly number[]) => void): Promise<void>;
  /** Whether it can write; throws as `write` does. */
  probe(): Promise<void>;
  close(): Promise<void>;
}
