/*
 * From an entry of `auth.issuers` to what is believed of its tokens.
 */
import type { ClaimPath, ClaimRules, IssuerDefinition, Mapped } from '../model/identity.ts';
import { type ClaimsEntry, HMAC_ALGORITHMS, type IssuerEntry, PUBLIC_ALGORITHMS } from './schema-auth.ts';

type MappedEntry = NonNullable<IssuerEntry['mappings']>[string];

const LEEWAY_SECONDS = 60;
const CACHE_SECONDS = 30;
/** OAuth's own claim (RFC 8693 §4.2), and what several providers have in its place. */
const SCOPE_CLAIMS = ['scope', 'scp'];

/** RFC 7518 §3.2: a secret is at least as long as the hash. */
export const HMAC_BYTES: Readonly<Record<string, number>> = { HS256: 32, HS384: 48, HS512: 64 };

export function resolveIssuer(entry: IssuerEntry): IssuerDefinition {
  return {
    issuer: entry.issuer,
    keys: keysOf(entry),
    algorithms: entry.algorithms ?? fittingAlgorithms(entry),
    audiences: entry.audiences ?? [],
    leewayMs: (entry.leewaySeconds ?? LEEWAY_SECONDS) * 1_000,
    introspection: entry.introspection && {
      url: entry.introspection.url,
      clientId: entry.introspection.clientId,
      clientSecret: entry.introspection.clientSecret,
      cacheMs: (entry.introspection.cacheSeconds ?? CACHE_SECONDS) * 1_000,
    },
    announced: entry.secrets === undefined,
    claims: rulesOf(entry.claims ?? {}, entry.mappings ?? {}),
    grants: entry.grants ?? 'none',
  };
}

function keysOf({ secrets, jwksUri, mayLack = [] }: IssuerEntry): IssuerDefinition['keys'] {
  if (secrets !== undefined) return { kind: 'secrets', secrets, mayLack };
  return jwksUri === undefined ? { kind: 'discovery' } : { kind: 'jwks', url: jwksUri };
}

function fittingAlgorithms({ secrets }: IssuerEntry): readonly string[] {
  if (secrets === undefined) return PUBLIC_ALGORITHMS;
  const shortest = Math.min(...secrets.map((secret) => Buffer.byteLength(secret)));
  return HMAC_ALGORITHMS.filter((algorithm) => (HMAC_BYTES[algorithm] ?? 0) <= shortest);
}

function rulesOf(claims: ClaimsEntry, mappings: NonNullable<IssuerEntry['mappings']>): ClaimRules {
  return {
    subject: claims.subject === undefined ? undefined : pathOf(claims.subject),
    scopes: pathsOf(claims.scopes ?? SCOPE_CLAIMS),
    roles: pathsOf(claims.roles),
    groups: pathsOf(claims.groups),
    organisation: claims.organisation === undefined ? undefined : pathOf(claims.organisation),
    user: claims.user === undefined ? undefined : pathOf(claims.user),
    required: pathsOf(claims.required),
    mappings: new Map(Object.entries(mappings).map(([from, to]) => [from, resolveMapped(to)])),
  };
}

export function resolveMapped({ scopes = [], roles = [], groups = [] }: MappedEntry): Mapped {
  return { scopes, roles, groups };
}

function pathsOf(paths: ClaimsEntry['scopes']): readonly ClaimPath[] {
  if (paths === undefined) return [];
  return typeof paths === 'string' ? [pathOf(paths)] : paths.map(pathOf);
}

/** Names of claims that are URLs have dots, and nobody means paths by them. */
function pathOf(path: string | readonly string[]): ClaimPath {
  if (typeof path !== 'string') return path;
  return /^(?:https?:\/\/|urn:)/i.test(path) ? [path] : path.split('.');
}
