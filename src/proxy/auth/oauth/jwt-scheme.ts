/*
 * Signed tokens of the issuers in the configuration. The issuer that a token names says which keys could be right; from
 * then on only what the signature covers is believed (RFC 8725 §3).
 */
import { errors, type JWTVerifyOptions, jwtVerify } from 'jose';
import type { RefusedWhy } from '../../../model/event.ts';
import type { IssuerDefinition } from '../../../model/identity.ts';
import type { Found, Scheme } from '../scheme.ts';
import type { BearerOf } from './bearer.ts';
import { type Claims, looksSigned, readCompact } from './compact.ts';
import type { KeySource } from './key-source.ts';
import { headOf, isForAccess, subjectOf } from './token-rules.ts';

export interface JwtIssuer {
  readonly definition: IssuerDefinition;
  /** Pinned; an algorithm that is not here makes no key be looked for. */
  readonly algorithms: readonly string[];
  readonly keys: KeySource;
  readonly bearerOf: BearerOf;
}

/** @param now Wall clock, which is what issuers go by. */
export function jwtScheme(issuers: ReadonlyMap<string, JwtIssuer>, now: () => number): Scheme {
  return { takes: looksSigned, verify: (credential, resource) => verify(issuers, now, credential, resource) };
}

async function verify(
  issuers: ReadonlyMap<string, JwtIssuer>,
  now: () => number,
  token: string,
  resource: string,
): Promise<Found> {
  const presented = readCompact(token);
  if (!presented) return { refused: 'malformed' };
  const { iss } = presented.claims;
  const issuer = typeof iss === 'string' ? issuers.get(iss) : undefined;
  if (!issuer) return { refused: 'issuer' };
  const head = headOf(presented, issuer.algorithms);
  if ('refused' in head) return head;
  const { definition } = issuer;
  const nowMs = now();
  const claims = await signedClaims(token, await issuer.keys.find(head), {
    algorithms: [head.alg],
    issuer: definition.issuer,
    audience: [resource, ...definition.audiences],
    clockTolerance: definition.leewayMs / 1000,
    currentDate: new Date(nowMs),
    requiredClaims: ['exp'],
  });
  if (typeof claims === 'string') return { refused: claims };
  return foundIn(issuer, claims, nowMs);
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
