/*
 * Who is who by the word of the store: its users, their API keys, and what claims were mapped to. Beside `identity.ts`,
 * which is the file's word, because these are many and change one at a time: a credential that rests on them is judged by
 * the rows it rests on, and a change of another row costs it nothing.
 */
import type { Mapped } from './identity.ts';
import type { Reach } from './principal.ts';
import { emptyTable, type Table } from './table.ts';

export interface StoredUser {
  readonly name: string;
  readonly disabled: boolean;
  /** Organisation → roles there. Who is in none can do nothing. */
  readonly memberships: ReadonlyMap<string, readonly string[]>;
}

export interface StoredKey {
  /** Stands in the key itself, and names the principal: `key:{id}`. */
  readonly id: string;
  readonly sha256: string;
  readonly organisation: string;
  /** The name of its user: it has the roles that they have in `organisation`, at the time of use. */
  readonly user: string;
  /** Undefined for all of those; otherwise the ones of them that it keeps. */
  readonly roles: readonly string[] | undefined;
  readonly reach: Reach | undefined;
  /** What it may do of the admin API. */
  readonly api: readonly ('read' | 'write')[];
  readonly expiresAtMs: number | undefined;
  readonly disabled: boolean;
}

/** Holds where the token acts in `organisation`, and nowhere else: who manages one organisation gives nothing in another. */
export interface StoredMapping {
  readonly organisation: string;
  readonly issuer: string;
  readonly claim: string;
  readonly value: string;
  readonly mapped: Mapped;
}

export interface People {
  /** By name. */
  readonly users: Table<StoredUser>;
  /** By SHA-256 of the key. */
  readonly keys: Table<StoredKey>;
  readonly mappings: readonly StoredMapping[];
}

export const NO_PEOPLE: People = { users: emptyTable(), keys: emptyTable(), mappings: [] };
