/*
 * Users and keys of the store, a row at a time: there are tens of thousands of them, and one that changes costs what it is
 * itself, and a walk over what may depend on it where its name changes.
 *
 * What cannot be read makes nobody: a key is not taken, and a membership is none.
 */
import { reachOf } from '../../config/resolve-identity.ts';
import { storedApi, storedReach, storedRoles } from '../../config/schema-stored.ts';
import type { StoredKey, StoredUser } from '../../model/people.ts';
import { emptyTable, type Table, tableWith } from '../../model/table.ts';
import type { PublishedRows } from '../store/queries/published.ts';
import type { Unpublished } from './publisher.ts';
import { type Read, readJson } from './readable.ts';
import type { Rows } from './rows.ts';

type KeyRow = PublishedRows['apiKeys'];
type Told = Pick<Unpublished, 'why'>;

/** What of the file, and of other rows, decides about them. */
export interface Surroundings {
  /** Names of the file's users, and ids of its keys. */
  readonly users: ReadonlySet<string>;
  readonly keys: ReadonlySet<string>;
  readonly organisations: ReadonlySet<string>;
}

/** Ids of rows that changed. */
export interface Dirty {
  readonly users: Set<string>;
  readonly keys: Set<string>;
}

export class StoredPeople {
  readonly #users = new Placed<StoredUser>();
  readonly #keys = new Placed<StoredKey>();
  readonly #lists = new ReadOnce();

  get users(): Table<StoredUser> {
    return this.#users.table;
  }

  get keys(): Table<StoredKey> {
    return this.#keys.table;
  }

  unpublished(): readonly Unpublished[] {
    return [...this.#users.unpublished.values(), ...this.#keys.unpublished.values()];
  }

  /** Brings the tables to what the rows say now. */
  follow(rows: Rows, { users, keys }: Dirty, around: Surroundings): void {
    const names = new Map([...users].map((id) => [id, this.#users.placeOf(id)]));
    this.#users.follow(users, this.#usersOf(rows, users, around));
    const renamed = new Set([...names].filter(([id, name]) => this.#users.placeOf(id) !== name).map(([id]) => id));
    if (renamed.size > 0) for (const { id, userId } of rows.apiKeys.values()) if (renamed.has(userId)) keys.add(id);
    this.#keys.follow(keys, (id) => this.#keyOf(rows, id, around));
  }

  #usersOf(rows: Rows, ids: ReadonlySet<string>, around: Surroundings) {
    const memberships = membershipsOf(rows.memberships, ids);
    return (id: string): readonly [string, StoredUser] | undefined => {
      const row = rows.users.get(id);
      if (row === undefined) return undefined;
      const name = row.username;
      const tell = ({ why }: Told) =>
        this.#users.unpublished.set(id, { kind: 'user', id, organisation: '', name, why });
      if (around.users.has(name)) return void tell({ why: 'name_conflict' });
      return [name, { name, disabled: row.disabled !== 0, memberships: this.#roles(memberships.get(id) ?? [], tell) }];
    };
  }

  #roles(rows: readonly PublishedRows['memberships'][], tell: (told: Told) => void): StoredUser['memberships'] {
    const read = rows.map(({ organisation, rolesJson }) => ({
      organisation,
      roles: this.#lists.of(rolesJson, 'roles', (text) => readJson(storedRoles, text, 'roles')),
    }));
    const roles = new Map<string, readonly string[]>();
    for (const { organisation, roles: list } of read) {
      if (list.ok) roles.set(organisation, list.value);
      else tell({ why: `Its membership in ${organisation} cannot be read, and counts as none. ${list.why}` });
    }
    return roles;
  }

  #keyOf(rows: Rows, id: string, around: Surroundings): readonly [string, StoredKey] | undefined {
    const row = rows.apiKeys.get(id);
    if (row === undefined) return undefined;
    const key = this.#read(row, around);
    if (key.ok) return [row.sha256, key.value];
    const { organisation, name } = row;
    this.#keys.unpublished.set(id, { kind: 'key', id, organisation, name, why: key.why });
    return undefined;
  }

  #read(row: KeyRow, around: Surroundings): Read<StoredKey> {
    const user = this.#users.placeOf(row.userId);
    if (around.keys.has(row.keyId)) return { ok: false, why: 'name_conflict' };
    if (user === undefined) return { ok: false, why: 'Its user is not there.' };
    if (!around.organisations.has(row.organisation)) return { ok: false, why: 'Its organisation is not there.' };
    const roles = this.#lists.of(row.rolesJson ?? 'null', 'roles', (text) =>
      readJson(storedRoles.nullable(), text, 'roles'),
    );
    const reach = this.#lists.of(row.reachJson ?? 'null', 'reach', (text) =>
      readJson(storedReach.nullable(), text, 'reach'),
    );
    const api = this.#lists.of(row.apiJson, 'api', (text) => readJson(storedApi, text, 'api'));
    if (!roles.ok || !reach.ok || !api.ok) return [roles, reach, api].find(isFault) ?? UNREADABLE;
    return { ok: true, value: keyOf(row, user, { roles: roles.value, reach: reach.value, api: api.value }) };
  }
}

const UNREADABLE = { ok: false, why: 'It cannot be read.' } as const;

function isFault(read: Read<unknown>): read is Read<never> {
  return !read.ok;
}

interface KeyLists {
  readonly roles: readonly string[] | null;
  readonly reach: ReturnType<typeof storedReach.parse> | null;
  readonly api: StoredKey['api'];
}

function keyOf(row: KeyRow, user: string, { roles, reach, api }: KeyLists): StoredKey {
  return {
    ...{ id: row.keyId, sha256: row.sha256, organisation: row.organisation, user, api },
    roles: roles ?? undefined,
    reach: reach === null ? undefined : reachOf(reach, reach.servers, []),
    expiresAtMs: row.expiresAtMs ?? undefined,
    disabled: row.disabled !== 0,
  };
}

function membershipsOf(rows: Rows['memberships'], users: ReadonlySet<string>) {
  if (users.size === 0) return new Map<string, PublishedRows['memberships'][]>();
  const wanted = [...rows.values()].filter(({ userId }) => users.has(userId));
  return Map.groupBy(wanted, ({ userId }) => userId);
}

/** A table in which each row has one place, and knows it. */
class Placed<Value> {
  readonly unpublished = new Map<string, Unpublished>();
  table: Table<Value> = emptyTable();
  readonly #placeOf = new Map<string, string>();
  readonly #idAt = new Map<string, string>();

  placeOf(id: string): string | undefined {
    return this.#placeOf.get(id);
  }

  /** Takes all of them out first, for two may have changed places with one another. */
  follow(ids: ReadonlySet<string>, make: (id: string) => readonly [string, Value] | undefined): void {
    const changes = new Map<string, Value | undefined>();
    for (const id of ids) {
      const place = this.#placeOf.get(id);
      if (place === undefined || this.#idAt.get(place) !== id) continue;
      changes.set(place, undefined);
      this.#idAt.delete(place);
    }
    for (const id of ids) {
      this.unpublished.delete(id);
      const made = make(id);
      this.#placeOf.delete(id);
      if (made === undefined) continue;
      const [place, value] = made;
      changes.set(place, value);
      this.#placeOf.set(id, place);
      this.#idAt.set(place, id);
    }
    this.table = tableWith(this.table, changes);
  }
}

const TEXTS_MAX = 10_000;

/** Most people have one of a few lists of roles: each text is read once, and they have its value together. */
class ReadOnce {
  readonly #read = new Map<string, Read<unknown>>();

  of<Value>(text: string, kind: string, read: (text: string) => Read<Value>): Read<Value> {
    const name = `${kind} ${text}`;
    const known = this.#read.get(name) as Read<Value> | undefined;
    if (known) return known;
    if (this.#read.size >= TEXTS_MAX) this.#read.clear();
    const value = read(text);
    this.#read.set(name, value);
    return value;
  }
}
