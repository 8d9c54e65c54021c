/*
 * What a token must say, and must not, to be an access token for us (RFC 9068 §4, RFC 8725 §3, RFC 7519 §4.1).
 *
 * What `jose` checks with the signature (algorithm, issuer, audience, `exp`, `nbf`) is not repeated here, but for what it
 * leaves open.
 */

import type { ClaimPath } from '../../../model/identity.ts';
import type { Found, Refused } from '../scheme.ts';
import { type Claims, isObject, type Presented } from './compact.ts';
import type { SignedHead } from './key-set.ts';

export const SECRET_ALGORITHMS: readonly string[] = ['HS256', 'HS384', 'HS512'];
export const KEY_ALGORITHMS: readonly string[] = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
];

/** Those that are taken: with a shared secret only HMAC, with a key never, whatever the configuration says (RFC 8725 §3.1). */
export function pinnedAlgorithms(kind: 'secrets' | 'keys', configured: readonly string[]): readonly string[] {
  const possible = kind === 'secrets' ? SECRET_ALGORITHMS : KEY_ALGORITHMS;
  return configured.length === 0 ? possible : possible.filter((algorithm) => configured.includes(algorithm));
}

/** An access token says nothing of its type, or that it is one; `JWT` is what many write. */
const TYPES: ReadonlySet<string> = new Set(['jwt', 'application/jwt', 'at+jwt', 'application/at+jwt']);

/**
 * What the head alone decides. Members that bring a key, or say where to fetch one (`jwk`, `x5c`, `jku`, `x5u`), refuse
 * nothing and are looked at by nobody: keys come from the configuration.
 */
export function headOf({ header }: Presented, algorithms: readonly string[]): SignedHead | Refused {
  const { alg, typ, kid } = header;
  if (typeof alg !== 'string' || !algorithms.includes(alg)) return { refused: 'signature' };
  // No extension is understood here (RFC 7515 §4.1.11); `b64` makes no sense in a token.
  if ('crit' in header || 'b64' in header) return { refused: 'malformed' };
  if (typ !== undefined && !(typeof typ === 'string' && TYPES.has(typ.toLowerCase()))) return { refused: 'claims' };
  return kid === undefined || typeof kid === 'string' ? { alg, kid } : { refused: 'malformed' };
}

/** Members that stand in ID tokens (OpenID Connect Core §2, §3.3.2.11) and say to a client what is not for a resource. */
const ID_TOKEN_MEMBERS = ['nonce', 'at_hash', 'c_hash', 's_hash'];
/** Stands in what tells of something that happened, a logout for example, and opens nothing (RFC 8417 §2.2, §4). */
const OTHER_MEMBERS = [...ID_TOKEN_MEMBERS, 'events'];
/** As what some providers mark a token in its own body, where the head says `JWT` of all of them. */
const OTHER_KINDS: ReadonlySet<string> = new Set([
  ...['id', 'id_token', 'refresh', 'refresh_token', 'offline', 'logout', 'registrationaccesstoken'],
]);

/** Whether it is an access token that is good by now, where the signature is. `nowMs`: wall clock. */
export function isForAccess(claims: Claims, { nowMs, leewayMs }: { nowMs: number; leewayMs: number }): boolean {
  const { exp, iat } = claims;
  // JSON can write a number that never comes.
  if (typeof exp !== 'number' || !Number.isFinite(exp)) return false;
  if (iat !== undefined && !(typeof iat === 'number' && iat * 1000 <= nowMs + leewayMs)) return false;
  return !OTHER_MEMBERS.some((name) => Object.hasOwn(claims, name)) && isForBearers(claims);
}

/** Whether whoever has it may use it, as far as its claims say. */
export function isForBearers(claims: Claims): boolean {
  const { typ, token_use: use } = claims;
  if ([typ, use].some((kind) => typeof kind === 'string' && OTHER_KINDS.has(kind.toLowerCase()))) return false;
  // Bound to a key that its bearer would have to prove (RFC 7800): nobody can do so here, so anybody may have stolen it.
  return !Object.hasOwn(claims, 'cnf');
}

/** Without what ends a line, or is not seen, or turns what is read around it: two names that look alike are one to people. */
const SUBJECT = /^[^\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]{1,512}$/u;

/** Before the name of a program that acts for itself. No subject begins so: it would be taken for that program. */
const PROGRAM = 'client_id:';

/**
 * Part of names in logs and keys of caches: text, of a bounded length, without anything that breaks lines.
 * @param path Where it stands, in a token that has its own way of saying who it is; undefined for `sub`.
 */
export function subjectOf(claims: Claims, path: ClaimPath | undefined): string | undefined {
  const value = path ? namedAt(claims, path) : claims.sub;
  return typeof value === 'string' && SUBJECT.test(value) && !value.startsWith(PROGRAM) ? value : undefined;
}

export function programOf(client: unknown): string | undefined {
  return typeof client === 'string' && SUBJECT.test(PROGRAM + client) ? PROGRAM + client : undefined;
}

/** A number as its digits, while it is exact: beyond that two accounts would be one. */
function namedAt(claims: Claims, path: ClaimPath): unknown {
  const inside = (at: unknown, name: string) => (isObject(at) && Object.hasOwn(at, name) ? at[name] : undefined);
  const value = path.reduce<unknown>(inside, claims);
  return Number.isSafeInteger(value) ? String(value) : value;
}

/** All names that a token gives its bearer, and he has here (in logs, and in the file); the deny list may have any of them. */
export function namesOf(claims: Claims, found: Found, path: ClaimPath | undefined): readonly (string | undefined)[] {
  const { sub, client_id: client } = claims;
  const said = [path && namedAt(claims, path), sub, client];
  const claimed = said.map((name) => (typeof name === 'string' ? name : undefined));
  return found && 'principal' in found ? [...claimed, found.principal.id, found.principal.user] : claimed;
}

export function tokenIdOf({ jti }: Claims): string | undefined {
  return typeof jti === 'string' ? jti : undefined;
}
