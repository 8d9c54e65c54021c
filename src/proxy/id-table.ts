/*
 * What is in flight, by an id of ours: a small open-addressed table.
 *
 * Not a `Map`: entries that come and go make V8 replace the map's table every few calls, each old table keeps its last
 * entries and points to the next one, and once one of them has aged the whole chain is garbage that only a full
 * collection frees. Measured: 4 of 16 MB survived every scavenge, a third of the CPU time of a call (bench/README.md).
 * Here a slot is written and cleared in place.
 *
 *   slot of id = id mod capacity, else the next free one; removing moves later ones of the same run back
 *
 * Ids are whole numbers ≥ 0. Half of the slots stay free, so a run is short.
 */
const FREE = -1;

function isId(id: number): boolean {
  return Number.isSafeInteger(id) && id >= 0;
}

export class IdTable<Value> {
  #ids: number[] = new Array(64).fill(FREE);
  #values: (Value | undefined)[] = new Array(64).fill(undefined);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Servers say ids too: what is no whole number ≥ 0 was never ours. */
  get(id: number): Value | undefined {
    return isId(id) ? this.#values[this.#slotOf(id)] : undefined;
  }

  has(id: number): boolean {
    return isId(id) && this.#ids[this.#slotOf(id)] === id;
  }

  set(id: number, value: Value): void {
    if (!isId(id)) throw new RangeError(`${id} is no id`);
    if ((this.#size + 1) * 2 > this.#ids.length) this.#grow();
    const slot = this.#slotOf(id);
    if (this.#ids[slot] === FREE) this.#size += 1;
    this.#ids[slot] = id;
    this.#values[slot] = value;
  }

  delete(id: number): boolean {
    if (!this.has(id)) return false;
    const slot = this.#slotOf(id);
    this.#size -= 1;
    this.#close(slot);
    return true;
  }

  clear(): void {
    this.#ids.fill(FREE);
    this.#values.fill(undefined);
    this.#size = 0;
  }

  values(): Value[] {
    return this.#ids.flatMap((id, slot) => (id === FREE ? [] : [this.#values[slot] as Value]));
  }

  /** Where `id` is, or the free slot that ends its run. */
  #slotOf(id: number): number {
    const ids = this.#ids;
    const last = ids.length - 1;
    let slot = id % ids.length;
    while (ids[slot] !== FREE && ids[slot] !== id) slot = slot === last ? 0 : slot + 1;
    return slot;
  }

  /** Moves whatever the gap would make unreachable into it, until the run ends (Knuth, TAOCP 6.4, algorithm R). */
  #close(slot: number): void {
    const ids = this.#ids;
    const size = ids.length;
    let gap = slot;
    for (let at = (slot + 1) % size; ids[at] !== FREE; at = (at + 1) % size) {
      const distance = (at - ((ids[at] as number) % size) + size) % size;
      if (distance < (at - gap + size) % size) continue;
      ids[gap] = ids[at] as number;
      this.#values[gap] = this.#values[at];
      gap = at;
    }
    ids[gap] = FREE;
    this.#values[gap] = undefined;
  }

  #grow(): void {
    const entries = this.#ids.map((id, slot) => [id, this.#values[slot]] as const).filter(([id]) => id !== FREE);
    this.#ids = new Array(this.#ids.length * 2).fill(FREE);
    this.#values = new Array(this.#ids.length).fill(undefined);
    this.#size = 0;
    for (const [id, value] of entries) this.set(id, value as Value);
  }
}
