/*
 * What was made of a row, for as long as all that it was made from are the same objects. Goes with its row.
 */
export class Remembered<Row extends object, Made> {
  readonly #made = new WeakMap<Row, { readonly from: readonly unknown[]; readonly made: Made }>();

  of(row: Row, from: readonly unknown[], make: () => Made): Made {
    const known = this.#made.get(row);
    if (known && known.from.length === from.length && known.from.every((each, at) => each === from[at]))
      return known.made;
    const made = make();
    this.#made.set(row, { from, made });
    return made;
  }
}

/** The list before, when this one has the same in the same order. */
export function keptList<Item>(before: readonly Item[], next: readonly Item[]): readonly Item[] {
  return before.length === next.length && next.every((item, at) => item === before[at]) ? before : next;
}
