/*
 * SQL is written in `src/control/store/queries/` and nowhere else, and what an actor asks stays in the actor's organisation.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { writerOf } from '../../src/control/store/dialects.ts';
import { registeredQueries, SAMPLE_ACTOR } from '../../src/control/store/queries/query.ts';
import { codeLines } from './lexer.ts';
import { isTest, read, SOURCES } from './tree.ts';

const QUERIES = 'src/control/store/queries/';
const BUILDING =
  /\.(?:selectFrom|selectNoFrom|insertInto|replaceInto|updateTable|deleteFrom|mergeInto)\(|\bsql(?:<[^>]*>)?`|\bsql\.\w+\(/;
/** The rest of Kysely: its dialects, and the types of what it gives. */
const KYSELY = ['src/control/store/dialects.ts', 'src/control/store/store.ts'];
const DRIVERS: Readonly<Record<string, readonly string[]>> = {
  'node:sqlite': ['src/control/store/engine/sqlite.ts'],
  pg: ['src/control/store/engine/postgres.ts', 'src/control/store/engine/postgres-errors.ts'],
};

const sources = SOURCES.filter((path) => path.startsWith('src/') && !isTest(path));
const outside = sources.filter((path) => !path.startsWith(QUERIES));
const importing = (name: string) => (path: string) => read(path).includes(`'${name}'`);

for (const path of sources.filter((source) => source.startsWith(QUERIES))) await import(`../../${path}`);
const queries = registeredQueries();

test('queries are built in their folder alone', () => {
  const strays = outside.filter((path) => codeLines(read(path)).some((line) => BUILDING.test(line)));
  assert.deepEqual(strays, [], `make it a named query in ${QUERIES}`);
  assert.deepEqual(outside.filter(importing('kysely')), KYSELY);
  assert.ok(queries.length > 50, 'the queries were found');
});

for (const [driver, places] of Object.entries(DRIVERS)) {
  test(`${driver} is loaded by the store's worker alone`, () => {
    assert.deepEqual(sources.filter(importing(driver)).sort(), [...places].sort());
  });
}

for (const dialect of ['sqlite', 'postgres'] as const) {
  const writer = writerOf(dialect);
  test(`each query of an actor names the actor's organisation, and no other (${dialect})`, () => {
    const strays = queries
      .filter(({ why }) => why === undefined)
      .filter(({ samples }) =>
        samples()
          .map((statement) => statement.compile(writer))
          .some(
            ({ sql, parameters }) =>
              !(parameters.includes(SAMPLE_ACTOR.organisation) && /"organisation"|"name" =/.test(sql)) ||
              parameters.includes('other'),
          ),
      );
    assert.deepEqual(
      strays.map(({ name }) => name),
      [],
    );
  });
}

test('each query has a sample, and one without an actor says why', () => {
  const strays = queries.filter(({ samples, why }) => samples().length === 0 || why === '');
  assert.deepEqual(
    strays.map(({ name }) => name),
    [],
  );
});
