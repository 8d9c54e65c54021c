/*
 * Who presents this credential? Works from the request's head alone, before any body is read.
 *
 * Without configured tokens the caller is the local user (the listener is then on loopback only, see `config/`). With
 * tokens, the presented one is hashed and compared with every configured hash in constant time, none left out, so that
 * neither its content nor its place in the list can be measured.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { LOCAL_REQUEST, type Verdict } from '../../model/call.ts';
import { GatewayError } from '../../model/errors.ts';
import type { Holder, TokenDefinition } from '../../model/identity.ts';
import { LOCAL_USER, NOBODY, type Principal } from '../../model/principal.ts';

export type Verifier = (authorization: string | undefined) => Verdict;

const LOCAL: Verdict = { principal: LOCAL_USER, request: LOCAL_REQUEST };
/** A longer credential is refused unread. */
const CREDENTIAL_BYTES_MAX = 8192;

export function createVerifier(tokens: readonly TokenDefinition[]): Verifier {
  if (tokens.length === 0) return () => LOCAL;
  const known = tokens.map((token) => ({
    digest: Buffer.from(token.sha256, 'hex'),
    principal: { ...NOBODY, ...holderOf(token), id: `token:${token.name}`, kind: 'token' } as Principal,
  }));
  return (authorization) => {
    if (authorization === undefined) return { refused: new GatewayError('token_missing') };
    const digest = digestOf(authorization);
    if (!digest) return { refused: new GatewayError('token_invalid') };
    let principal: Principal | undefined;
    for (const token of known) if (timingSafeEqual(token.digest, digest)) principal = token.principal;
    return principal ? { principal, request: LOCAL_REQUEST } : { refused: new GatewayError('token_invalid') };
  };
}

function holderOf({ organisation, user, roles, grants, reach }: TokenDefinition): Holder {
  return { organisation, user, roles, grants, reach };
}

/** SHA-256 of the token of a `Bearer` credential (RFC 6750 §2.1); the scheme's case does not matter. */
function digestOf(authorization: string): Buffer | undefined {
  if (authorization.length > CREDENTIAL_BYTES_MAX || !/^bearer [^ ]+$/i.test(authorization)) return undefined;
  return createHash('sha256').update(authorization.slice(7)).digest();
}
