/*
 * What of a principal can matter under a snapshot, and a name for that: ten thousand people with the same roles are one
 * and the same to the rules, and share one view.
 *
 * Who they are is in it only as far as a rule can tell: which policies mean them, whether they own a server here, and
 * what of them a condition reads.
 */
import { createHash } from 'node:crypto';
import type { Principal } from '../../model/principal.ts';
import type { OrganisationRules } from './organisation.ts';
import type { Marks } from './who.ts';

export interface Facts {
  /** One of those who are the same to the rules. */
  readonly principal: Principal;
  readonly fingerprint: string;
  /** Acts in every organisation. */
  readonly everywhere: boolean;
  /** A stranger is no member of anything. */
  readonly isMember: boolean;
  /** Holds a token for which other scopes can be asked. */
  readonly canStepUp: boolean;
  readonly roles: ReadonlySet<string>;
  readonly scopes: ReadonlySet<string>;
  /** Policies that mean the principal, and those that except him. */
  readonly meant: Marks;
  readonly excepted: Marks;
  /** The same for all whom the same policies mean. */
  readonly company: string;
}

export function factsOf(principal: Principal, rules: OrganisationRules): Facts {
  const roles = new Set(principal.roles.filter((role) => rules.roles.has(role)).sort());
  const scopes = new Set(principal.scopes.filter((scope) => rules.scopes.has(scope)).sort());
  const [meant, excepted] = [rules.meant.marks(principal), rules.excepted.marks(principal)];
  const facts = {
    principal,
    everywhere: principal.kind === 'local' || roles.has('system_admin'),
    isMember: principal.kind !== 'anonymous',
    canStepUp: principal.kind === 'user',
    roles,
    scopes,
    ...{ meant, excepted, company: createHash('sha256').update(meant).update(excepted).digest('base64url') },
  };
  return { ...facts, fingerprint: fingerprintOf(facts, rules) };
}

/** A hash, because it may hold claims of people and goes wherever a key of a map goes. */
function fingerprintOf(facts: Omit<Facts, 'fingerprint'>, rules: OrganisationRules): string {
  const { grants, reach, user } = facts.principal;
  const { servers = null, endpoints = null, tools = null, exceptServers = [] } = reach ?? {};
  const owns = user !== undefined && rules.owners.has(user) ? user : null;
  const told = [
    rules.name ?? null,
    [facts.everywhere, facts.isMember, facts.canStepUp, grants],
    [...facts.roles],
    [...facts.scopes],
    owns,
    [servers, endpoints, tools, exceptServers],
    [...rules.reads].map((member) => readOf(facts.principal, member)),
  ];
  const hash = createHash('sha256').update(JSON.stringify(told)).update(facts.meant).update(facts.excepted);
  return hash.digest('base64url');
}

/** Whether the policy means this principal. */
export function isMeant(
  { meant, excepted }: Pick<Facts, 'meant' | 'excepted'>,
  { at }: { readonly at: number },
): boolean {
  return meant[at] === 1 && excepted[at] !== 1;
}

/** What a condition that looks at the member can see. */
function readOf(principal: Principal, member: string): unknown {
  if (member === '*') return principal;
  if (!member.startsWith('claims.')) return principal[member as keyof Principal] ?? null;
  const claim = member.slice('claims.'.length);
  if (claim === '*') return principal.claims;
  return Object.hasOwn(principal.claims, claim) ? [principal.claims[claim]] : null;
}
