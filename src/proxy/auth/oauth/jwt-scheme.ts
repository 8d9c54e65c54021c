/*
 * Signed tokens of the issuers in the configuration. The issuer that a token names says which keys could be right; from
 * then on only what the signature covers is believed (RFC 8725 §3).
 */
import { errors, type JWTVerifyOptions, jwtVerify } from 'jose';
import type { RefusedWhy } from '../../../model/event.ts';
import type { IssuerDefinition } from '../../../model/identity.ts';
import type { Denies } from '../denied.ts';
import type { Found, Scheme } from '../scheme.ts';
import { type Claims, compactReader, type Presented } from './compact.ts';
import type { KeySource } from './key-source.ts';
import type { BearerOf } from './token-bearer.ts';
import { headOf, isForAccess, namesOf, subjectOf, tokenIdOf } from './token-rules.ts';

export interface JwtIssuer {
  readonly definition: IssuerDefinition;
  /** Pinned; an algorithm that is not here makes no key be looked for. */
  readonly algorithms: readonly string[];
  readonly keys: KeySource;
  readonly bearerOf: BearerOf;
}

/** @param now Wall clock, which is what issuers go by. */
export function jwtScheme(issuers: ReadonlyMap<string, JwtIssuer>, denies: Denies, now: () => number): Scheme {
  const read = compactReader();
  return {
    // What has the form of a signed token is judged as one, and never as anything else.
    takes: (credential) => read(credential) !== undefined,
    verify: async (credential, resource) => {
      const presented = read(credential);
      const { iss } = presented?.claims ?? {};
      const issuer = typeof iss === 'string' ? issuers.get(iss) : undefined;
      if (!presented || !issuer) return { refused: 'issuer' };
      const nowMs = now();
      const claims = await verified(issuer, { token: credential, presented, resource, nowMs });
      if (typeof claims === 'string') return { refused: claims };
      const found = foundIn(issuer, claims, nowMs);
      const denied = denies({
        issuer: issuer.definition.issuer,
        subjects: namesOf(claims, found),
        tokenId: tokenIdOf(claims),
      });
      return denied ? { refused: 'denied' } : found;
    },
  };
}

interface Shown {
  readonly token: string;
  readonly presented: Presented;
  readonly resource: string;
  readonly nowMs: number;
}

async function verified(issuer: JwtIssuer, { token, presented, resource, nowMs }: Shown): Promise<Claims | RefusedWhy> {
  const head = headOf(presented, issuer.algorithms);
  if ('refused' in head) return head.refused;
  const { definition } = issuer;
  return signedClaims(token, await issuer.keys.find(head), {
    algorithms: [head.alg],
    issuer: definition.issuer,
    audience: [resource, ...definition.audiences],
    clockTolerance: definition.leewayMs / 1000,
    currentDate: new Date(nowMs),
    requiredClaims: ['exp'],
  });
}

function foundIn({ definition, bearerOf }: JwtIssuer, claims: Claims, nowMs: number): Found {
  const { leewayMs } = definition;
  const subject = subjectOf(claims.sub);
  if (subject === undefined || !isForAccess(claims, { nowMs, leewayMs })) return { refused: 'claims' };
  const principal = bearerOf(subject, claims);
  return principal ? { principal, expiresAtMs: Number(claims.exp) * 1000 + leewayMs } : { refused: 'claims' };
}

type Keys = Awaited<ReturnType<KeySource['find']>>;

/** The claims, once a key fits; else why not. A key that does not fit is tried no further than its signature. */
async function signedClaims(token: string, keys: Keys, options: JWTVerifyOptions): Promise<Claims | RefusedWhy> {
  for (const key of keys) {
    try {
      return (await jwtVerify(token, key, options)).payload;
    } catch (error) {
      if (!(error instanceof errors.JWSSignatureVerificationFailed)) return wordOf(error);
    }
  }
  return 'signature';
}

function wordOf(error: unknown): RefusedWhy {
  if (error instanceof errors.JWTExpired) return 'expired';
  if (!(error instanceof errors.JWTClaimValidationFailed)) return 'malformed';
  return error.claim === 'aud' ? 'audience' : 'claims';
}
