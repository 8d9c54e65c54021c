/*
 * What grants something to a principal, policies aside (design §4 (3)): the credential, a role, ownership, visibility, a
 * scope. `undefined` for nothing; else the rule that does.
 */
import type { EntryKind } from '../../model/catalogue.ts';
import type { ServerDefinition } from '../../model/snapshot.ts';
import type { Facts } from './facts.ts';
import { toolAddress } from './filter.ts';
import type { PlaceRules } from './organisation.ts';
import { matchIn } from './pattern.ts';
import { calledInRules, fitting } from './scope.ts';
import { holds } from './scope-permissions.ts';
import { overlap } from './template.ts';

/** What is granted whole, whatever the names. */
export function wholeGrant({ principal, roles, isMember }: Facts, kind: EntryKind, server: ServerDefinition) {
  if (principal.grants === 'all') return 'grants:all';
  if (roles.has('system_admin')) return 'roles.system_admin';
  if (server.organisation === principal.organisation) {
    if (isMember && server.owner !== undefined && server.owner === principal.user) return 'owner';
    const role = memberRole(roles, kind, server);
    if (role) return `roles.${role}`;
    if (isMember && server.visibility === 'public') return 'public';
  }
  return isMember && server.visibility === 'shared' ? 'shared' : undefined;
}

/** Of the built-in roles, but for the one above. What is somebody's own and private is for him and the admin. */
function memberRole(roles: ReadonlySet<string>, kind: EntryKind, { owner, visibility }: ServerDefinition) {
  if (roles.has('admin')) return 'admin';
  if (owner !== undefined && visibility === 'private') return undefined;
  if (roles.has('user')) return 'user';
  if (roles.has('service')) return 'service';
  return kind !== 'tools' && roles.has('viewer') ? 'viewer' : undefined;
}

/** What is granted by name. */
export function namedGrant(facts: Facts, rules: PlaceRules, kind: EntryKind, key: string): string | undefined {
  for (const { role, rule, patterns } of rules.roles) {
    const fits = facts.roles.has(role) ? fitting(patterns[kind], kind, key, 'some') : undefined;
    if (fits !== undefined) return `${rule}.${kind === 'templates' ? 'resources' : kind}:${fits}`;
  }
  const asked = kind === 'tools' ? rules.permissions?.asked(key) : undefined;
  return asked && holds(asked, facts.scopes) ? asked.rule : undefined;
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
