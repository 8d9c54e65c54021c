/*
 * Design §4, "A call passes when all hold", as plain loops: no index, no cache, nothing made ready. What it says is right;
 * the gateway's own must say the same.
 */
import type { Pattern, PolicyDefinition, Scope, Who } from '../../src/model/access.ts';
import type { EntryKind } from '../../src/model/catalogue.ts';
import type { Principal } from '../../src/model/principal.ts';
import type { EndpointDefinition, ServerDefinition, Snapshot } from '../../src/model/snapshot.ts';

export interface Asked {
  readonly snapshot: Snapshot;
  readonly principal: Principal;
  readonly endpoint: EndpointDefinition;
  readonly server: ServerDefinition;
  readonly kind: Exclude<EntryKind, 'templates'>;
  readonly key: string;
}

/** What a policy's condition comes to: told by who asks, for a naive reading of CEL would be another CEL. */
export type Truths = (policy: PolicyDefinition, principal: Principal) => boolean | 'error';

export interface Said {
  readonly answer: 'yes' | 'no' | 'step-up';
  readonly scopes?: readonly string[];
  /** Names of policies of which one decided; undefined when none did. */
  readonly policies?: readonly string[];
}

export function naive(asked: Asked, truths: Truths): Said {
  const { endpoint, principal } = asked;
  const now = withoutStep(asked, truths);
  if (now.answer === 'yes' || principal.kind !== 'user') return now;
  for (const more of candidates(asked)) {
    const scopes = [...principal.scopes, ...more];
    if (withoutStep({ ...asked, principal: { ...principal, scopes } }, truths).answer === 'yes') {
      return { ...now, answer: 'step-up', scopes: endpoint.scopesSupported.filter((scope) => scopes.includes(scope)) };
    }
  }
  return now;
}

function withoutStep(asked: Asked, truths: Truths): Said {
  if (!first(asked) || !second(asked)) return { answer: 'no' };
  const met = asked.snapshot.access.policies.filter((policy) => {
    if (!isAbout(policy, asked)) return false;
    const truth = policy.when === undefined ? true : truths(policy, asked.principal);
    return truth === 'error' ? policy.effect === 'deny' : truth;
  });
  const highest = Math.max(...met.map(({ priority }) => priority));
  const top = met.filter(({ priority }) => priority === highest);
  const denies = top.filter(({ effect }) => effect === 'deny');
  if (denies.length > 0) return { answer: 'no', policies: denies.map(({ name }) => name) };
  if (top.length > 0) return { answer: 'yes', policies: top.map(({ name }) => name) };
  return { answer: third(asked) ? 'yes' : 'no' };
}

/** (1): the endpoint contains the target, no tool filter blocks it, and it is of an organisation that the caller is in. */
function first({ endpoint, server, principal, kind, key }: Asked): boolean {
  if (!endpoint.servers.includes(server.name)) return false;
  const everywhere = principal.kind === 'local' || principal.roles.includes('system_admin');
  const own = endpoint.name === '' || endpoint.naming === 'transparent';
  if (!everywhere && !own && endpoint.organisation !== principal.organisation) return false;
  if (!everywhere && server.organisation !== principal.organisation && server.visibility !== 'shared') return false;
  if (kind !== 'tools') return true;
  const address = `${server.name}.${key}`;
  if (any(server.tools.block, key)) return false;
  if (server.tools.allow && !any(server.tools.allow, key)) return false;
  if (endpoint.tools && any(endpoint.tools.filter.block, address)) return false;
  return !endpoint.tools?.filter.allow || any(endpoint.tools.filter.allow, address);
}

/** (2): the credential's own scope. */
function second({ principal: { reach }, endpoint, server, kind, key }: Asked): boolean {
  if (!reach) return true;
  if (reach.servers && !any(reach.servers, server.name)) return false;
  if (reach.exceptServers.includes(server.name)) return false;
  if (reach.endpoints && !any(reach.endpoints, endpoint.name || 'default')) return false;
  if (!reach.tools) return true;
  return kind === 'tools' && any(reach.tools, `${server.name}.${key}`);
}

/** (3): something grants it. An allow policy does too, which (4) has seen before. */
function third(asked: Asked): boolean {
  const { principal, server, snapshot, kind, key } = asked;
  if (principal.grants === 'all') return true;
  for (const role of principal.roles) {
    if (builtIn(role, asked)) return true;
    for (const scope of snapshot.access.roles.get(role)?.permissions ?? []) if (inScope(scope, asked)) return true;
  }
  const isMember = principal.kind !== 'anonymous';
  const isHome = server.organisation === principal.organisation;
  if (isMember && isHome && server.owner !== undefined && server.owner === principal.user) return true;
  if (isMember && isHome && server.visibility === 'public') return true;
  if (isMember && server.visibility === 'shared') return true;
  const asks = kind === 'tools' ? scopesAsked(snapshot, `${server.name}:${key}`) : undefined;
  if (!asks) return false;
  const held = asks.filter((scope) => principal.scopes.includes(scope)).length;
  return snapshot.access.permissions?.mode === 'all' ? held === asks.length : held > 0;
}

function builtIn(role: string, { principal, server, kind }: Asked): boolean {
  if (role === 'system_admin') return true;
  if (server.organisation !== principal.organisation) return false;
  if (role === 'admin') return true;
  if (server.visibility === 'private' && server.owner !== undefined && server.owner !== principal.user) return false;
  if (role === 'viewer') return kind !== 'tools';
  return role === 'user' || role === 'service';
}

/** Of the most specific entry that fits, or the default; undefined when nothing says who may. */
function scopesAsked({ access: { permissions } }: Snapshot, name: string): readonly string[] | undefined {
  if (!permissions) return undefined;
  let best: readonly [Pattern, readonly string[]] | undefined;
  for (const entry of permissions.entries)
    if (any([entry[0]], name) && (!best || beats(entry[0], best[0]))) best = entry;
  if (best && best[1].length > 0) return best[1];
  return permissions.defaultScope === null ? undefined : [permissions.defaultScope];
}

function beats(one: Pattern, other: Pattern): boolean {
  const stars = (pattern: Pattern) => pattern.split('*').length - 1;
  const letters = (pattern: Pattern) => pattern.replaceAll('*', '').length;
  if ((stars(one) === 0) !== (stars(other) === 0)) return stars(one) === 0;
  if (letters(one) !== letters(other)) return letters(one) > letters(other);
  if (stars(one) !== stars(other)) return stars(one) < stars(other);
  return one < other;
}

function isAbout(policy: PolicyDefinition, asked: Asked): boolean {
  const { who, exceptWho, what, exceptWhat, organisation } = policy;
  if (organisation !== asked.principal.organisation) return false;
  if (who !== '*' && !isMeant(who, asked.principal)) return false;
  if (exceptWho && isMeant(exceptWho, asked.principal)) return false;
  if (what !== '*' && !inScope(what, asked)) return false;
  return !exceptWhat || !inScope(exceptWhat, asked);
}

function isMeant(who: Who, { id, user, roles, groups, scopes }: Principal): boolean {
  const some = (patterns: readonly Pattern[] | undefined, names: readonly string[]) =>
    names.some((name) => patterns && any(patterns, name));
  if (some(who.principals, [id]) || some(who.users, user === undefined ? [] : [user])) return true;
  return some(who.roles, roles) || some(who.groups, groups) || some(who.scopes, scopes);
}

function inScope(scope: Scope, { server, endpoint, kind, key }: Asked): boolean {
  if (!any(scope.servers, server.name)) return false;
  if (scope.endpoints && !any(scope.endpoints, endpoint.name || 'default')) return false;
  return any(scope[kind] ?? [], key);
}

function any(patterns: readonly Pattern[], name: string): boolean {
  return patterns.some((pattern) => matches(pattern, name));
}

export function matches(pattern: Pattern, name: string): boolean {
  if (pattern === '') return name === '';
  if (pattern[0] !== '*') return name[0] === pattern[0] && matches(pattern.slice(1), name.slice(1));
  return matches(pattern.slice(1), name) || (name !== '' && matches(pattern, name.slice(1)));
}

/** Scopes to try, in order: those that the scope permissions ask for, then each that the endpoint offers. */
function candidates({ snapshot, principal, server, endpoint, kind, key }: Asked): readonly (readonly string[])[] {
  const lacks = (scope: string) => !principal.scopes.includes(scope);
  const asks = (kind === 'tools' ? scopesAsked(snapshot, `${server.name}:${key}`) : undefined) ?? [];
  const missing = asks.filter(lacks);
  const sets = snapshot.access.permissions?.mode === 'all' ? [missing] : missing.map((scope) => [scope]);
  const offered = sets.filter(
    (set) => set.length > 0 && set.every((scope) => endpoint.scopesSupported.includes(scope)),
  );
  return [...offered, ...endpoint.scopesSupported.filter(lacks).map((scope) => [scope])];
}
