/*
 * The access rules of a snapshot as they are for those who act in one organisation, made ready: policies in order, whom they
 * mean, and per place what is about it. Everybody of the organisation shares this.
 */
import { BUILT_IN_ROLES, type Pattern, type RoleDefinition } from '../../model/access.ts';
import { ENTRY_KINDS, type EntryKind } from '../../model/catalogue.ts';
import type { Overlay } from '../../model/overlay.ts';
import type { EndpointDefinition, ServerDefinition, Snapshot } from '../../model/snapshot.ts';
import type { RightsPlace } from './decision.ts';
import { inOrder, type Locals, localsAt, type Policy } from './policies.ts';
import { isAbout, patternsFor } from './scope.ts';
import { PermissionsOfServer } from './scope-permissions.ts';
import { isDisabled } from './switched.ts';
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
  readonly disabled: boolean;
  /** Tools that are switched off, by their address. */
  readonly killed: Overlay['tools'];
  readonly roles: readonly RolePermission[];
  readonly policies: Readonly<Record<EntryKind, Locals>>;
  readonly permissions: PermissionsOfServer | undefined;
}

export class OrganisationRules {
  readonly name: string | undefined;
  readonly policies: readonly Policy[];
  readonly meant: WhoIndex;
  readonly excepted: WhoIndex;
  /** Of servers here. */
  readonly owners: ReadonlySet<string>;
  /** Names of roles that mean something. */
  readonly roles: ReadonlySet<string>;
  /** Scopes that mean something beside what policies say of them. */
  readonly scopes: ReadonlySet<string>;
  /** Members of the principal that conditions look at; `*` for all. */
  readonly reads: ReadonlySet<string>;
  /** What roles there are here, by the name under which the snapshot has them. */
  readonly #defined: readonly (readonly [string, RoleDefinition])[];
  readonly #snapshot: Snapshot;
  readonly #places = new WeakMap<EndpointDefinition, WeakMap<ServerDefinition, PlaceRules>>();

  constructor(snapshot: Snapshot, name: string | undefined) {
    const { access, servers, endpoints } = snapshot;
    const mine = [...servers.values()].filter(({ organisation }) => organisation === name);
    const { entries = new Map(), defaultScope = null } = access.permissions ?? {};
    this.#snapshot = snapshot;
    this.name = name;
    this.policies = inOrder(access.policies.filter(({ organisation }) => organisation === name));
    this.meant = new WhoIndex(this.policies.map(({ definition }) => definition.who));
    this.excepted = new WhoIndex(this.policies.map(({ definition }) => definition.exceptWho));
    this.reads = new Set(this.policies.flatMap(({ condition }) => [...(condition?.reads.principal ?? [])]).sort());
    this.owners = new Set(mine.flatMap(({ owner }) => owner ?? []));
    this.#defined = [...access.roles].filter(
      ([, role]) => role.organisation === undefined || role.organisation === name,
    );
    this.roles = new Set([...BUILT_IN_ROLES, ...this.#defined.map(([, role]) => role.name)]);
    const supported = [...endpoints.values()].flatMap(({ scopesSupported }) => scopesSupported);
    this.scopes = new Set([...entries.values()].flat().concat(defaultScope ?? [], supported));
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
    const { access, overlay } = this.#snapshot;
    return {
      place: { endpoint, server },
      foreign: this.#isForeign(place),
      absent: !endpoint.servers.includes(server.name),
      disabled: isDisabled(overlay, server),
      killed: overlay.tools,
      roles: this.#defined.flatMap(([known, { name, permissions }]) =>
        permissions.flatMap((scope, at) =>
          isAbout(scope, place)
            ? { role: name, rule: `access.roles.${known}[${at}]`, patterns: byKind((kind) => patternsFor(scope, kind)) }
            : [],
        ),
      ),
      policies: byKind((kind) => localsAt(this.policies, place, kind)),
      permissions: access.permissions && new PermissionsOfServer(access.permissions, server.name),
    };
  }

  /** `/mcp` is everybody's, and a server's own endpoint goes with its server (design §5, Organisations). */
  #isForeign({ endpoint, server }: RightsPlace): boolean {
    const isOwn = endpoint.name === '' || endpoint.naming === 'transparent' || endpoint.organisation === this.name;
    return !isOwn || (server.organisation !== this.name && server.visibility !== 'shared');
  }
}

export function byKind<T>(of: (kind: EntryKind) => T): Readonly<Record<EntryKind, T>> {
  return Object.fromEntries(ENTRY_KINDS.map((kind) => [kind, of(kind)])) as Record<EntryKind, T>;
}
