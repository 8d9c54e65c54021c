/*
 * Reads out of the store what is published: all of it, or the rows that were touched. One reading is of one moment.
 */
import { PUBLISHED_TABLES, type PublishedTable, published } from '../store/queries/published.ts';
import type { Statement, Store, Touched } from '../store/store.ts';
import type { RowChange } from './rows.ts';

type Row = { readonly id: string };

/** So many ids in one statement; databases have a limit for that. */
const IDS_MAX = 500;

export async function readAllRows(store: Pick<Store, 'readAll'>): Promise<readonly RowChange[]> {
  const answers = await store.readAll(PUBLISHED_TABLES.map((table) => published[table].all() as Statement<Row>));
  return answers.flatMap((rows, at) => rows.map((row) => changeOf(PUBLISHED_TABLES[at], row.id, row)));
}

/** Ids by table, of those that are published. */
export type TouchedRows = ReadonlyMap<PublishedTable, ReadonlySet<string>>;

/** What is not there any more is told as gone. */
export async function readRows(store: Pick<Store, 'readAll'>, touched: TouchedRows): Promise<readonly RowChange[]> {
  const asked = [...touched].flatMap(([table, ids]) => pieces([...ids]).map((piece) => ({ table, ids: piece })));
  const answers = await store.readAll(asked.map(({ table, ids }) => published[table].byIds(ids) as Statement<Row>));
  return asked.flatMap(({ table, ids }, at) => {
    const found = new Map(answers[at]?.map((row) => [row.id, row]));
    return ids.map((id) => changeOf(table, id, found.get(id)));
  });
}

const TABLES: ReadonlySet<string> = new Set(PUBLISHED_TABLES);

export function isPublished(kind: Touched['kind']): kind is PublishedTable {
  return TABLES.has(kind);
}

function changeOf(table: PublishedTable | undefined, id: string, row: Row | undefined): RowChange {
  return { table, id, row } as unknown as RowChange;
}

function pieces(ids: readonly string[]): readonly (readonly string[])[] {
  const count = Math.ceil(ids.length / IDS_MAX);
  return Array.from({ length: count }, (_, at) => ids.slice(at * IDS_MAX, (at + 1) * IDS_MAX));
}
