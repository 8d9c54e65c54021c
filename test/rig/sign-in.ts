/*
 * A client of OAuth made by hand, for tokens that no well-behaved client would ask for: for other resources, with fewer
 * scopes. Registers, signs in with PKCE, and gives the tokens.
 */
import { createHash, randomBytes } from 'node:crypto';
import { browse } from './browser.ts';

export const CALLBACK = 'http://127.0.0.1:9/callback';

export interface Wanted {
  readonly issuer: string;
  readonly resource: string;
  readonly scope: string;
}

export async function signIn({ issuer, resource, scope }: Wanted): Promise<string> {
  const client = { redirect_uris: [CALLBACK], token_endpoint_auth_method: 'none', grant_types: ['authorization_code'] };
  const registered = await postJson(`${issuer}/reg`, client);
  const client_id = String(registered.client_id);
  const verifier = randomBytes(32).toString('base64url');
  const url = new URL(`${issuer}/auth`);
  url.search = new URLSearchParams({
    ...{ client_id, resource, scope, redirect_uri: CALLBACK, response_type: 'code', code_challenge_method: 'S256' },
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
  }).toString();
  const code = (await browse(url, CALLBACK)).searchParams.get('code') ?? '';
  const form = { grant_type: 'authorization_code', code, redirect_uri: CALLBACK, client_id, code_verifier: verifier };
  const response = await fetch(`${issuer}/token`, { method: 'POST', body: new URLSearchParams({ ...form, resource }) });
  return String(((await response.json()) as Record<string, unknown>).access_token);
}

/** Takes a token back (RFC 7009), as who it was given to, or as who has a secret. */
export async function revoke(
  issuer: string,
  token: string,
  by: { readonly clientId: string; readonly clientSecret: string },
): Promise<number> {
  const pair = [by.clientId, by.clientSecret].map((text) => new URLSearchParams([['', text]]).toString().slice(1));
  const authorization = `Basic ${Buffer.from(pair.join(':')).toString('base64')}`;
  const body = new URLSearchParams({ token });
  const response = await fetch(`${issuer}/token/revocation`, { method: 'POST', headers: { authorization }, body });
  return response.status;
}

async function postJson(url: string, body: object): Promise<Record<string, unknown>> {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  return (await response.json()) as Record<string, unknown>;
}
