/*
 * What may be wrong with who is who and what they may do.
 */
import type { IdentityDefinition } from '../../model/identity.ts';
import type { Examined, Finding } from './finding.ts';
import { isReachable } from './listener-findings.ts';

const CLIENT_SECRET_BYTES_MIN = 32;

export const IDENTITY_FINDINGS: readonly Finding[] = [
  {
    id: 'open-servers-reachable',
    severity: 'serious',
    say: 'Whoever reaches the gateway may call these servers without a credential.',
    fix: 'Remove "allowAnonymous", or listen on 127.0.0.1.',
    where: (about) => (isReachable(about) ? about.config.identity.openServers : []),
  },
  {
    id: 'open-servers',
    severity: 'warning',
    say: 'Whoever is on this machine, or behind the proxy before it, may call these servers without a credential.',
    fix: 'Remove the empty list of tokens to use those of "auth".',
    where: (about) => (isReachable(about) ? [] : about.config.identity.openServers),
  },
  {
    id: 'query-token',
    severity: 'warning',
    say: 'Credentials are taken from addresses, which browsers, proxies and servers keep in histories and logs.',
    fix: 'Remove "auth.queryToken" as soon as the clients that need it can send a header.',
    where: ({ config }) => (config.identity.queryToken ? ['auth.queryToken'] : []),
  },
  {
    id: 'unlimited-tokens',
    severity: 'warning',
    say: 'These tokens may do everything, from any machine that reaches the gateway.',
    fix: 'Limit each with "servers", "endpoints" or "tools", or write "grants: none" and give it roles.',
    where: (about) => (isReachable(about) ? unlimited(about.config.identity.tokens) : []),
  },
  {
    id: 'unlimited-keys',
    severity: 'warning',
    say: 'These keys may do everything that there is.',
    fix: 'Limit each with "servers", "endpoints" or "tools", or write "grants: none" and give it roles.',
    where: ({ config }) => unlimited(config.identity.keys),
  },
  {
    id: 'keys-without-end',
    severity: 'warning',
    say: 'These keys are good for ever: one that leaks stays good until somebody notices.',
    fix: 'Give each an "expiresAt", and make a new one in time.',
    where: ({ config }) => config.identity.keys.filter((key) => key.expiresAtMs === undefined).map(named),
  },
  {
    id: 'keys-over',
    severity: 'note',
    say: 'These keys have expired and open nothing.',
    fix: 'Remove them.',
    where: ({ config, nowMs }) =>
      config.identity.keys.filter(({ expiresAtMs }) => expiresAtMs !== undefined && expiresAtMs <= nowMs).map(named),
  },
  {
    id: 'further-audiences',
    severity: 'note',
    say: 'Tokens that were made for other addresses than this gateway’s are taken: whoever they were given to can use them here.',
    fix: 'Let the issuer write the address of the endpoint into "aud", and remove "audiences".',
    where: ({ config }) =>
      config.identity.issuers
        .filter(({ audiences }) => audiences.length > 0)
        .map((each) => `${each.issuer}: ${each.audiences.join(', ')}`),
  },
  {
    id: 'shared-secret-issuers',
    severity: 'note',
    say: 'Whoever can check tokens of these issuers can also make them.',
    fix: 'Use an issuer with public keys ("jwksUri", or discovery).',
    where: ({ config }) =>
      config.identity.issuers.filter(({ keys }) => keys.kind === 'secrets').map(({ issuer }) => issuer),
  },
  {
    id: 'lacking-claims',
    severity: 'warning',
    say: 'Tokens of these issuers may lack claims: without "aud" whatever was signed with the secret for anything else is good here at every endpoint, without "iss" it need not say who signed it.',
    fix: 'Let whoever makes them write "iss" and "aud", and remove "mayLack" when the old ones have ended.',
    where: ({ config }) =>
      config.identity.issuers.flatMap(({ issuer, keys }) =>
        keys.kind === 'secrets' && keys.mayLack.length > 0 ? [`${issuer}: ${keys.mayLack.join(', ')}`] : [],
      ),
  },
  {
    id: 'short-client-secrets',
    severity: 'warning',
    say: 'The secret by which the gateway asks these issuers is short enough to be guessed.',
    fix: 'Let the issuer make one of 32 bytes or more.',
    where: ({ config }) =>
      config.identity.issuers
        .filter(({ introspection: asked }) => asked && Buffer.byteLength(asked.clientSecret) < CLIENT_SECRET_BYTES_MIN)
        .map(({ issuer }) => issuer),
  },
  {
    id: 'issuers-grant-all',
    severity: 'warning',
    say: 'Everybody who has a token of these issuers may do everything.',
    fix: 'Write "grants: none" and give roles, scopes or policies.',
    where: ({ config }) => config.identity.issuers.filter(({ grants }) => grants === 'all').map(({ issuer }) => issuer),
  },
  {
    id: 'issuers-grant-nothing',
    severity: 'warning',
    say: 'Nobody with a token of these issuers can do anything: no role, scope, policy or public server allows it.',
    fix: 'Map claims to roles ("mappings"), write "access.permissions" or "access.policies", or make a server public.',
    where: ({ config }) => (someoneIsAllowed(config) ? [] : barren(config.identity)),
  },
];

const named = ({ id, name }: { readonly id: string; readonly name: string }) => (name === '' ? id : `${id} (${name})`);

function unlimited(
  holders: readonly { readonly name: string; readonly grants: string; readonly reach: unknown }[],
): string[] {
  return holders.filter(({ grants, reach }) => grants === 'all' && reach === undefined).map(({ name }) => name);
}

function someoneIsAllowed({ access, servers }: Examined['config']): boolean {
  const { permissions, policies } = access;
  return (
    permissions !== undefined ||
    policies.some(({ effect }) => effect === 'allow') ||
    servers.some(({ visibility, owner }) => visibility !== 'private' || owner !== undefined)
  );
}

/** Whose tokens bring no role either. */
function barren({ issuers, users }: IdentityDefinition): string[] {
  const hasUser = (issuer: string) =>
    [...users.values()].some((user) => user.roles.length > 0 && user.identities.some((one) => one.issuer === issuer));
  return issuers
    .filter(
      ({ issuer, grants, claims }) =>
        grants === 'none' &&
        claims.roles.length === 0 &&
        ![...claims.mappings.values()].some(({ roles }) => roles.length > 0) &&
        !hasUser(issuer),
    )
    .map(({ issuer }) => issuer);
}
