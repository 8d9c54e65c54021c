/*
 * The bytes of a list, in pieces: a row is some entries of a server as an endpoint names them, with commas between them,
 * the same for whoever asks; a chunk is what one kind of caller is listed of a row.
 *
 * A caller who may use all of a row shares its bytes with everybody. Else the bytes are cut out of the row's for each
 * answer: that costs one copy, and ten thousand callers keep nothing but which entries are theirs.
 */
import type { Target } from '../../model/call.ts';
import { shown } from './decide.ts';
import type { Conditional, RequestAbout } from './decision.ts';
import { entryBytes, entryLength, type Reader, type Shown } from './entry-bytes.ts';

/** An entry under its public name. */
export interface Offered extends Shown {
  readonly target: Target;
  /** Of the server's own name, where names of several servers meet; else `''`. */
  readonly skeleton: string;
  /** Its place among what its server offers here. */
  readonly at: number;
}

export class Row {
  readonly offered: readonly Offered[];
  readonly length: number;
  /** All of it. */
  readonly whole: Chunk;
  readonly #reader: Reader;
  /** Where each entry ends in the bytes. */
  readonly #ends: readonly number[];
  #older: Row | undefined;
  #bytes: Buffer | undefined;

  /** Never empty. */
  constructor(offered: readonly Offered[], reader: Reader = 'newer') {
    let end = -1;
    this.offered = offered;
    this.#reader = reader;
    this.#ends = offered.map((one) => {
      end += 1 + entryLength(one, reader);
      return end;
    });
    this.length = end;
    this.whole = new Chunk(this);
  }

  /** The same entries as older clients read them; mostly this one. */
  get older(): Row {
    if (this.#reader === 'older') return this;
    const isSame = this.offered.every(({ entry }) => entry.older.length === 0);
    this.#older ??= isSame ? this : new Row(this.offered, 'older');
    return this.#older;
  }

  get bytes(): Buffer {
    this.#bytes ??= joined(this.offered.map((one) => entryBytes(one, this.#reader)));
    return this.#bytes;
  }

  lengthOf(place: number): number {
    return (this.#ends[place] ?? 0) - this.#startOf(place);
  }

  /** Of the entries at these places, which rise. */
  cut(places: readonly number[]): Buffer {
    const runs: Buffer[] = [];
    for (let at = 0; at < places.length; ) {
      const first = places[at] ?? 0;
      let last = first;
      while (places[++at] === last + 1) last += 1;
      runs.push(this.bytes.subarray(this.#startOf(first), this.#ends[last]));
    }
    return joined(runs);
  }

  #startOf(place: number): number {
    return place === 0 ? 0 : (this.#ends[place - 1] ?? 0) + 1;
  }
}

/** Entries of which only the request knows whether they are listed, by their place in the row. */
export type Open = ReadonlyMap<number, Conditional>;

export class Chunk {
  readonly count: number;
  readonly length: number;
  readonly #row: Row;
  /** Undefined for all. */
  readonly #places: readonly number[] | undefined;
  readonly #open: Open;
  #older: Chunk | undefined;

  constructor(row: Row, places?: readonly number[], open: Open = NONE_OPEN) {
    this.#row = row;
    this.#places = places;
    this.#open = open;
    this.count = places?.length ?? row.offered.length;
    this.length = places ? places.reduce((sum, place) => sum + 1 + row.lengthOf(place), -1) : row.length;
  }

  get older(): Chunk {
    const { older } = this.#row;
    if (older === this.#row) return this;
    if (!this.#places && this.#open.size === 0) return older.whole;
    this.#older ??= new Chunk(older, this.#places, this.#open);
    return this.#older;
  }

  /** What may be listed, of which a request may see less. */
  get offered(): readonly Offered[] {
    const { offered } = this.#row;
    return this.#places ? this.#places.flatMap((place) => offered[place] ?? []) : offered;
  }

  get bytes(): Buffer {
    return this.#places ? this.#row.cut(this.#places) : this.#row.bytes;
  }

  /** Empty when this request is listed none of it. */
  bytesFor(about: () => RequestAbout): Buffer {
    if (this.#open.size === 0) return this.bytes;
    const places = this.#places ?? Array.from(this.#row.offered, (_, place) => place);
    return this.#row.cut(places.filter((place) => this.#isListed(place, about)));
  }

  #isListed(place: number, about: () => RequestAbout): boolean {
    const decision = this.#open.get(place);
    const kind = this.#row.offered[place]?.target.kind ?? 'tools';
    return decision === undefined || shown(decision, about, kind).answer !== 'no';
  }
}

const NONE_OPEN: Open = new Map();

function joined(entries: readonly Buffer[]): Buffer {
  if (entries.length === 1 && entries[0]) return entries[0];
  return Buffer.concat(entries.flatMap((entry, at) => (at === 0 ? [entry] : [COMMA, entry])));
}
const COMMA = Buffer.from(',');
