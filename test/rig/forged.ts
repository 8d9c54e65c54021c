/*
 * The tokens that must open nothing (security vectors A-T04), made for one issuer and one resource. Each is a good one but
 * for what its name says; the first is good altogether, so that a table which refuses everything is noticed.
 */
import { createHmac, createPublicKey } from 'node:crypto';
import { nowSeconds, type Said, type Signer, signed } from './issuer.ts';

export interface ForgedFor {
  readonly issuer: string;
  readonly audience: string;
  /** Its key is in the set of the issuer. */
  readonly signer: Signer;
  /** Its key is in the set too, for encryption. */
  readonly encrypting: Signer;
  /** Whose key is nowhere. */
  readonly stranger: Signer;
  /** Where nobody must go. */
  readonly canary: string;
}

export async function goodToken(about: ForgedFor): Promise<string> {
  return signed(about.signer, { claims: { iss: about.issuer, aud: about.audience } });
}

export async function forgedTokens(about: ForgedFor): Promise<ReadonlyMap<string, string>> {
  const { signer, stranger, canary, encrypting } = about;
  const with_ = ({ claims = {}, header = {} }: Said, by = signer) =>
    signed(by, { claims: { iss: about.issuer, aud: about.audience, ...claims }, header });
  const pem = createPublicKey({ key: signer.jwk, format: 'jwk' }).export({ type: 'spki', format: 'pem' });
  const rows: [string, string | Promise<string>][] = [
    ['alg none, without a signature', unsigned(about, { alg: 'none' }, '')],
    ['alg None', unsigned(about, { alg: 'None' }, '')],
    ['HMAC keyed with the public key as PEM', hmac(about, pem.toString())],
    ['HMAC keyed with the public key as JWK', hmac(about, JSON.stringify(signer.jwk))],
    ['an own key in its head', with_({ header: { jwk: stranger.jwk, kid: signer.kid } }, stranger)],
    ['an own key set named in its head', with_({ header: { jku: canary, kid: 'far' } }, stranger)],
    ['an own certificate named in its head', with_({ header: { x5u: canary, kid: undefined } }, stranger)],
    ['a key id that is a path', with_({ header: { kid: '../../../../dev/null' } })],
    ['the id of a key for encryption', with_({ header: { kid: encrypting.kid } }, encrypting)],
    ['an extension that nobody knows', unsigned(about, { alg: signer.alg, crit: ['x'], x: 1 }, 'AAAA')],
    ['no end', with_({ claims: { exp: undefined } })],
    ['an end that is text', textualEnd(about)],
    ['a beginning that is to come', with_({ claims: { nbf: nowSeconds() + 300 } })],
    ['an audience without us', with_({ claims: { aud: ['https://a.example/mcp', `${about.audience}/x`] } })],
    ['the form of an ID token', with_({ header: { typ: 'JWT' }, claims: { nonce: 'n-0S6' } })],
    ['an issuer that differs by a slash', with_({ claims: { iss: `${about.issuer}/` } })],
  ];
  return new Map(await Promise.all(rows.map(async ([what, token]) => [what, await token] as const)));
}

function unsigned(about: ForgedFor, header: object, signature: string): string {
  return `${unsignedPart(about, header)}.${signature}`;
}

function unsignedPart({ issuer, audience, signer }: ForgedFor, header: object): string {
  const claims = { iss: issuer, aud: audience, sub: 'ann', iat: nowSeconds(), exp: nowSeconds() + 300 };
  return [{ typ: 'at+jwt', kid: signer.kid, ...header }, claims].map(encoded).join('.');
}

function hmac(about: ForgedFor, secret: string): string {
  const part = unsignedPart(about, { alg: 'HS256' });
  return `${part}.${createHmac('sha256', secret).update(part).digest('base64url')}`;
}

/** `jose` does not sign it; whoever has the key can. */
async function textualEnd({ issuer, audience, signer }: ForgedFor): Promise<string> {
  const claims = { iss: issuer, aud: audience, sub: 'ann', exp: String(nowSeconds() + 300) };
  const part = [{ alg: signer.alg, kid: signer.kid, typ: 'at+jwt' }, claims].map(encoded).join('.');
  const how = { name: 'ECDSA', hash: 'SHA-256' };
  const signature = await crypto.subtle.sign(how, signer.privateKey, Buffer.from(part));
  return `${part}.${Buffer.from(signature).toString('base64url')}`;
}

function encoded(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}
