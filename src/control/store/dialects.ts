/*
 * The two dialects in which Kysely writes our SQL. It writes, and that is all: there is a compiler and no driver, and
 * whoever executes a query here instead of sending it to the worker gets an error.
 *
 * Names are `createdAtMs` in TypeScript and `created_at_ms` in SQL.
 */
import {
  CamelCasePlugin,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';
import type { Tables } from './tables.ts';

export type DialectName = 'sqlite' | 'postgres';

export type Writer = Kysely<Tables>;

class NoDriver implements Driver {
  async init(): Promise<void> {}
  acquireConnection(): Promise<DatabaseConnection> {
    return refused();
  }
  beginTransaction(): Promise<void> {
    return refused();
  }
  commitTransaction(): Promise<void> {
    return refused();
  }
  rollbackTransaction(): Promise<void> {
    return refused();
  }
  async releaseConnection(): Promise<void> {}
  async destroy(): Promise<void> {}
}

function refused(): Promise<never> {
  return Promise.reject(new Error('Queries are not executed here: give the statement to the store.'));
}

const SQLITE: Dialect = {
  createAdapter: () => new SqliteAdapter(),
  createDriver: () => new NoDriver(),
  createIntrospector: (db) => new SqliteIntrospector(db),
  createQueryCompiler: () => new SqliteQueryCompiler(),
};

const POSTGRES: Dialect = {
  createAdapter: () => new PostgresAdapter(),
  createDriver: () => new NoDriver(),
  createIntrospector: (db) => new PostgresIntrospector(db),
  createQueryCompiler: () => new PostgresQueryCompiler(),
};

export function writerOf(dialect: DialectName): Writer {
  return new Kysely<Tables>({
    dialect: dialect === 'sqlite' ? SQLITE : POSTGRES,
    plugins: [new CamelCasePlugin()],
  });
}
