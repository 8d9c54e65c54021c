/*
 * Static tokens: a list in the configuration, kept as SHA-256 digests.
 *
 * One look-up by digest finds the token, however many there are. That it takes the time of a look-up, and may take another
 * time for a digest that begins like a known one, tells nobody anything: what would have to be guessed byte by byte is the
 * digest, whose bytes nobody can choose without knowing the token (a preimage of SHA-256). The token itself is compared
 * with nothing.
 */
import { hash } from 'node:crypto';
import type { IdentityDefinition, TokenDefinition } from '../../model/identity.ts';
import type { Principal, Reach } from '../../model/principal.ts';
import { bearerOf } from './bearer.ts';
import { type Denies, denierOf } from './denied.ts';
import type { Refused, Scheme, Verified } from './scheme.ts';

export function tokenScheme(identity: IdentityDefinition): Scheme {
  const denies = denierOf(identity.denied);
  const known = new Map(identity.tokens.map((token) => [token.sha256, tokenFound(token, identity, denies)]));
  return {
    takes: (credential) => known.has(hash('sha256', credential)),
    takesBare: () => true,
    verify: (credential) => known.get(hash('sha256', credential)),
  };
}

export function tokenFound(token: TokenDefinition, identity: IdentityDefinition, denies: Denies): Verified | Refused {
  const principal = principalOf(token, identity);
  const isDenied = denies({ issuer: undefined, subjects: [principal.id, principal.user], tokenId: undefined });
  return isDenied ? { refused: 'denied' } : { principal, expiresAtMs: Number.POSITIVE_INFINITY };
}

function principalOf(token: TokenDefinition, identity: IdentityDefinition): Principal {
  const reach = outsideOwnLists(token, identity);
  return { ...bearerOf({ ...token, reach }, identity), id: `token:${token.name}`, kind: 'token' };
}

/** A server with a list of its own is out of reach for tokens that are not on it, at every endpoint that has it. */
function outsideOwnLists({ name, reach }: TokenDefinition, { ownTokens }: IdentityDefinition): Reach | undefined {
  const others = [...ownTokens].filter(([, names]) => !names.includes(name)).map(([server]) => server);
  if (others.length === 0) return reach;
  const { servers, endpoints, tools, exceptServers = [] } = reach ?? {};
  return { servers, endpoints, tools, exceptServers: [...new Set([...exceptServers, ...others])] };
}
