/*
 * SQLite, by Node's own: one connection in this worker, one file that nobody but its user can read.
 *
 * WAL with synchronous=FULL: what was committed is on the disk when the write resolves. Other processes may have the same
 * file open (the command line); whoever finds it locked waits `storeStatementMs`. The file is never made anew under a gateway that
 * runs: when it has vanished or was replaced, writes are refused until the gateway is started again.
 */
import { chmodSync, closeSync, mkdirSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { StoreLimits } from '../../../model/limits-store.ts';
import { migrate } from '../migrations/migrate.ts';
import { SQLITE_WORDS } from '../migrations/migration.ts';
import type { Batch, Engine, Rows, Sent } from './engine.ts';
import { StoreRefusal } from './refusal.ts';
import { sqliteRefusal } from './sqlite-errors.ts';

const STATEMENTS_MAX = 256;
const PRAGMAS = [
  'pragma synchronous = full',
  'pragma foreign_keys = on',
  'pragma trusted_schema = off',
  'pragma temp_store = memory',
  'pragma journal_size_limit = 67108864',
];
const PROBE = 'update schema_migrations set applied_at_ms = applied_at_ms where id = 1';

export async function openSqlite(file: string, nowMs: number, limits: StoreLimits): Promise<Engine> {
  try {
    prepareFile(file);
    const engine = new SqliteEngine(file, limits.storeStatementMs);
    await engine.migrate(nowMs);
    return engine;
  } catch (error) {
    throw sqliteRefusal(error, `The database file ${file}`);
  }
}

/** Made before SQLite opens it, so that it is never there with other rights; its log takes the rights of the file. */
function prepareFile(file: string): void {
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    closeSync(openSync(file, 'a', 0o600));
    chmodSync(file, 0o600);
  } catch (error) {
    throw new StoreRefusal('unavailable', `The database file ${file} cannot be made: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

class SqliteEngine implements Engine {
  readonly #file: string;
  readonly #inode: number;
  readonly #busyMs: number;
  #open: { readonly db: DatabaseSync; readonly statements: Map<string, Prepared> } | undefined;

  constructor(file: string, busyMs: number) {
    this.#file = file;
    this.#busyMs = busyMs;
    this.#inode = statSync(file).ino;
  }

  async migrate(nowMs: number): Promise<void> {
    const db = this.#connection().db;
    await migrate(
      {
        words: SQLITE_WORDS,
        run: async (sql) => db.exec(sql),
        rows: async (sql) => this.#rows({ sql, parameters: [] }).rows,
        begin: async () => db.exec('begin immediate'),
        commit: async () => db.exec('commit'),
        rollback: async () => rollback(db),
      },
      nowMs,
    );
  }

  async read(statements: readonly Sent[]): Promise<readonly Rows[]> {
    return this.#guarded(() => {
      const [first] = statements;
      if (first && statements.length === 1) return [this.#rows(first)];
      return this.#transaction('begin', () => statements.map((statement) => this.#rows(statement)));
    });
  }

  async write({ changes, told }: Batch, onTold: (seqs: readonly number[]) => void): Promise<void> {
    this.#guarded(() => {
      this.#refuseOther();
      this.#transaction('begin immediate', () => {
        changes.forEach((change, at) => {
          const touched = this.#prepared(change.sql).statement.run(...change.parameters).changes;
          if (change.rows !== undefined && change.rows !== touched) throw guard(at, touched);
        });
        if (told) onTold(this.#rows(told).rows.map(([seq]) => Number(seq)));
      });
    });
  }

  async probe(): Promise<void> {
    await this.write({ changes: [{ sql: PROBE, parameters: [] }] }, () => undefined);
  }

  async close(): Promise<void> {
    this.#open?.db.close();
    this.#open = undefined;
  }

  #connection() {
    this.#open ??= { db: connect(this.#file, this.#busyMs), statements: new Map() };
    return this.#open;
  }

  #rows({ sql, parameters }: Sent): Rows {
    const { statement, columns } = this.#prepared(sql);
    // Set to give lists, which the types of Node do not know.
    return { columns, rows: statement.all(...parameters) as unknown as readonly unknown[][] };
  }

  #prepared(sql: string): Prepared {
    const { db, statements } = this.#connection();
    const known = statements.get(sql);
    if (known) return known;
    const statement = db.prepare(sql);
    statement.setReturnArrays(true);
    const made = { statement, columns: statement.columns().map(({ name }) => name) };
    const [oldest] = statements.size < STATEMENTS_MAX ? [] : statements.keys();
    if (oldest !== undefined) statements.delete(oldest);
    statements.set(sql, made);
    return made;
  }

  #transaction<Result>(begin: string, inside: () => Result): Result {
    const { db } = this.#connection();
    db.exec(begin);
    try {
      const result = inside();
      db.exec('commit');
      return result;
    } catch (error) {
      rollback(db);
      throw error;
    }
  }

  /** After a fault of the disk the connection is made anew: what it remembers of the file may not be so. */
  #guarded<Result>(act: () => Result): Result {
    try {
      return act();
    } catch (error) {
      const refusal = sqliteRefusal(error);
      if (refusal.kind === 'unavailable') this.#forget();
      throw refusal;
    }
  }

  #forget(): void {
    try {
      this.#open?.db.close();
    } catch {
      // It is given up whatever it says.
    }
    this.#open = undefined;
  }

  #refuseOther(): void {
    const inode = statSync(this.#file, { throwIfNoEntry: false })?.ino;
    if (inode === this.#inode) return;
    const what = inode === undefined ? 'is not there any more' : 'is another one than at the start';
    throw new StoreRefusal('unavailable', `The database file ${this.#file} ${what}. Put it right and start again.`);
  }
}

interface Prepared {
  readonly statement: StatementSync;
  readonly columns: readonly string[];
}

/** Without making a file: what is not there any more stays missing. */
function connect(file: string, busyMs: number): DatabaseSync {
  if (!statSync(file, { throwIfNoEntry: false })) {
    throw new StoreRefusal(
      'unavailable',
      `The database file ${file} is not there any more. Put it back and start again.`,
    );
  }
  const db = new DatabaseSync(file, { timeout: busyMs, enableForeignKeyConstraints: true, defensive: true });
  try {
    const mode = db.prepare('pragma journal_mode = wal').get()?.journal_mode;
    if (mode !== 'wal') throw new StoreRefusal('unavailable', `The database file ${file} is on a disk without WAL.`);
    for (const pragma of PRAGMAS) db.exec(pragma);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

function rollback(db: DatabaseSync): void {
  if (db.isOpen && db.isTransaction) db.exec('rollback');
}

function guard(at: number, touched: number | bigint): StoreRefusal {
  return new StoreRefusal('guard', `Change ${at} touched ${touched} rows.`, { at });
}
