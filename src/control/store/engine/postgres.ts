/*
 * Postgres, by `pg`, in the worker: a few connections, each statement and each wait for a connection with its end.
 *
 * Writes tell of themselves under one lock that is held to the end of the transaction, so that the numbers of the changes
 * become visible in their order, and who reads on from the last one misses none. A write that was undone because of
 * others, or whose connection was found dead before its commit, is tried again; one that was lost in its commit is not.
 */
import { Client, type ClientBase, Pool, type PoolClient } from 'pg';
import type { StoreLimits } from '../../../model/limits-store.ts';
import { migrate } from '../migrations/migrate.ts';
import { POSTGRES_WORDS } from '../migrations/migration.ts';
import type { Batch, Engine, Rows, Sent, SentChange } from './engine.ts';
import { leavesConnection, mayRepeat, postgresRefusal } from './postgres-errors.ts';
import { StoreRefusal } from './refusal.ts';

/** Any two numbers, the same in every version: "gatewright" has taken the locks of the first. */
const LOCKS = 0x67617465;
const LOCK_MIGRATION = 1;
const LOCK_CHANGES = 2;
const TRIES = 3;
const INT8 = 20;
const MIGRATION_WAIT_MS = 60_000;
const PROBE = 'update schema_migrations set applied_at_ms = applied_at_ms where id = 1';

export async function openPostgres(url: string, nowMs: number, limits: StoreLimits): Promise<Engine> {
  try {
    await migrated(url, nowMs, limits);
    return new PostgresEngine(url, limits);
  } catch (error) {
    throw postgresRefusal(error);
  }
}

/** On a connection of its own: a migration may take its time, and of gateways that start at once one does it. */
async function migrated(url: string, nowMs: number, { storeWaitMs: waitMs }: StoreLimits): Promise<void> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: waitMs, types: TYPES });
  client.on('error', () => undefined);
  await client.connect();
  try {
    const run = async (sql: string) => void (await client.query(sql));
    await run(`set lock_timeout = ${MIGRATION_WAIT_MS}`);
    await run(`select pg_advisory_lock(${LOCKS}, ${LOCK_MIGRATION})`);
    const rows = async (sql: string) => (await ask(client, { sql, parameters: [] })).rows;
    const steps = { begin: () => run('begin'), commit: () => run('commit'), rollback: () => run('rollback') };
    await migrate({ words: POSTGRES_WORDS, run, rows, ...steps }, nowMs);
  } finally {
    await client.end();
  }
}

/** Whole numbers as numbers; everything else that we have is text. */
const TYPES = { getTypeParser: (oid: number) => (oid === INT8 ? wholeNumber : asText) };

class PostgresEngine implements Engine {
  readonly #pool: Pool;

  constructor(url: string, limits: StoreLimits) {
    const { storeConnectionsMax: max, storeStatementMs: statementMs, storeWaitMs } = limits;
    this.#pool = new Pool({
      connectionString: url,
      application_name: 'gatewright',
      max,
      connectionTimeoutMillis: storeWaitMs,
      idleTimeoutMillis: 60_000,
      statement_timeout: statementMs,
      idle_in_transaction_session_timeout: 5 * statementMs,
      // Beyond the server's own end: for a server that does not answer at all.
      query_timeout: statementMs + 500,
      keepAlive: true,
      types: TYPES,
    });
    // A connection that breaks says so to its query, if there is one; the pool drops it by itself.
    this.#pool.on('error', () => undefined);
    this.#pool.on('connect', (client) => client.on('error', () => undefined));
  }

  read(statements: readonly Sent[]): Promise<readonly Rows[]> {
    return this.#repeated(async (client) => {
      const [first] = statements;
      if (first && statements.length === 1) return [await ask(client, first)];
      await client.query('begin isolation level repeatable read read only');
      const answers: Rows[] = [];
      for (const statement of statements) answers.push(await ask(client, statement));
      await client.query('commit');
      return answers;
    });
  }

  async write(batch: Batch, onTold: (seqs: readonly number[]) => void): Promise<void> {
    const progress = { committing: false };
    await this.#repeated(async (client) => {
      await client.query('begin');
      for (const [at, change] of batch.changes.entries()) await changed(client, change, at);
      if (batch.told) onTold(await told(client, batch.told));
      progress.committing = true;
      await client.query('commit');
    }, progress);
  }

  async probe(): Promise<void> {
    await this.write({ changes: [{ sql: PROBE, parameters: [] }] }, () => undefined);
  }

  async close(): Promise<void> {
    await this.#pool.end();
  }

  async #repeated<Result>(
    act: (client: PoolClient) => Promise<Result>,
    progress = { committing: false },
  ): Promise<Result> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await this.#withClient(act);
      } catch (error) {
        const lost = !leavesConnection(error) && !isTimeout(error);
        const again = mayRepeat(error) || (lost && !progress.committing);
        if (!again || tries === TRIES) throw postgresRefusal(error);
        progress.committing = false;
      }
    }
  }

  async #withClient<Result>(act: (client: PoolClient) => Promise<Result>): Promise<Result> {
    const client = await this.#pool.connect();
    try {
      const result = await act(client);
      client.release();
      return result;
    } catch (error) {
      await undone(client, error);
      throw error;
    }
  }
}

/** Back to the pool when it is surely out of the transaction; otherwise it is closed. */
async function undone(client: PoolClient, error: unknown): Promise<void> {
  if (!leavesConnection(error)) return client.release(true);
  try {
    await client.query('rollback');
    client.release();
  } catch {
    client.release(true);
  }
}

/** Nothing answered in time: trying again would only wait again. */
function isTimeout(error: unknown): boolean {
  return error instanceof Error && /timeout/i.test(error.message);
}

async function ask(client: ClientBase, { sql, parameters }: Sent): Promise<Rows> {
  const { fields, rows } = await client.query({ text: sql, values: [...parameters], rowMode: 'array' });
  return { columns: fields.map(({ name }) => name), rows };
}

async function changed(client: PoolClient, { sql, parameters, rows }: SentChange, at: number): Promise<void> {
  const { rowCount } = await client.query({ text: sql, values: [...parameters] });
  if (rows !== undefined && rowCount !== rows) {
    throw new StoreRefusal('guard', `Change ${at} touched ${rowCount} rows.`, { at });
  }
}

async function told(client: PoolClient, statement: Sent): Promise<readonly number[]> {
  await client.query(`select pg_advisory_xact_lock(${LOCKS}, ${LOCK_CHANGES})`);
  return (await ask(client, statement)).rows.map(([seq]) => Number(seq));
}

function wholeNumber(text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number)) throw new StoreRefusal('internal', 'A number of a row is too large.');
  return number;
}

function asText(text: string): string {
  return text;
}
