/*
 * Migrations: all of them once, in their order, each wholly or not at all; and nothing at all in a database that knows more.
 */
import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { describe, test } from 'node:test';
import { MIGRATIONS, type Migratable, migrate } from './migrate.ts';
import { type Migration, SQLITE_WORDS } from './migration.ts';

const MAKE: Migration = { name: '0001-make', statements: ({ int }) => [`create table things (id ${int})`] };
const FILL: Migration = { name: '0002-fill', statements: (_, nowMs) => [`insert into things values (${nowMs})`] };
const BROKEN: Migration = { name: FILL.name, statements: () => ['insert into things values (1)', 'no such words'] };

function database(db = new DatabaseSync(':memory:')): Migratable & { readonly db: DatabaseSync } {
  const run = async (sql: string) => db.exec(sql);
  const rows = async (sql: string) =>
    db
      .prepare(sql)
      .all()
      .map((row) => Object.values(row));
  const steps = { begin: () => run('begin'), commit: () => run('commit'), rollback: () => run('rollback') };
  return { db, words: SQLITE_WORDS, run, rows, ...steps };
}

const applied = async (on: Migratable) => on.rows('select id, name, applied_at_ms from schema_migrations order by id');

describe('migrations', () => {
  test('are made in their order, once, however often the program starts', async () => {
    const on = database();
    await migrate(on, 5, [MAKE]);
    for (const nowMs of [6, 7]) await migrate(on, nowMs, [MAKE, FILL]);
    assert.deepEqual(await applied(on), [
      [1, '0001-make', 5],
      [2, '0002-fill', 6],
    ]);
    assert.deepEqual(await on.rows('select id from things'), [[6]]);
  });

  test('one that was interrupted has not happened, and is made at the next start', async () => {
    const on = database();
    await assert.rejects(migrate(on, 5, [MAKE, BROKEN]));
    assert.deepEqual(await applied(on), [[1, '0001-make', 5]]);
    assert.deepEqual(await on.rows('select id from things'), []);
    await migrate(on, 6, [MAKE, FILL]);
    assert.deepEqual(await on.rows('select id from things'), [[6]]);
  });

  for (const [what, known] of [
    ['one more than the program knows', [MAKE]],
    ['another in the place of one', [MAKE, { ...FILL, name: '0002-other' }, { ...MAKE, name: '0003-more' }]],
  ] as const) {
    test(`a database that has ${what} is refused, and nothing is done to it`, async () => {
      const on = database();
      await migrate(on, 5, [MAKE, FILL]);
      const before = [await applied(on), await on.rows('select name, sql from sqlite_schema')];
      await assert.rejects(migrate(on, 9, known), /another version of Gatewright.*"0002-fill"/);
      assert.deepEqual([await applied(on), await on.rows('select name, sql from sqlite_schema')], before);
    });
  }

  test('ours have names in their order, which is how they are told apart for ever', () => {
    assert.deepEqual(
      MIGRATIONS.map(({ name }) => name.slice(0, 5)),
      MIGRATIONS.map((_, at) => `${String(at + 1).padStart(4, '0')}-`),
    );
  });
});
