/*
 * What grants something to a principal, policies aside (design §4 (3)): the credential, a role, ownership, visibility, a
 * scope. `undefined` for nothing; else the rule that does.
 */
import type { EntryKind } from '../../model/catalogue.ts';
import { matchIn } from '../../model/pattern.ts';
import type { Principal } from '../../model/principal.ts';
import type { ServerDefinition } from '../../model/snapshot.ts';
import type { Facts } from './facts.ts';
import { toolAddress } from './filter.ts';
import type { PlaceRules, RolePermission } from './organisation.ts';
import { calledInRules, fitting } from './scope.ts';
import { holds } from './scope-permissions.ts';
import { overlap } from './template.ts';

/** What is granted whole, whatever the names. */
export function wholeGrant(facts: Facts, kind: EntryKind, server: ServerDefinition): string | undefined {
  const [first] = wholeGrants(facts, kind, server);
  return first;
}

/** All that grants it; the first counts. */
export function* wholeGrants(
  { principal, roles, isMember }: Facts,
  kind: EntryKind,
  server: ServerDefinition,
): Generator<string> {
  if (principal.grants === 'all') yield 'grants:all';
  if (roles.has('system_admin')) yield 'roles.system_admin';
  if (server.organisation === principal.organisation) {
    if (isMember && server.owner !== undefined && server.owner === principal.user) yield 'owner';
    for (const role of memberRoles(principal, kind, server)) if (roles.has(role)) yield `roles.${role}`;
    if (isMember && server.visibility === 'public') yield 'public';
  }
  if (isMember && server.visibility === 'shared') yield 'shared';
}

/** Of the built-in roles, but for the one above. What is somebody's own and private is for him and the admin. */
function memberRoles({ user }: Principal, kind: EntryKind, { owner, visibility }: ServerDefinition): readonly string[] {
  if (owner !== undefined && owner !== user && visibility === 'private') return ['admin'];
  return kind === 'tools' ? ['admin', 'user', 'service'] : ['admin', 'user', 'service', 'viewer'];
}

/** What is granted by name. */
export function namedGrant(facts: Facts, rules: PlaceRules, kind: EntryKind, key: string): string | undefined {
  for (const permission of rules.roles) {
    const rule = grantOfRole(facts, permission, kind, key);
    if (rule !== undefined) return rule;
  }
  return grantOfScopes(facts, rules, kind, key);
}

/** All that grants it; the first counts. */
export function namedGrants(facts: Facts, rules: PlaceRules, kind: EntryKind, key: string): readonly string[] {
  const byRoles = rules.roles.map((permission) => grantOfRole(facts, permission, kind, key));
  return [...byRoles, grantOfScopes(facts, rules, kind, key)].filter((rule) => rule !== undefined);
}

function grantOfRole({ roles }: Facts, { role, rule, patterns }: RolePermission, kind: EntryKind, key: string) {
  const fits = roles.has(role) ? fitting(patterns[kind], kind, key, 'some') : undefined;
  return fits === undefined ? undefined : `${rule}.${kind === 'templates' ? 'resources' : kind}:${fits}`;
}

function grantOfScopes({ scopes }: Facts, { permissions }: PlaceRules, kind: EntryKind, key: string) {
  const asked = kind === 'tools' ? permissions?.asked(key) : undefined;
  return asked && holds(asked, scopes) ? asked.rule : undefined;
}

/** Whether something of the kind might be granted by name. */
export function mayGrant(facts: Facts, rules: PlaceRules, kind: EntryKind): boolean {
  const byRole = rules.roles.some(({ role, patterns }) => facts.roles.has(role) && patterns[kind]?.length);
  return byRole || (kind === 'tools' && !!rules.permissions?.all.some((asked) => holds(asked, facts.scopes)));
}

/** What the credential is for, whatever its holder may do: why a place is out of its reach. */
export function placeOutOfReach({ principal: { reach } }: Facts, { place }: PlaceRules): string | undefined {
  if (!reach) return undefined;
  const { server, endpoint } = place;
  if (reach.exceptServers.includes(server.name)) return 'credential.exceptServers';
  if (reach.servers && matchIn(reach.servers, server.name) === undefined) return 'credential.servers';
  if (reach.endpoints && matchIn(reach.endpoints, calledInRules(endpoint)) === undefined) return 'credential.endpoints';
  return undefined;
}

export function isOutOfReach({ principal: { reach } }: Facts, kind: EntryKind, server: string, key: string): boolean {
  if (!reach?.tools) return false;
  return kind !== 'tools' || matchIn(reach.tools, toolAddress(server, key)) === undefined;
}

/** Whether the credential is for anything of the kind. */
export function mayReach({ principal: { reach } }: Facts, kind: EntryKind, server: string): boolean {
  if (!reach?.tools) return true;
  return kind === 'tools' && reach.tools.some((pattern) => overlap(pattern, [toolAddress(server, ''), '']));
}
