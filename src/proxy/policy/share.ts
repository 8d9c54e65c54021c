/*
 * One server's share of one list of an endpoint: what of it is offered here, under which names, and its ready bytes.
 *
 * A share is made from one list of one server and from what was decided about it, and kept until one of these changes: a
 * hundred servers behind an endpoint are a hundred shares, and one that changes makes only its own anew. The bytes are
 * made when they are first listed, in chunks, so that no view is ever built in one long breath.
 */
import type { Target } from '../../model/call.ts';
import type { Entry, EntryKind, EntryList } from '../../model/catalogue.ts';
import { decide, type Place, toolAddress } from './decide.ts';
import { entryBytes, entryLength, type Reader, type Shown } from './entry-bytes.ts';
import { skeletonOf } from './look-alike.ts';
import { toolEdits } from './mapped.ts';
import { type NamingRule, publicKey } from './naming.ts';

const CHUNK_ENTRIES_MAX = 100;
const CHUNK_BYTES_MAX = 64 * 1024;

export interface Admitted {
  readonly target: Target;
  readonly rule: string;
  /** `merged` only: all who have it, in order. */
  readonly owners?: readonly Target[];
}

/** An entry under its public name. */
export interface Offered extends Admitted, Shown {
  /** Of the server's own name, where names of several servers meet; else `''`. */
  readonly skeleton: string;
}

/** Why an entry of a server is not offered, for operators. */
export interface Withheld {
  readonly server: string;
  readonly kind: EntryKind;
  /** As the server calls it. */
  readonly key: string;
  readonly reason: 'filtered' | 'name_conflict';
  readonly why: string;
}

/** Some entries in a row, with commas between them. */
export class Chunk {
  readonly count: number;
  readonly length: number;
  /** The same entries as older clients read them; mostly this one. */
  readonly older: Chunk;
  readonly #offered: readonly Offered[];
  readonly #reader: Reader;
  #bytes: Buffer | undefined;

  constructor(offered: readonly Offered[], length: number, reader: Reader = 'newer') {
    this.count = offered.length;
    this.length = length;
    this.#offered = offered;
    this.#reader = reader;
    const isSame = reader === 'older' || offered.every(({ entry }) => entry.older.length === 0);
    this.older = isSame ? this : new Chunk(offered, lengthOf(offered, 'older'), 'older');
  }

  get bytes(): Buffer {
    this.#bytes ??= joined(this.#offered.map((one) => entryBytes(one, this.#reader)));
    return this.#bytes;
  }
}

function lengthOf(offered: readonly Offered[], reader: Reader): number {
  return offered.reduce((sum, one) => sum + entryLength(one, reader), offered.length - 1);
}

/** Nothing is kept out. */
export const NOTHING: ReadonlySet<Offered> = new Set();

export class Share {
  readonly server: string;
  readonly from: EntryList;
  readonly offered: readonly Offered[];
  readonly byKey: ReadonlyMap<string, Offered>;
  readonly withheld: readonly Withheld[];
  #chunks: { readonly without: string; readonly chunks: readonly Chunk[] } | undefined;

  constructor(place: Place, kind: EntryKind, from: EntryList) {
    const byKey = new Map<string, Offered>();
    const withheld: Withheld[] = [];
    for (const entry of from.entries) {
      const made = offer(place, kind, entry);
      if ('reason' in made) withheld.push(made);
      else if (byKey.has(made.key)) withheld.push(conflict(made, 'another entry of this server has this name'));
      else byKey.set(made.key, made);
    }
    this.server = place.server.name;
    this.from = from;
    this.offered = [...byKey.values()];
    this.byKey = byKey;
    this.withheld = withheld;
  }

  /** The share without what other servers' names keep out of the list. */
  chunks(without: ReadonlySet<Offered>): readonly Chunk[] {
    const key = without.size === 0 ? '' : JSON.stringify([...without].map((offered) => offered.key));
    if (this.#chunks?.without !== key) {
      const listed = without.size === 0 ? this.offered : this.offered.filter((offered) => !without.has(offered));
      this.#chunks = { without: key, chunks: chunked(listed) };
    }
    return this.#chunks.chunks;
  }
}

function offer(place: Place, kind: EntryKind, entry: Entry): Offered | Withheld {
  const { endpoint, server } = place;
  const { allow, rule } = decide(place, kind, entry.key);
  if (!allow) return { server: server.name, kind, key: entry.key, reason: 'filtered', why: rule };
  const change = kind === 'tools' ? endpoint.tools?.changes.get(toolAddress(server.name, entry.key)) : undefined;
  const key = change?.name ?? publicKey(endpoint, kind, server.name, entry.key);
  const { headerParams, outputWrapped } = entry;
  const target: Target = { kind, server: server.name, key: entry.key, headerParams, outputWrapped };
  const skeleton = namesMeet(endpoint, kind) ? skeletonOf(entry.key) : '';
  const app = toolEdits(endpoint.naming, server.name, entry);
  return { key, target, rule, entry, change, skeleton, app };
}

/** Whether two servers can have the same name here, but for names that an operator gave. */
export function namesMeet({ naming }: NamingRule, kind: EntryKind): boolean {
  return (naming === 'plain' || naming === 'merged') && (kind === 'tools' || kind === 'prompts');
}

export function conflict({ target }: Offered, why: string): Withheld {
  const { server, kind, key } = target;
  return { server, kind, key, reason: 'name_conflict', why };
}

function chunked(offered: readonly Offered[]): readonly Chunk[] {
  const chunks: Chunk[] = [];
  let from = 0;
  let length = 0;
  offered.forEach((one, at) => {
    const more = entryLength(one, 'newer');
    if (at > from && (at - from >= CHUNK_ENTRIES_MAX || length + 1 + more > CHUNK_BYTES_MAX)) {
      chunks.push(new Chunk(offered.slice(from, at), length));
      from = at;
      length = 0;
    }
    length += (at > from ? 1 : 0) + more;
  });
  if (offered.length > from) chunks.push(new Chunk(offered.slice(from), length));
  return chunks;
}

function joined(entries: readonly Buffer[]): Buffer {
  if (entries.length === 1 && entries[0]) return entries[0];
  return Buffer.concat(entries.flatMap((entry, at) => (at === 0 ? [entry] : [COMMA, entry])));
}
const COMMA = Buffer.from(',');
