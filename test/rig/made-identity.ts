/*
 * Definitions of who is who, made by hand.
 */
import { type IdentityDefinition, type IssuerDefinition, NO_IDENTITY } from '../../src/model/identity.ts';

/** By discovery, with the usual rules, unless `change` says so. */
export function madeIssuer(issuer: string, change: Partial<IssuerDefinition> = {}): IssuerDefinition {
  return {
    issuer,
    keys: { kind: 'discovery' },
    algorithms: [],
    audiences: [],
    leewayMs: 60_000,
    introspection: undefined,
    announced: true,
    claims: madeClaimRules(),
    grants: 'none',
    ...change,
  };
}

export function madeClaimRules(change: Partial<IssuerDefinition['claims']> = {}): IssuerDefinition['claims'] {
  return {
    subject: undefined,
    scopes: [['scope'], ['scp']],
    roles: [],
    groups: [],
    organisation: undefined,
    user: undefined,
    required: [],
    mappings: new Map(),
    ...change,
  };
}

export function madeIdentity(change: Partial<IdentityDefinition>): IdentityDefinition {
  return { ...NO_IDENTITY, ...change };
}
