/*
 * From the section `access` to what the data plane decides by.
 */
import {
  type AccessDefinition,
  NO_ACCESS_RULES,
  type PolicyDefinition,
  type RoleDefinition,
  type Scope,
  type ScopePermissions,
  type Who,
} from '../model/access.ts';
import { DEFAULT_ORGANISATION } from '../model/principal.ts';
import type { AccessSection, PermissionsEntry, PolicyEntry, ScopeEntry, WhoEntry } from './schema-access.ts';

const DEFAULT_PRIORITY = 100;
const ANY = ['*'];
const EVERYTHING: Scope = { servers: ANY, endpoints: undefined, tools: ANY, prompts: ANY, resources: ANY };

export function resolveAccess(section: AccessSection | undefined): AccessDefinition {
  if (section === undefined) return NO_ACCESS_RULES;
  const roles = Object.entries(section.roles ?? {}).map(([name, { permissions = [] }]): [string, RoleDefinition] => [
    name,
    { name, permissions: resolvePermissions(permissions) },
  ]);
  return {
    roles: new Map(roles),
    permissions: permissionsOf(section),
    policies: (section.policies ?? []).map(policyOf),
    headers: [...new Set((section.conditionHeaders ?? []).map((name) => name.toLowerCase()))],
  };
}

export function resolvePermissions(permissions: PermissionsEntry): readonly Scope[] {
  return permissions.map((what) => (what === '*' ? EVERYTHING : scopeOf(what)));
}

function permissionsOf({ permissions, scopeMode, defaultScope }: AccessSection): ScopePermissions | undefined {
  if (permissions === undefined && defaultScope === undefined) return undefined;
  return {
    entries: new Map(Object.entries(permissions ?? {})),
    mode: scopeMode ?? 'any',
    defaultScope: defaultScope ?? null,
  };
}

export function policyOf(entry: PolicyEntry): PolicyDefinition {
  return {
    name: entry.name,
    organisation: entry.organisation ?? DEFAULT_ORGANISATION,
    priority: entry.priority ?? DEFAULT_PRIORITY,
    effect: entry.effect,
    who: entry.who === '*' ? '*' : whoOf(entry.who),
    exceptWho: entry.exceptWho && whoOf(entry.exceptWho),
    what: entry.what === '*' ? '*' : scopeOf(entry.what),
    exceptWhat: entry.exceptWhat && scopeOf(entry.exceptWhat),
    when: entry.when,
  };
}

/** The rules have made sure that servers are named; were they not, nothing would fit. */
function scopeOf({ servers = [], endpoints, tools, prompts, resources }: ScopeEntry): Scope {
  return { servers, endpoints, tools, prompts, resources };
}

function whoOf({ principals, users, roles, groups, scopes }: WhoEntry): Who {
  return { principals, users, roles, groups, scopes };
}
