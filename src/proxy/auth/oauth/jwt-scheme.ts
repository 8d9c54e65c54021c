/*
 * Signed tokens of the issuers in the configuration. The issuer that a token names (or the one whose tokens may name
 * none) says which keys could be right; from then on only what the signature covers is believed (RFC 8725 §3).
 */
import { errors, type JWTVerifyOptions, jwtVerify } from 'jose';
import type { RefusedWhy } from '../../../model/event.ts';
import type { IssuerDefinition, LackedClaim } from '../../../model/identity.ts';
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
  const issuerOf = issuerChooser(issuers);
  return {
    // What has the form of a signed token is judged as one, and never as anything else.
    takes: (credential) => read(credential) !== undefined,
    // As the systems send them whose tokens lack claims.
    takesBare: (credential) => mayLackOf(issuerOf(read(credential))).length > 0,
    verify: async (credential, resource) => {
      const presented = read(credential);
      const issuer = issuerOf(presented);
      if (!presented || !issuer) return { refused: 'issuer' };
      const nowMs = now();
      const claims = await verified(issuer, { token: credential, presented, resource, nowMs });
      if (typeof claims === 'string') return { refused: claims };
      const found = foundIn(issuer, claims, nowMs);
      const { issuer: name, claims: rules } = issuer.definition;
      const subjects = namesOf(claims, found, rules.subject);
      const denied = denies({ issuer: name, subjects, tokenId: tokenIdOf(claims) });
      return denied ? { refused: 'denied' } : found;
    },
  };
}

/** By its `iss`; one without, whatever else it says, can only be of the issuer whose tokens may lack it. */
function issuerChooser(issuers: ReadonlyMap<string, JwtIssuer>) {
  const nameless = [...issuers.values()].filter((each) => mayLackOf(each).includes('iss'));
  const only = nameless.length === 1 ? nameless[0] : undefined;
  return (presented: Presented | undefined): JwtIssuer | undefined => {
    if (!presented) return undefined;
    if (!Object.hasOwn(presented.claims, 'iss')) return only;
    const { iss } = presented.claims;
    return typeof iss === 'string' ? issuers.get(iss) : undefined;
  };
}

function mayLackOf(issuer: JwtIssuer | undefined): readonly LackedClaim[] {
  const keys = issuer?.definition.keys;
  return keys?.kind === 'secrets' ? keys.mayLack : [];
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
  // What was read is what the signature covers, so that a claim which is not there now is not there then.
  const isLacked = (claim: LackedClaim) => mayLackOf(issuer).includes(claim) && !Object.hasOwn(presented.claims, claim);
  return signedClaims(token, await issuer.keys.find(head), {
    algorithms: [head.alg],
    ...(isLacked('iss') ? {} : { issuer: definition.issuer }),
    ...(isLacked('aud') ? {} : { audience: [resource, ...definition.audiences] }),
    clockTolerance: definition.leewayMs / 1000,
    currentDate: new Date(nowMs),
    requiredClaims: ['exp'],
  });
}

function foundIn({ definition, bearerOf }: JwtIssuer, claims: Claims, nowMs: number): Found {
  const { leewayMs } = definition;
  const subject = subjectOf(claims, definition.claims.subject);
  if (subject === undefined || !isForAccess(claims, { nowMs, leewayMs })) return { refused: 'claims' };
  const bearer = bearerOf(subject, claims);
  return bearer ? { ...bearer, expiresAtMs: Number(claims.exp) * 1000 + leewayMs } : { refused: 'claims' };
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
