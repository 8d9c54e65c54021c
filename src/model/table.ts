/*
 * A large map of the snapshot that is changed a little at a time: what is changed stands in a thin layer over what was, so
 * that one key of fifty thousand costs a step of one and not of fifty thousand. Immutable, plain, cloneable.
 */

/** `over` wins; undefined in it is what was taken away. */
export interface Table<Value> {
  readonly base: ReadonlyMap<string, Value>;
  readonly over: ReadonlyMap<string, Value | undefined>;
}

/** The layer is folded into a new base when it is longer than this and than the square root of the base. */
const LAYER_MIN = 64;

const NOTHING: ReadonlyMap<string, undefined> = new Map();

export function emptyTable<Value>(): Table<Value> {
  return { base: new Map(), over: NOTHING };
}

export function tableOf<Value>(entries: Iterable<readonly [string, Value]>): Table<Value> {
  return { base: new Map(entries), over: NOTHING };
}

export function inTable<Value>({ base, over }: Table<Value>, key: string): Value | undefined {
  return over.has(key) ? over.get(key) : base.get(key);
}

/** The table after the changes; undefined takes away. */
export function tableWith<Value>(table: Table<Value>, changes: ReadonlyMap<string, Value | undefined>): Table<Value> {
  if (changes.size === 0) return table;
  const over = new Map([...table.over, ...changes]);
  const next = { base: table.base, over };
  return over.size > Math.max(LAYER_MIN, 2 * Math.sqrt(table.base.size)) ? tableOf(entriesOf(next)) : next;
}

export function* entriesOf<Value>({ base, over }: Table<Value>): Generator<[string, Value]> {
  for (const entry of base) if (!over.has(entry[0])) yield entry;
  for (const [key, value] of over) if (value !== undefined) yield [key, value];
}

export function isEmptyTable(table: Table<unknown>): boolean {
  return entriesOf(table).next().done === true;
}
