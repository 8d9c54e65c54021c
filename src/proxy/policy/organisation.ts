/*
 * The access rules of a snapshot as they are for those who act in one organisation, made ready: policies in order, whom they
 * mean, and per place what is about it. Everybody of the organisation shares this, and so do the snapshots of the same access
 * rules: a server that changes costs what is about it alone.
 */
import { type AccessDefinition, BUILT_IN_ROLES, type Pattern, type RoleDefinition } from '../../model/access.ts';
import { ENTRY_KINDS, type EntryKind } from '../../model/catalogue.ts';
import type { Overlay } from '../../model/overlay.ts';
import type { EndpointDefinition, ServerDefinition, Snapshot } from '../../model/snapshot.ts';
import type { RightsPlace } from './decision.ts';
import { ByServer, inOrder, type Locals, localsAt, type Policy } from './policies.ts';
import { isAbout, patternsFor } from './scope.ts';
import { PermissionsOfServer } from './scope-permissions.ts';
import { WhoIndex } from './who.ts';

/** A permission of a role, where it is about a place. */
export interface RolePermission {
  readonly role: string;
  readonly rule: string;
  readonly patterns: Readonly<Record<EntryKind, readonly Pattern[] | undefined>>;
}

/** What the rules say of one server at one endpoint. */
export interface PlaceRules {
  readonly place: RightsPlace;
  /** Why nobody of the organisation finds anything here, whatever else is said: another organisation has it. */
  readonly foreign: boolean;
  /** Why nobody at all does. */
  readonly absent: boolean;
  readonly roles: readonly RolePermission[];
  readonly policies: Readonly<Record<EntryKind, Locals>>;
  readonly permissions: PermissionsOfServer | undefined;
}

/** What depends on access rules alone: it outlives changes of servers, endpoints, people and switches. */
class AccessRules {
  readonly policies: readonly Policy[];
  readonly meant: WhoIndex;
  readonly excepted: WhoIndex;
  readonly reads: ReadonlySet<string>;
  readonly roles: ReadonlySet<string>;
  /** What roles there are here, by the name under which the snapshot has them. */
  readonly #defined: readonly (readonly [string, RoleDefinition])[];
  readonly #access: AccessDefinition;
  readonly #name: string | undefined;
  readonly #byServer: ByServer;
  readonly #places = new WeakMap<EndpointDefinition, WeakMap<ServerDefinition, PlaceRules>>();

  constructor(access: AccessDefinition, name: string | undefined) {
    this.#access = access;
    this.#name = name;
    this.policies = inOrder(access.policies.filter(({ organisation }) => organisation === name));
    this.#byServer = new ByServer(this.policies);
    this.meant = new WhoIndex(this.policies.map(({ definition }) => definition.who));
    this.excepted = new WhoIndex(this.policies.map(({ definition }) => definition.exceptWho));
    this.reads = new Set(this.policies.flatMap(({ condition }) => [...(condition?.reads.principal ?? [])]).sort());
    this.#defined = [...access.roles].filter(
      ([, role]) => role.organisation === undefined || role.organisation === name,
    );
    this.roles = new Set([...BUILT_IN_ROLES, ...this.#defined.map(([, role]) => role.name)]);
  }

  at(place: RightsPlace): PlaceRules {
    const known = this.#places.get(place.endpoint)?.get(place.server);
    if (known) return known;
    const made = this.#make(place);
    const servers = this.#places.get(place.endpoint) ?? new WeakMap();
    this.#places.set(place.endpoint, servers.set(place.server, made));
    return made;
  }

  #make(place: RightsPlace): PlaceRules {
    const { endpoint, server } = place;
    const { permissions } = this.#access;
    const policies = this.#byServer.of(server.name);
    return {
      place: { endpoint, server },
      foreign: this.#isForeign(place),
      absent: !serversOf(endpoint).has(server.name),
      roles: this.#rolesAt(place),
      policies: byKind((kind) => localsAt(policies, place, kind)),
      permissions: permissions && new PermissionsOfServer(permissions, server.name),
    };
  }

  #rolesAt(place: RightsPlace): readonly RolePermission[] {
    return this.#defined.flatMap(([known, { name, permissions }]) =>
      permissions.flatMap((scope, at) =>
        isAbout(scope, place)
          ? { role: name, rule: `access.roles.${known}[${at}]`, patterns: byKind((kind) => patternsFor(scope, kind)) }
          : [],
      ),
    );
  }

  /** `/mcp` is everybody's, and a server's own endpoint goes with its server (design §5, Organisations). */
  #isForeign({ endpoint, server }: RightsPlace): boolean {
    const isOwn = endpoint.name === '' || endpoint.naming === 'transparent' || endpoint.organisation === this.#name;
    return !isOwn || (server.organisation !== this.#name && server.visibility !== 'shared');
  }
}

const serverSets = new WeakMap<EndpointDefinition, ReadonlySet<string>>();

/** Five hundred servers are not looked through five hundred times. */
function serversOf(endpoint: EndpointDefinition): ReadonlySet<string> {
  const known = serverSets.get(endpoint) ?? new Set(endpoint.servers);
  serverSets.set(endpoint, known);
  return known;
}

const shared = new WeakMap<AccessDefinition, Map<string | undefined, AccessRules>>();

function accessRules(access: AccessDefinition, name: string | undefined): AccessRules {
  const known = shared.get(access) ?? new Map<string | undefined, AccessRules>();
  shared.set(access, known);
  const rules = known.get(name) ?? new AccessRules(access, name);
  known.set(name, rules);
  return rules;
}

/** What decisions are made by; nothing that there are many of and that changes more often. */
export type Decided = Pick<Snapshot, 'servers' | 'endpoints' | 'access' | 'overlay'>;

export class OrganisationRules {
  readonly name: string | undefined;
  /** Of servers here. */
  readonly owners: ReadonlySet<string>;
  /** Scopes that mean something beside what policies say of them. */
  readonly scopes: ReadonlySet<string>;
  readonly overlay: Overlay;
  readonly #rules: AccessRules;

  constructor({ access, servers, endpoints, overlay }: Decided, name: string | undefined) {
    const mine = [...servers.values()].filter(({ organisation }) => organisation === name);
    const { entries = new Map(), defaultScope = null } = access.permissions ?? {};
    this.name = name;
    this.overlay = overlay;
    this.#rules = accessRules(access, name);
    this.owners = new Set(mine.flatMap(({ owner }) => owner ?? []));
    const supported = [...endpoints.values()].flatMap(({ scopesSupported }) => scopesSupported);
    this.scopes = new Set([...entries.values()].flat().concat(defaultScope ?? [], supported));
  }

  get policies(): readonly Policy[] {
    return this.#rules.policies;
  }

  get meant(): WhoIndex {
    return this.#rules.meant;
  }

  get excepted(): WhoIndex {
    return this.#rules.excepted;
  }

  /** Names of roles that mean something. */
  get roles(): ReadonlySet<string> {
    return this.#rules.roles;
  }

  /** Members of the principal that conditions look at; `*` for all. */
  get reads(): ReadonlySet<string> {
    return this.#rules.reads;
  }

  at(place: RightsPlace): PlaceRules {
    return this.#rules.at(place);
  }
}

export function byKind<T>(of: (kind: EntryKind) => T): Readonly<Record<EntryKind, T>> {
  return Object.fromEntries(ENTRY_KINDS.map((kind) => [kind, of(kind)])) as Record<EntryKind, T>;
}
