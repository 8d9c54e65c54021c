/*
 * Tokens that say nothing themselves: whatever no other scheme has taken is shown to the issuer whom the configuration has
 * for such tokens.
 *
 * That is one issuer, the first in the file that can be asked. A token cannot be seen to be of one issuer or another, and
 * to ask them one after the other would show each of them the tokens of the others, which it could then use here itself.
 */
import type { ClaimPath, IssuerDefinition } from '../../../model/identity.ts';
import type { Denies } from '../denied.ts';
import type { Found, Scheme } from '../scheme.ts';
import type { Claims } from './compact.ts';
import { answerRefusal, type Introspection } from './introspection.ts';
import type { BearerOf } from './token-bearer.ts';
import { namesOf, programOf, subjectOf, tokenIdOf } from './token-rules.ts';

export interface OpaqueIssuer {
  readonly definition: IssuerDefinition;
  readonly cacheMs: number;
  readonly introspection: Introspection;
  readonly bearerOf: BearerOf;
  readonly denies: Denies;
}

/** What may stand behind `Bearer` (RFC 6750 §2.1); nothing else is carried anywhere. */
const TOKEN = /^[A-Za-z0-9._~+/-]+=*$/;

/** @param now Wall clock. */
export function opaqueScheme(asked: OpaqueIssuer, now: () => number): Scheme {
  return {
    takes: (credential) => TOKEN.test(credential),
    verify: async (credential, resource) => {
      const claims = await asked.introspection.claimsOf(credential);
      const nowMs = now();
      const { issuer, claims: rules } = asked.definition;
      const refused = refusalOf(asked, claims, resource, nowMs);
      if (refused) return { refused };
      const found = foundIn(asked, claims, nowMs);
      const subjects = namesOf(claims, found, rules.subject);
      const denied = asked.denies({ issuer, subjects, tokenId: tokenIdOf(claims) });
      return denied ? { refused: 'denied' } : found;
    },
  };
}

function refusalOf({ definition }: OpaqueIssuer, claims: Claims, resource: string, nowMs: number) {
  const { issuer, leewayMs, audiences } = definition;
  return answerRefusal(claims, { issuer, leewayMs, audiences: [resource, ...audiences], nowMs });
}

function foundIn({ definition, cacheMs, bearerOf }: OpaqueIssuer, claims: Claims, nowMs: number): Found {
  const subject = bearerSubject(claims, definition.claims.subject);
  const bearer = subject === undefined ? undefined : bearerOf(subject, claims);
  if (!bearer) return { refused: 'claims' };
  const expMs = typeof claims.exp === 'number' ? claims.exp * 1000 + definition.leewayMs : Number.POSITIVE_INFINITY;
  return { ...bearer, expiresAtMs: Math.min(expMs, nowMs + cacheMs) };
}

/** A program that acts for itself has no subject; its name is kept apart from theirs (RFC 7662 §2.2, RFC 9068 §5). */
function bearerSubject(claims: Claims, path: ClaimPath | undefined): string | undefined {
  const { sub, client_id: client } = claims;
  return path === undefined && sub === undefined ? programOf(client) : subjectOf(claims, path);
}
