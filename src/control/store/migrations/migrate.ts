/*
 * Brings a database to the schema of this program, one migration after another, each in a transaction together with its
 * row in the table of migrations: one that was interrupted has not happened, and is next.
 *
 * A database that knows more than this program is refused before anything is touched: an older program would write rows
 * that the newer schema does not mean.
 */
import { StoreRefusal } from '../engine/refusal.ts';
import { TABLES } from './0001-tables.ts';
import type { Migration, Words } from './migration.ts';

/** In their order, for ever. */
export const MIGRATIONS: readonly Migration[] = [TABLES];

/** A connection of which nobody else makes use, and the right to migrate to itself. */
export interface Migratable {
  readonly words: Words;
  run(sql: string): Promise<void>;
  rows(sql: string): Promise<readonly (readonly unknown[])[]>;
  /** Begins a transaction that nobody else can have at the same time. */
  begin(): Promise<void>;
  commit(): Promise<void>;
  rollback(): Promise<void>;
}

export async function migrate(
  database: Migratable,
  nowMs: number,
  migrations: readonly Migration[] = MIGRATIONS,
): Promise<void> {
  const { int, text, options } = database.words;
  await database.run(
    `create table if not exists schema_migrations (id ${int} primary key, name ${text} not null, applied_at_ms ${int} not null)${options}`,
  );
  while (await nextMigration(database, nowMs, migrations));
}

/** Whether there was one. */
async function nextMigration(database: Migratable, nowMs: number, migrations: readonly Migration[]): Promise<boolean> {
  await database.begin();
  try {
    const applied = await database.rows('select id, name from schema_migrations order by id');
    refuseStrangers(applied, migrations);
    const migration = migrations[applied.length];
    if (migration) await apply(database, { migration, id: applied.length + 1, nowMs });
    await database.commit();
    return migration !== undefined;
  } catch (error) {
    await database.rollback();
    throw error;
  }
}

async function apply(
  database: Migratable,
  { migration, id, nowMs }: { readonly migration: Migration; readonly id: number; readonly nowMs: number },
): Promise<void> {
  for (const statement of migration.statements(database.words, nowMs)) await database.run(statement);
  await database.run(
    `insert into schema_migrations (id, name, applied_at_ms) values (${id}, '${migration.name}', ${nowMs})`,
  );
}

function refuseStrangers(applied: readonly (readonly unknown[])[], migrations: readonly Migration[]): void {
  const stranger = applied.findIndex(([id, name], at) => Number(id) !== at + 1 || name !== migrations[at]?.name);
  if (stranger < 0) return;
  const [, name] = applied[stranger] ?? [];
  const say =
    `The store was written by another version of Gatewright: it has the migration "${String(name)}", ` +
    'which this version does not know. Start a version that does, or restore the copy that was made before it was upgraded.';
  throw new StoreRefusal('newer_schema', say);
}
