/*
 * What one server has of one kind, as an endpoint names it, whoever asks: public names, targets and, in rows, ready bytes.
 *
 * It is made from one list of one server and kept until that list is another one. What is decided about a caller only leaves
 * entries out (share.ts), so that all callers have this together.
 */
import type { Target } from '../../model/call.ts';
import {
  ENTRY_KINDS,
  type Entry,
  type EntryKind,
  type EntryList,
  type ServerCatalogue,
} from '../../model/catalogue.ts';
import { type Offered, Row } from './chunk.ts';
import type { RightsPlace } from './decision.ts';
import { entryLength } from './entry-bytes.ts';
import { toolAddress } from './filter.ts';
import { skeletonOf } from './look-alike.ts';
import { toolEdits } from './mapped.ts';
import { type NamingRule, publicKey } from './naming.ts';

const ROW_ENTRIES_MAX = 100;
const ROW_BYTES_MAX = 64 * 1024;

export class Stock {
  readonly from: EntryList;
  readonly kind: EntryKind;
  readonly server: string;
  readonly offered: readonly Offered[];
  /** The first that has the name. */
  readonly byKey: ReadonlyMap<string, Offered>;
  /** All that have it, where those are several. */
  readonly namesakes: ReadonlyMap<string, readonly Offered[]>;
  #rows: readonly Row[] | undefined;

  constructor(place: RightsPlace, kind: EntryKind, from: EntryList) {
    const byKey = new Map<string, Offered>();
    const namesakes = new Map<string, Offered[]>();
    this.offered = from.entries.map((entry, at) => {
      const made = offer(place, kind, entry, at);
      const first = byKey.get(made.key);
      if (first) namesakes.set(made.key, [...(namesakes.get(made.key) ?? [first]), made]);
      else byKey.set(made.key, made);
      return made;
    });
    this.from = from;
    this.kind = kind;
    this.server = place.server.name;
    this.byKey = byKey;
    this.namesakes = namesakes;
  }

  get rows(): readonly Row[] {
    this.#rows ??= inRows(this.offered);
    return this.#rows;
  }
}

/** Those of one endpoint. */
export class Stocks {
  readonly #byServer = new Map<string, WeakMap<EntryList, Stock>>();

  of(place: RightsPlace, kind: EntryKind, from: EntryList): Stock {
    // Nothing is the same list for all servers.
    const name = `${kind} ${place.server.name}`;
    const stocks = this.#byServer.get(name) ?? new WeakMap<EntryList, Stock>();
    this.#byServer.set(name, stocks);
    const stock = stocks.get(from) ?? new Stock(place, kind, from);
    stocks.set(from, stock);
    return stock;
  }

  prepare(place: RightsPlace, lists: ServerCatalogue['lists']): void {
    for (const kind of ENTRY_KINDS) void this.of(place, kind, lists[kind]).rows;
  }
}

function offer({ endpoint, server }: RightsPlace, kind: EntryKind, entry: Entry, at: number): Offered {
  const change = kind === 'tools' ? endpoint.tools?.changes.get(toolAddress(server.name, entry.key)) : undefined;
  const key = change?.name ?? publicKey(endpoint, kind, server.name, entry.key);
  const { headerParams, outputWrapped } = entry;
  const target: Target = { kind, server: server.name, key: entry.key, headerParams, outputWrapped };
  const skeleton = namesMeet(endpoint, kind) ? skeletonOf(entry.key) : '';
  const app = toolEdits(endpoint.naming, server.name, entry);
  return { key, target, entry, change, skeleton, app, at };
}

/** Whether two servers can have the same name here, but for names that an operator gave. */
export function namesMeet({ naming }: NamingRule, kind: EntryKind): boolean {
  return (naming === 'plain' || naming === 'merged') && (kind === 'tools' || kind === 'prompts');
}

function inRows(offered: readonly Offered[]): readonly Row[] {
  const rows: Row[] = [];
  let from = 0;
  let length = 0;
  offered.forEach((one, at) => {
    const more = entryLength(one, 'newer');
    if (at > from && (at - from >= ROW_ENTRIES_MAX || length + 1 + more > ROW_BYTES_MAX)) {
      rows.push(new Row(offered.slice(from, at)));
      from = at;
      length = 0;
    }
    length += (at > from ? 1 : 0) + more;
  });
  if (offered.length > from) rows.push(new Row(offered.slice(from)));
  return rows;
}
