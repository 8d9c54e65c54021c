/*
 * Who comes without a right to: every kind of credential that opens nothing, and for comparison some that do. A scheme that
 * is new adds its rows here, and the stories of strangers take them to every path.
 */
import { createHash, randomBytes } from 'node:crypto';
import { SignJWT, UnsecuredJWT } from 'jose';
import { composeKey } from '../../src/model/key-text.ts';
import type { JsonObject } from '../rig/scripted-script.ts';

export type Headers = readonly (readonly [string, string])[];

export interface Shown {
  readonly title: string;
  readonly headers: Headers;
  /** Of the address. */
  readonly query?: string;
}

const ISSUER = 'strangers-test';
const AUDIENCE = 'the-gateway-of-this-test';
const [secret, otherSecret] = [randomBytes(32).toString('hex'), randomBytes(32).toString('hex')];
const token = randomBytes(32).toString('base64url');
const key = composeKey('good', randomBytes(32));
const expiredKey = composeKey('expired', randomBytes(32));

/** The section of the configuration that knows the good ones. */
export const AUTH: JsonObject = {
  tokens: [{ name: 'one', token }],
  keys: [
    { id: 'good', name: 'good', hash: sha256(key), grants: 'all' },
    { id: 'expired', name: 'expired', hash: sha256(expiredKey), grants: 'all', expiresAt: '2020-01-01T00:00:00Z' },
  ],
  issuers: [{ issuer: ISSUER, secrets: [secret], audiences: [AUDIENCE], grants: 'all' }],
  deny: { subjects: [{ issuer: ISSUER, subject: 'denied' }], tokenIds: ['denied-id'] },
};

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

interface Said {
  readonly claims?: Record<string, unknown>;
  readonly secret?: string;
  readonly alg?: string;
}

async function jwt({ claims = {}, alg = 'HS256', ...by }: Said): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  const all = { iss: ISSUER, aud: AUDIENCE, sub: 'ann', iat: now, exp: now + 600, ...claims };
  return new SignJWT(all).setProtectedHeader({ alg }).sign(Buffer.from(by.secret ?? secret));
}

const bearer = (title: string, text: string): Shown => ({ title, headers: [['Authorization', `Bearer ${text}`]] });
const ago = Math.floor(Date.now() / 1000) - 3_600;

export const STRANGERS: readonly Shown[] = [
  { title: 'nothing', headers: [] },
  { title: 'an empty field', headers: [['Authorization', '']] },
  bearer('garbage', 'garbage-garbage-garbage-garbage-garbage'),
  bearer('a token but for its last letter', token.slice(0, -1)),
  { title: 'a token as a password', headers: [['Authorization', `Basic ${btoa(`one:${token}`)}`]] },
  { title: 'a token as a cookie', headers: [['Cookie', `token=${token}; access_token=${token}`]] },
  { title: 'a token for a proxy', headers: [['Proxy-Authorization', `Bearer ${token}`]] },
  { title: 'a token in the query, which is switched off', headers: [], query: `token=${token}` },
  bearer('a key that is not known', composeKey('unknown', randomBytes(32))),
  bearer('a key with another secret', composeKey('good', randomBytes(32))),
  bearer('an expired key', expiredKey),
  { title: 'an expired key in its own field', headers: [['X-API-Key', expiredKey]] },
  {
    title: 'a key and a wrong token',
    headers: [
      ['X-API-Key', key],
      ['Authorization', 'Bearer wrong'],
    ],
  },
  bearer('an expired JWT', await jwt({ claims: { exp: ago } })),
  bearer('a JWT that is not good yet', await jwt({ claims: { nbf: ago + 7_200 } })),
  bearer('a JWT for ever', await jwt({ claims: { exp: undefined } })),
  bearer('a JWT for somebody else', await jwt({ claims: { aud: 'https://other.example/mcp' } })),
  bearer('a JWT for nobody', await jwt({ claims: { aud: undefined } })),
  bearer('a JWT of another issuer', await jwt({ claims: { iss: `${ISSUER}/` } })),
  bearer('a JWT signed by another', await jwt({ secret: otherSecret })),
  bearer(
    'a JWT signed by nobody',
    new UnsecuredJWT({ iss: ISSUER, aud: AUDIENCE, sub: 'ann', exp: ago + 7_200 }).encode(),
  ),
  bearer('a revoked JWT', await jwt({ claims: { jti: 'denied-id' } })),
  bearer('a JWT of somebody who was shut out', await jwt({ claims: { sub: 'denied' } })),
];

/** Each opens what there is. */
export const KNOWN: readonly Shown[] = [
  bearer('a token', token),
  bearer('a key', key),
  { title: 'a key in its own field', headers: [['X-API-Key', key]] },
  bearer('a JWT', await jwt({})),
  bearer('a JWT with a stronger signature', await jwt({ alg: 'HS512', secret })),
];
