/*
 * What a credential costs a call: warm, as nearly every call meets it, and cold, as the first one does; and what `jose`
 * takes by itself to verify the same token with the same demands.
 *
 * Measured in the process of the benchmark, the verifier as the gateway builds it, one after the other; processor time of
 * all threads, for signatures are checked on another one.
 */
import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { createLocalJWKSet, type JWTVerifyGetKey, jwtVerify, SignJWT } from 'jose';
import { type IdentityDefinition, type IssuerDefinition, NO_IDENTITY } from '../src/model/identity.ts';
import { composeKey } from '../src/model/key-text.ts';
import { DEFAULT_ORGANISATION } from '../src/model/principal.ts';
import { buildAuth } from '../src/proxy/auth/build.ts';
import type { Verifier } from '../src/proxy/auth/verify.ts';
import { TimerWheel } from '../src/proxy/timer-wheel.ts';
import {
  KEYS,
  makeSigner,
  nowSeconds,
  type RunningIssuer,
  type Signer,
  signed,
  startIssuer,
} from '../test/rig/issuer.ts';
import { limitsWith, madeSnapshot } from '../test/rig/made.ts';
import { madeIssuer } from '../test/rig/made-identity.ts';

export interface CredentialCost {
  readonly what: string;
  readonly warmUs: number;
  readonly coldUs: number;
  /** `jose` alone; undefined for what it has no part in. */
  readonly joseUs: number | undefined;
}

const WARM = { whole: 200_000, quick: 10_000 };
const COLD = { whole: 4_000, quick: 200 };
const RESOURCE = 'http://127.0.0.1:9000/mcp';
const SECRET = 'a secret of this benchmark, longer than thirty-two bytes';
const SHARED = 'shared';
const TOKEN = 'a-static-token-of-this-benchmark-0123456789';
const FROM = { address: '127.0.0.1' };
const KEY = composeKey('bench', Buffer.alloc(32, 7));

interface Kind {
  readonly what: string;
  readonly credential: string;
  readonly jose?: () => Promise<unknown>;
}

export async function measureCredentials(extent: 'whole' | 'quick'): Promise<readonly CredentialCost[]> {
  const signers = await Promise.all(['RS256', 'ES256'].map((alg) => makeSigner(alg, alg)));
  const issuer = await startIssuer(signers);
  const wheel = new TimerWheel(() => performance.now());
  try {
    const identity = identityOf(issuer);
    const [warm, cold] = [verifierOf(identity, wheel, 600_000), verifierOf(identity, wheel, 0)];
    const costs: CredentialCost[] = [];
    for (const kind of await kindsOf(issuer, signers)) costs.push(await costOf(kind, { warm, cold }, extent));
    return costs;
  } finally {
    wheel.close();
    await issuer.close();
  }
}

const HOLDER = {
  organisation: DEFAULT_ORGANISATION,
  user: undefined,
  roles: [],
  grants: 'all',
  reach: undefined,
} as const;

function identityOf(issuer: RunningIssuer): IdentityDefinition {
  const hex = (text: string) => createHash('sha256').update(text).digest('hex');
  const shared: Partial<IssuerDefinition> = { keys: { kind: 'secrets', secrets: [SECRET], mayLack: [] } };
  return {
    ...NO_IDENTITY,
    tokens: [{ name: 'bench', sha256: hex(TOKEN), ...HOLDER }],
    keys: [{ id: 'bench', name: 'bench', sha256: hex(KEY), expiresAtMs: undefined, ...HOLDER }],
    issuers: [madeIssuer(issuer.url, { keys: { kind: 'jwks', url: issuer.url + KEYS } }), madeIssuer(SHARED, shared)],
  };
}

function verifierOf(identity: IdentityDefinition, wheel: TimerWheel, credentialCacheMs: number): Verifier {
  const snapshot = madeSnapshot([], { identity, limits: limitsWith({ credentialCacheMs }) });
  return buildAuth({
    ...{ snapshot: () => snapshot, limits: () => snapshot.limits, wheel, listener: () => 'http://127.0.0.1:9000' },
    ...{ now: () => Date.now(), emit: () => {}, onFailure: () => {}, proxyOf: () => undefined },
  }).verifier;
}

async function kindsOf(issuer: RunningIssuer, signers: readonly Signer[]): Promise<readonly Kind[]> {
  const keys = createLocalJWKSet({ keys: signers.map(({ jwk }) => jwk) });
  const hmac = await new SignJWT({
    iss: SHARED,
    aud: RESOURCE,
    sub: 'ann',
    iat: nowSeconds(),
    exp: nowSeconds() + 3600,
  })
    .setProtectedHeader({ alg: 'HS256' })
    .sign(Buffer.from(SECRET));
  const secret = { name: 'HMAC', hash: 'SHA-256' };
  const key = await crypto.subtle.importKey('raw', Buffer.from(SECRET), secret, false, ['verify']);
  const bySigner = async (signer: Signer): Promise<Kind> => {
    const claims = { iss: issuer.url, aud: RESOURCE, exp: nowSeconds() + 3600 };
    const credential = await signed(signer, { claims });
    return { what: `JWT, ${signer.alg}`, credential, jose: byJose(credential, issuer.url, signer.alg, keys) };
  };
  return [
    { what: 'static token', credential: TOKEN },
    { what: 'API key', credential: KEY },
    { what: 'JWT, HS256', credential: hmac, jose: byJose(hmac, SHARED, 'HS256', async () => key) },
    ...(await Promise.all(signers.map(bySigner))),
  ];
}

function byJose(token: string, issuer: string, alg: string, key: JWTVerifyGetKey): () => Promise<unknown> {
  const options = { algorithms: [alg], issuer, audience: RESOURCE, clockTolerance: 60, requiredClaims: ['exp'] };
  return () => jwtVerify(token, key, options);
}

async function costOf(
  { what, credential, jose }: Kind,
  { warm, cold }: { readonly warm: Verifier; readonly cold: Verifier },
  extent: 'whole' | 'quick',
): Promise<CredentialCost> {
  // A connection that presents the same credential again, as connections do.
  const request = { headers: { authorization: `Bearer ${credential}` }, url: '/mcp', socket: {} } as IncomingMessage;
  const verify = (verifier: Verifier) => verifier.verify(request, '', FROM);
  await verify(warm);
  return {
    what,
    warmUs: cpuOfEach(WARM[extent], () => verify(warm)),
    coldUs: await cpuOfEachAsync(COLD[extent], async () => verify(cold)),
    joseUs: jose && (await cpuOfEachAsync(COLD[extent], jose)),
  };
}

/** Others are on the machine too: the window in which they disturbed least is the nearest to what it costs. */
const WINDOWS = 5;

function cpuOfEach(times: number, act: () => unknown): number {
  const windows = Array.from({ length: WINDOWS + 1 }, () => {
    const before = process.cpuUsage();
    for (let at = 0; at < times; at++) act();
    return usSince(before) / times;
  });
  return Math.min(...windows);
}

async function cpuOfEachAsync(times: number, act: () => Promise<unknown>): Promise<number> {
  const windows: number[] = [];
  while (windows.length <= WINDOWS) {
    const before = process.cpuUsage();
    for (let at = 0; at < times; at++) await act();
    windows.push(usSince(before) / times);
  }
  return Math.min(...windows);
}

function usSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return user + system;
}
