/*
 * From the file and the rows to the snapshot: a pure step, of what changed only. Nothing is read here, and nobody is told.
 *
 *   rows that changed, or another file ──▶ what may depend on them is made anew ──▶ the next snapshot
 *
 * What comes out is what a whole rebuild would give, and what did not change is the same object as before, so that what the
 * data plane made of it stays good. A row that cannot be published is told, and takes no other with it.
 */
import type { ConditionFault } from '../../config/access-rules.ts';
import type { Config } from '../../config/config.ts';
import { isServerName } from '../../config/names.ts';
import { type Made, NOTHING_STORED, nextSnapshot, type StoredPart, same, snapshotOf } from '../../config/snapshot.ts';
import { DEFAULT_ORGANISATION } from '../../model/principal.ts';
import type { EndpointDefinition, ServerDefinition, Snapshot } from '../../model/snapshot.ts';
import { PUBLISHED_TABLES, type PublishedTable } from '../store/queries/published.ts';
import type { Vault } from '../vault.ts';
import { StoredGoverned } from './governed.ts';
import { knownEndpoints, knownServers } from './known.ts';
import { StoredNamed } from './named.ts';
import { type Dirty, StoredPeople, type Surroundings } from './people.ts';
import type { Known, Unpublished } from './publisher.ts';
import { keptList } from './remembered.ts';
import { noRows, putRow, type RowChange } from './rows.ts';
import { overlayOf } from './switches.ts';

export interface PublicationParts {
  readonly vault: Pick<Vault, 'open'>;
  readonly conditionFault: ConditionFault;
}

interface Changed extends Dirty {
  readonly tables: ReadonlySet<PublishedTable>;
}

const ALL_TABLES: ReadonlySet<PublishedTable> = new Set(PUBLISHED_TABLES);
const NAMED_BY: readonly PublishedTable[] = ['servers', 'endpoints', 'secrets'];
const GOVERNED_BY: readonly PublishedTable[] = ['roles', 'policies', 'claimMappings'];

export class Publication {
  readonly #rows = noRows();
  readonly #named: StoredNamed;
  readonly #governed: StoredGoverned;
  readonly #people = new StoredPeople();
  #secretsVersion = 0;
  #around: Surroundings;
  #made: Made;

  /** `before`: what the data plane goes by already. */
  constructor({ vault, conditionFault }: PublicationParts, config: Config, before: Snapshot = snapshotOf(config)) {
    this.#named = new StoredNamed(vault);
    this.#governed = new StoredGoverned(conditionFault);
    this.#around = surroundingsOf(config, []);
    this.#made = { config, stored: undefined, snapshot: before };
  }

  get snapshot(): Snapshot {
    return this.#made.snapshot;
  }

  get #stored(): StoredPart {
    return this.#made.stored ?? NOTHING_STORED;
  }

  get config(): Config {
    return this.#made.config;
  }

  servers(): ReadonlyMap<string, Known<ServerDefinition>> {
    return knownServers(this.#made, this.#named.serverRows);
  }

  endpoints(): ReadonlyMap<string, Known<EndpointDefinition>> {
    return knownEndpoints(this.#made, this.#named.endpointRows);
  }

  unpublished(): readonly Unpublished[] {
    return [...this.#named.unpublished, ...this.#governed.unpublished, ...this.#people.unpublished()];
  }

  /** The snapshot after these changes; the same one when they change nothing of it. */
  follow(changes: readonly RowChange[], file: Config = this.config): Snapshot {
    const config = keptConfig(this.config, file);
    const { tables, ...dirty } = this.#put(changes);
    const organisations = this.#organisations(config);
    const around = surroundingsOf(config, organisations);
    const isElsewhere = config !== this.config || organisations !== this.#stored.organisations;
    if (isElsewhere) this.#dirtyBy(around, dirty);
    this.#around = around;
    const touched = isElsewhere ? ALL_TABLES : tables;
    const stored = this.#storedAfter(touched, dirty, organisations, config);
    this.#made = { config, stored, snapshot: nextSnapshot(this.#made, config, stored) };
    return this.snapshot;
  }

  /** Takes the rows, and says who is to be made anew for them. */
  #put(changes: readonly RowChange[]): Changed {
    const changed = { users: new Set<string>(), keys: new Set<string>(), tables: new Set<PublishedTable>() };
    for (const change of changes) {
      const { table, id, row } = change;
      const before = table === 'memberships' ? this.#rows.memberships.get(id) : undefined;
      if (!putRow(this.#rows, change)) continue;
      changed.tables.add(table);
      if (table === 'users') changed.users.add(id);
      if (table === 'apiKeys') changed.keys.add(id);
      if (table === 'memberships') for (const each of [row, before]) if (each) changed.users.add(each.userId);
      if (table === 'secrets') this.#secretsVersion++;
    }
    return changed;
  }

  #organisations({ identity }: Config): readonly string[] {
    const ofFile = new Set([DEFAULT_ORGANISATION, ...identity.organisations]);
    const names = [...this.#rows.organisations.values()].map(({ name }) => name);
    const own = names.filter((name) => isServerName(name) && !ofFile.has(name)).sort();
    return keptList(this.#stored.organisations, own);
  }

  /** The people whom another name of the file, or another organisation, may concern. */
  #dirtyBy(now: Surroundings, { users, keys }: Dirty): void {
    const names = differing(now.users, this.#around.users);
    const keyIds = differing(now.keys, this.#around.keys);
    const organisations = differing(now.organisations, this.#around.organisations);
    if (names.size > 0)
      for (const { id, username } of this.#rows.users.values()) if (names.has(username)) users.add(id);
    if (keyIds.size + organisations.size === 0) return;
    for (const { id, keyId, organisation } of this.#rows.apiKeys.values())
      if (keyIds.has(keyId) || organisations.has(organisation)) keys.add(id);
  }

  #storedAfter(
    touched: ReadonlySet<PublishedTable>,
    dirty: Dirty,
    organisations: readonly string[],
    config: Config,
  ): StoredPart {
    const stored = this.#stored;
    const isTouched = (tables: readonly PublishedTable[]) => tables.some((table) => touched.has(table));
    if (isTouched(NAMED_BY)) this.#named.follow(this.#rows, this.#secretsVersion, config, this.#around.organisations);
    if (isTouched(GOVERNED_BY)) this.#governed.follow(this.#rows, config);
    if (dirty.users.size + dirty.keys.size > 0) this.#people.follow(this.#rows, dirty, this.#around);
    const { servers, endpoints } = this.#named;
    const { roles, policies, mappings } = this.#governed;
    const { users, keys } = this.#people;
    const { people } = stored;
    const isSame = people.users === users && people.keys === keys && people.mappings === mappings;
    return {
      ...{ servers, endpoints, organisations, roles, policies },
      people: isSame ? people : { users, keys, mappings },
      overlay: touched.has('overlay') ? same(stored.overlay, overlayOf(this.#rows.overlay)) : stored.overlay,
    };
  }
}

function surroundingsOf({ identity }: Config, stored: readonly string[]): Surroundings {
  return {
    users: new Set(identity.users.keys()),
    keys: new Set(identity.keys.map(({ id }) => id)),
    organisations: new Set([DEFAULT_ORGANISATION, ...identity.organisations, ...stored]),
  };
}

/** What only one of them has. */
function differing(one: ReadonlySet<string>, other: ReadonlySet<string>): ReadonlySet<string> {
  return new Set([...one, ...other].filter((each) => one.has(each) !== other.has(each)));
}

/** The parts of a file that are what they were are the same objects. */
function keptConfig(before: Config, next: Config): Config {
  if (next === before) return before;
  const kept = { ...next };
  for (const part of ['servers', 'defaults', 'endpoints', 'identity', 'access', 'limits'] as const)
    Object.assign(kept, { [part]: same(before[part], next[part]) });
  return kept;
}
