/*
 * The store: what is managed while the gateway runs, in SQLite or in Postgres.
 *
 * Kysely writes the SQL on this thread and touches no database: statements go as text to the one worker that has the
 * connection (`worker.ts`), a whole write in one message and in one transaction, so that it is there wholly or not at all.
 * There is no transaction that waits for this thread. Queries stand in `queries/` and nowhere else; each is a function that
 * takes the actor, and each is in `docs/reference/sql.md` as both databases get it.
 */
import type { CompiledQuery, Kysely } from 'kysely';
import type { Actor } from '../actor.ts';
import type { AdminAuditRow, Tables } from './tables.ts';

/** A query with its arguments, as a function of `queries/` gives it: opaque until the store has it written for its database. */
export interface Statement<Row = unknown> {
  readonly name: string;
  compile(db: Kysely<Tables>): CompiledQuery<Row>;
}

/** One statement of a write. */
export interface Change {
  readonly statement: Statement;
  /** How many rows it must touch; another number undoes the whole write, and the write says `as`. Undefined: any. */
  readonly rows?: { readonly count: number; readonly as: 'not_found' | 'changed_meanwhile' | 'conflict' };
}

/** What a write is about: for those who follow (`onWritten`), and for the table of changes. */
export interface Touched {
  readonly kind: keyof Tables;
  readonly id: string;
  readonly organisation: string;
}

/** What the audit keeps of a write; who, when and from where come of the actor. Secrets in `before` and `after` are masked (`collect/masked.ts`). */
export type Audited = Pick<AdminAuditRow, 'action' | 'outcome' | 'kind' | 'targetId' | 'targetName' | 'reason'> & {
  readonly before: unknown;
  readonly after: unknown;
};

export interface Write {
  readonly changes: readonly Change[];
  readonly touched: readonly Touched[];
  /** Durable with the write or not at all. */
  readonly audit: readonly Audited[];
}

export type StoreState =
  | { readonly state: 'ready' }
  /** Reads may work; writes are `unavailable`. `reason` is for operators. */
  | { readonly state: 'failing'; readonly reason: string; readonly sinceMs: number };

export interface Store {
  readonly kind: 'sqlite' | 'postgres';
  /**
   * One read. Throws `AdminError` `unavailable` when the database cannot be asked.
   */
  read<Row>(statement: Statement<Row>): Promise<readonly Row[]>;
  /** Several, of one moment. */
  readAll<Rows extends readonly unknown[]>(
    statements: {
      readonly [At in keyof Rows]: Statement<Rows[At]>;
    },
  ): Promise<{ readonly [At in keyof Rows]: readonly Rows[At][] }>;
  /**
   * All of it, durably, or nothing. Throws `AdminError`: `unavailable`; `conflict` for a row that there may be but once;
   * what a `Change` says of its rows. Resolves when it is durable, after `onWritten` listeners were called.
   */
  write(actor: Actor, write: Write): Promise<void>;
  /** For what happened by itself (events, last use): no actor, no audit, nothing touched. */
  note(changes: readonly Change[]): Promise<void>;
  /**
   * What was written, here or by others with the same database. An empty list: more than is known; whoever keeps
   * something of the store reads all of it anew.
   */
  onWritten(listener: (touched: readonly Touched[]) => void): () => void;
  status(): StoreState;
  close(): Promise<void>;
}
