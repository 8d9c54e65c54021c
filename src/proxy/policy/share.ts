/*
 * What callers with the same rights have of one server's list: which entries are theirs, and why the others are not.
 *
 * An entry is decided about when it is named, all of them when they are listed. What is decided here is only who may; names
 * and bytes are everybody's (stock.ts).
 */
import { LOCAL_REQUEST, type Target } from '../../model/call.ts';
import type { EntryKind } from '../../model/catalogue.ts';
import { REVISIONS } from '../../model/revision.ts';
import { Chunk, type Offered, type Row } from './chunk.ts';
import { decide, type Refusal, shown } from './decide.ts';
import type { Conditional, Decision, RefusedBy, RequestAbout, Rights, RightsPlace } from './decision.ts';
import type { Stock } from './stock.ts';

/** What a name stands for. Its decision is never a `no`. */
export interface Admitted {
  readonly target: Target;
  readonly decision: Decision;
  /** `merged` only: all who have it, in order. */
  readonly owners?: readonly Admitted[];
}

/** Why an entry of a server is not offered, for operators. */
export interface Withheld {
  readonly server: string;
  readonly kind: EntryKind;
  /** As the server calls it. */
  readonly key: string;
  readonly reason: RefusedBy | 'name_conflict';
  readonly why: string;
}

/** Nothing is kept out. */
export const NOTHING: ReadonlySet<Offered> = new Set();

export class Share {
  readonly stock: Stock;
  readonly #place: RightsPlace;
  readonly #rights: Rights;
  /** By place in the stock. */
  #decisions: (Decision | undefined)[] | undefined;
  #usable: readonly Offered[] | undefined;
  #withheld: readonly Withheld[] = [];
  #isVolatile = false;
  #chunks: { readonly without: string; readonly chunks: readonly Chunk[] } | undefined;

  constructor(place: RightsPlace, rights: Rights, stock: Stock) {
    this.stock = stock;
    this.#place = place;
    this.#rights = rights;
  }

  get server(): string {
    return this.stock.server;
  }

  get(name: string): Admitted | undefined {
    const offered = this.#named(name);
    return offered && this.admitted(offered);
  }

  /** Why a name that is here is not this caller's. */
  refused(name: string): Refusal | undefined {
    const offered = this.stock.byKey.get(name);
    const decision = offered && this.#decisionOn(offered);
    return decision?.answer === 'no' ? decision : undefined;
  }

  admitted(offered: Offered): Admitted {
    return { target: offered.target, decision: this.#decisionOn(offered) };
  }

  *[Symbol.iterator](): Iterator<readonly [string, Admitted]> {
    for (const offered of this.usable) yield [offered.key, this.admitted(offered)];
  }

  /** Every entry has been decided about. */
  get isDecided(): boolean {
    return this.#usable !== undefined;
  }

  get usable(): readonly Offered[] {
    this.#usable ??= this.#decideAll();
    return this.#usable;
  }

  get withheld(): readonly Withheld[] {
    return this.usable && this.#withheld;
  }

  /** Time, address, header fields or door have a say in what is listed. */
  get isVolatile(): boolean {
    return this.usable && this.#isVolatile;
  }

  /** The share without what other servers' names keep out of the list. */
  chunks(without: ReadonlySet<Offered>): readonly Chunk[] {
    const key = without.size === 0 ? '' : JSON.stringify([...without].map((offered) => offered.key));
    if (this.#chunks?.without !== key) this.#chunks = { without: key, chunks: this.#cut(without) };
    return this.#chunks.chunks;
  }

  #cut(without: ReadonlySet<Offered>): readonly Chunk[] {
    const { rows, offered } = this.stock;
    const isAll = without.size === 0 && this.usable.length === offered.length && !this.#isVolatile;
    if (isAll) return rows.map(({ whole }) => whole);
    const listed = new Set(this.usable);
    for (const kept of without) listed.delete(kept);
    return rows.flatMap((row) => this.#chunkOf(row, listed));
  }

  #chunkOf(row: Row, listed: ReadonlySet<Offered>): readonly Chunk[] {
    const places: number[] = [];
    const open = new Map<number, Conditional>();
    row.offered.forEach((offered, place) => {
      if (!listed.has(offered)) return;
      places.push(place);
      const decision = this.#isVolatile ? this.#decisionOn(offered) : undefined;
      if (decision?.answer === 'ask' && decision.volatile) open.set(place, decision);
    });
    if (places.length === 0) return [];
    const isWhole = places.length === row.offered.length;
    if (isWhole && open.size === 0) return [row.whole];
    return [new Chunk(row, isWhole ? undefined : places, open)];
  }

  /** The first of that name that may be used. */
  #named(name: string): Offered | undefined {
    const first = this.stock.byKey.get(name);
    if (!first || this.#isUsable(first)) return first;
    return this.stock.namesakes.get(name)?.find((offered) => this.#isUsable(offered));
  }

  #isUsable(offered: Offered): boolean {
    return this.#decisionOn(offered).answer !== 'no';
  }

  #decideAll(): readonly Offered[] {
    const { offered, namesakes, kind, server } = this.stock;
    const withheld: Withheld[] = [];
    const usable: Offered[] = [];
    for (const one of offered) {
      const decision = this.#decisionOn(one);
      if (decision.answer === 'no') {
        withheld.push({ server, kind, key: one.target.key, reason: decision.reason, why: decision.rule });
      } else if (namesakes.has(one.key) && this.#named(one.key) !== one) {
        withheld.push(conflict(one, 'another entry of this server has this name'));
      } else {
        usable.push(one);
        if (decision.answer === 'ask' && decision.volatile) this.#isVolatile = true;
      }
    }
    this.#withheld = withheld;
    return usable;
  }

  #decisionOn(offered: Offered): Decision {
    this.#decisions ??= new Array<Decision | undefined>(this.stock.offered.length);
    const known = this.#decisions[offered.at];
    if (known) return known;
    const decision = this.#decide(offered.target);
    this.#decisions[offered.at] = decision;
    return decision;
  }

  /** What no arguments would bring about is a no at once. */
  #decide({ kind, key }: Target): Decision {
    const decision = decide(this.#rights, this.#place, kind, key);
    if (decision.answer !== 'ask' || decision.volatile) return decision;
    const ever = shown(decision, () => ANY_REQUEST, kind);
    return ever.answer === 'no' ? ever : decision;
  }
}

/** Stands for all of them where nothing about a request is looked at. */
const ANY_REQUEST: RequestAbout = {
  request: LOCAL_REQUEST,
  door: 'mcp-http',
  revision: REVISIONS[0],
  method: 'tools/list',
  nowMs: 0,
};

export function conflict({ target }: Offered, why: string): Withheld {
  const { server, kind, key } = target;
  return { server, kind, key, reason: 'name_conflict', why };
}
