/*
 * The two tokens of a login, as signed text: one that the admin API takes for some minutes, and one that gets the next pair.
 *
 * Each has a type and an audience of its own, so that neither is taken for the other, nor for a token of an issuer at a door of
 * MCP; and a verifier that looks for ours takes no other. They name a session and a user and say nothing of what either
 * may: that is looked up at use. A refresh token is signed too, so that one that was good once is known from one
 * that somebody made up: the first ends its session, the second ends nothing.
 *
 * HMAC-SHA-256 with keys that are made by the gateway and are 32 random bytes (RFC 7518 §3.2); the algorithm is fixed.
 */
import { randomBytes } from 'node:crypto';
import { decodeProtectedHeader, type JWTPayload, jwtVerify, SignJWT } from 'jose';

export type TokenKind = 'access' | 'refresh';

/** Whose token it is, and which of theirs. */
export interface TokenWords {
  readonly sessionId: string;
  readonly userId: string;
}

export interface SigningKey {
  readonly id: string;
  readonly secret: Uint8Array;
}

/** Where the keys are kept (`session-keys.ts`). */
export interface SigningKeys {
  /** The one that signs now. */
  current(): Promise<SigningKey>;
  /** Undefined for one that is not there, or not any more. */
  of(id: string): Promise<SigningKey | undefined>;
}

const ISSUER = 'gatewright';
const ALGORITHM = 'HS256';
const TYPES = { access: 'gatewright-access+jwt', refresh: 'gatewright-refresh+jwt' } as const;
const AUDIENCES = { access: 'gatewright:admin', refresh: 'gatewright:refresh' } as const;
/** Clocks of nodes differ. */
const LEEWAY_SECONDS = 5;
const TOKEN_LENGTH_MAX = 2048;
const KEY_ID = /^[\w-]{1,64}$/;

export interface SignedFor extends TokenWords {
  readonly kind: TokenKind;
  readonly nowMs: number;
  readonly timeMs: number;
}

export async function signToken(keys: SigningKeys, signed: SignedFor): Promise<string> {
  const { kind, sessionId, userId, nowMs, timeMs } = signed;
  const { id, secret } = await keys.current();
  // To the millisecond (RFC 7519 §2, NumericDate), because limits are.
  const claims: JWTPayload = {
    sid: sessionId,
    jti: randomBytes(16).toString('base64url'),
    exp: (nowMs + timeMs) / 1000,
  };
  return new SignJWT(claims)
    .setProtectedHeader({ alg: ALGORITHM, typ: TYPES[kind], kid: id })
    .setIssuer(ISSUER)
    .setAudience(AUDIENCES[kind])
    .setSubject(userId)
    .setIssuedAt(Math.floor(nowMs / 1000))
    .sign(secret);
}

/** Undefined for what is not a good token of this kind, for whatever reason. */
export async function readToken(
  keys: SigningKeys,
  token: string,
  { kind, nowMs }: { readonly kind: TokenKind; readonly nowMs: number },
): Promise<TokenWords | undefined> {
  const keyId = keyIdOf(token, kind);
  const key = keyId === undefined ? undefined : await keys.of(keyId);
  if (!key) return undefined;
  const required = { algorithms: [ALGORITHM], typ: TYPES[kind], audience: AUDIENCES[kind], issuer: ISSUER };
  const times = { currentDate: new Date(nowMs), clockTolerance: LEEWAY_SECONDS };
  const verified = await jwtVerify(token, key.secret, { ...required, ...times }).catch(() => undefined);
  const { sid, sub, exp } = verified?.payload ?? {};
  // The leeway is for clocks that are behind when it was signed, not for longer use.
  if (typeof sid !== 'string' || typeof sub !== 'string' || exp === undefined || exp * 1000 <= nowMs) return undefined;
  return { sessionId: sid, userId: sub };
}

/** Before anything is asked of the store: most of what strangers send has another shape. */
function keyIdOf(token: string, kind: TokenKind): string | undefined {
  if (token.length > TOKEN_LENGTH_MAX) return undefined;
  try {
    const { alg, typ, kid } = decodeProtectedHeader(token);
    return alg === ALGORITHM && typ === TYPES[kind] && KEY_ID.test(kid ?? '') ? kid : undefined;
  } catch {
    return undefined;
  }
}
