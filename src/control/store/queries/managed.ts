/*
 * What is the same for every table of managed objects: one by its id, a list in pages, those with some values, an
 * insertion, and a change and a deletion that hold only for the version that the actor has seen. Each of the actor's
 * organisation, whatever the arguments say.
 */
import type { Expression, SqlBool } from 'kysely';
import type { Actor } from '../../actor.ts';
import type { Writer } from '../dialects.ts';
import { newId, type WithId } from '../ids.ts';
import type { Change, Statement } from '../store.ts';
import type { Managed, ManagedTable, Tables } from '../tables.ts';
import { allOf, equals } from './conditions.ts';
import { inPages, type Listing } from './listing.ts';
import { type Query, query } from './query.ts';

/** What a row says beside what every managed row has. */
export type Values<Row> = Omit<Row, keyof Managed>;

export interface ManagedQueries<Row extends Managed> {
  readonly get: Query<string, Row>;
  readonly list: Query<Listing<Row>, Row>;
  /** All with these values, by id, `ROWS_MAX` at most: what belongs to one object. */
  readonly having: Query<Partial<Row>, Row>;
  /** A row as it will be, with a new id. */
  fresh(actor: Actor, values: Values<Row>, atMs: number): Row;
  insert(actor: Actor, row: Row): Change;
  /** Without a version, what is there now is changed. */
  update(actor: Actor, change: Update<Row>): Change;
  remove(actor: Actor, which: Which): Change;
  /** Those with these values, any number of them. */
  removeHaving(actor: Actor, equal: Partial<Row>): Change;
}

export interface Which {
  readonly id: string;
  readonly version?: number | undefined;
}

export interface Update<Row> extends Which {
  readonly set: Partial<Values<Row>>;
  readonly atMs: number;
}

export const ROWS_MAX = 10_000;

/** `sample` and `listings` are for the page of the SQL: a listing for each shape beside the usual ones. */
export function managed<Name extends ManagedTable & WithId>(
  table: Name,
  sample: Values<Tables[Name]>,
  listings: readonly Listing<Tables[Name]>[] = [],
): ManagedQueries<Tables[Name]> {
  type Row = Tables[Name];
  const samples = { ...samplesOf<Row>(sample), listings };
  const statements = { ...readsOf(table, samples), ...changesOf(table, samples) };
  return {
    get: statements.get,
    list: statements.list,
    having: statements.having,
    fresh: (actor, values, atMs) => freshRow<Row>(table, actor, values, atMs),
    insert: (actor, row) => once(statements.insert(actor, row), 'conflict'),
    update: (actor, change) => guarded(statements.update(actor, change), change),
    remove: (actor, which) => guarded(statements.remove(actor, which), which),
    removeHaving: (actor, equal) => ({ statement: statements.removeHaving(actor, equal) }),
  };
}

function freshRow<Row extends Managed>(table: WithId, actor: Actor, values: Values<Row>, atMs: number): Row {
  const own = { id: newId(table), organisation: actor.organisation, version: 1, createdAtMs: atMs, updatedAtMs: atMs };
  // `Values` is `Row` without what stands in `own`.
  return { ...values, ...own } as unknown as Row;
}

function once(statement: Statement, as: 'conflict' | 'not_found' | 'changed_meanwhile'): Change {
  return { statement, rows: { count: 1, as } };
}

function guarded(statement: Statement, { version }: Which): Change {
  return once(statement, version === undefined ? 'not_found' : 'changed_meanwhile');
}

/** All managed tables have the columns of this one that are named here; what else a row has goes through by name. */
type AnyTable = 'organisations';

/** One query of this table. What Kysely knows of the row is that of `AnyTable`; what comes is `Row`. */
function named<Args, Result>(
  name: string,
  build: (db: Writer, actor: Actor, args: Args) => unknown,
  samples: readonly Args[],
): Query<Args, Result> {
  return query<Args, Result>(name, build as never, samples);
}

function readsOf<Row extends Managed>(name: ManagedTable, { some, column, listings }: Samples<Row>) {
  const table = name as AnyTable;
  const contains = { columns: [column], text: 'a_b' };
  const position = { after: { value: 1, id: 'id' }, equal: some, contains };
  return {
    get: named<string, Row>(`${name}.get`, (db, actor, id) => selected(db, table, actor).where('id', '=', id), ['id']),
    list: named<Listing<Row>, Row>(
      `${name}.list`,
      (db, actor, listing) => inPages(selected(db, table, actor), listing),
      [
        { limit: 50, sort: { field: 'createdAtMs', descending: false } },
        { limit: 50, sort: { field: 'createdAtMs', descending: true }, ...position },
        ...listings,
      ],
    ),
    having: named<Partial<Row>, Row>(
      `${name}.having`,
      (db, actor, equal) =>
        selected(db, table, actor)
          .where(allOf(equals(equal)))
          .orderBy('id')
          .limit(ROWS_MAX),
      [some],
    ),
  };
}

function changesOf<Row extends Managed>(name: ManagedTable, { some, full }: Samples<Row>) {
  const table = name as AnyTable;
  const set = some as Partial<Values<Row>>;
  return {
    insert: named<Row, unknown>(
      `${name}.insert`,
      (db, actor, row) => db.insertInto(table).values({ ...row, organisation: actor.organisation } as never),
      [full],
    ),
    update: named<Update<Row>, unknown>(`${name}.update`, (db, actor, change) => updated(db, table, actor, change), [
      { id: 'id', version: 1, set, atMs: 1 },
      { id: 'id', set, atMs: 1 },
    ]),
    remove: named<Which, unknown>(
      `${name}.remove`,
      (db, actor, which) => removed(db, table, actor).where(allOf(known(which))),
      [{ id: 'id', version: 1 }, { id: 'id' }],
    ),
    removeHaving: named<Partial<Row>, unknown>(
      `${name}.removeHaving`,
      (db, actor, equal) => removed(db, table, actor).where(allOf(atLeastOne(equals(equal)))),
      [some],
    ),
  };
}

interface Samples<Row> {
  readonly listings: readonly Listing<Row>[];
  readonly column: keyof Row & string;
  readonly some: Partial<Row>;
  readonly full: Row;
}

/** The first column that is the table's own stands for all. */
function samplesOf<Row extends Managed>(sample: Values<Row>): Omit<Samples<Row>, 'listings'> {
  const own = { id: 'id', organisation: 'other', version: 1, createdAtMs: 1, updatedAtMs: 1 };
  const full = { ...sample, ...own } as unknown as Row;
  const column = Object.keys(sample)[0] as keyof Row & string;
  return { column, some: { [column]: full[column] } as unknown as Partial<Row>, full };
}

function selected(db: Writer, table: AnyTable, actor: Actor) {
  return db.selectFrom(table).selectAll().where('organisation', '=', actor.organisation);
}

function removed(db: Writer, table: AnyTable, actor: Actor) {
  return db.deleteFrom(table).where('organisation', '=', actor.organisation);
}

function updated<Row>(db: Writer, table: AnyTable, actor: Actor, { set, atMs, ...which }: Update<Row>) {
  return db
    .updateTable(table)
    .set(set as never)
    .set((eb) => ({ version: eb('version', '+', 1), updatedAtMs: atMs }))
    .where('organisation', '=', actor.organisation)
    .where(allOf(known(which)));
}

function known({ id, version }: Which): Expression<SqlBool>[] {
  return equals({ id, version });
}

/** Nobody deletes a whole table by an argument that was left out. */
function atLeastOne(conditions: Expression<SqlBool>[]): Expression<SqlBool>[] {
  if (conditions.length === 0) throw new TypeError('Rows of a table are deleted by some value, not all of them.');
  return conditions;
}
