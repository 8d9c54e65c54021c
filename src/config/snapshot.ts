/*
 * The part of a configuration that the data plane goes by, as it takes it: servers by name, the endpoints there are, and
 * tokens as nothing but their hashes.
 */
import { createHash } from 'node:crypto';
import { NO_ACCESS_RULES } from '../model/access.ts';
import { NO_IDENTITY, type TokenDefinition } from '../model/identity.ts';
import { DEFAULT_ORGANISATION } from '../model/principal.ts';
import { DEFAULT_SEPARATOR, type EndpointDefinition, type Snapshot } from '../model/snapshot.ts';
import type { Config, EndpointConfig, StaticToken } from './config.ts';

export function snapshotOf(config: Config): Snapshot {
  const servers = config.servers.filter((server) => server.enabled);
  const names = servers.map((server) => server.name);
  const endpoints = [
    aggregate({ ...ALL, ...config.endpoints.find(({ name }) => name === '') }, names),
    ...names.map(own),
    ...config.endpoints.filter(({ name }) => name !== '').map((endpoint) => aggregate(endpoint, names)),
  ];
  return {
    version: 1,
    servers: new Map(servers.map((server) => [server.name, server])),
    endpoints: new Map(endpoints.map((endpoint) => [endpoint.name, endpoint])),
    identity: { ...NO_IDENTITY, tokens: config.auth.tokens.map(tokenOf) },
    access: NO_ACCESS_RULES,
    egress: [],
    trustedProxies: [],
    limits: config.limits,
    publicUrl: config.publicUrl,
    allowedHosts: config.allowedHosts,
    allowedOrigins: config.allowedOrigins,
  };
}

function tokenOf({ name, token }: StaticToken): TokenDefinition {
  const holder = { organisation: DEFAULT_ORGANISATION, user: undefined, roles: [], grants: 'all', reach: undefined };
  return { name, sha256: createHash('sha256').update(token).digest('hex'), ...holder } as TokenDefinition;
}

const ALL: EndpointConfig = {
  ...{ name: '', naming: 'prefixed', separator: DEFAULT_SEPARATOR },
  ...{ title: undefined, instructions: undefined, servers: undefined, tools: undefined },
};

const PLAIN = { organisation: DEFAULT_ORGANISATION, scopesSupported: [] };

function own(name: string): EndpointDefinition {
  return { name, naming: 'transparent', separator: DEFAULT_SEPARATOR, servers: [name], ...PLAIN };
}

/** A server that is disabled is not behind it. */
function aggregate({ tools, ...endpoint }: EndpointConfig, enabled: readonly string[]): EndpointDefinition {
  return {
    ...endpoint,
    ...PLAIN,
    servers: endpoint.servers?.filter((name) => enabled.includes(name)) ?? enabled,
    tools: tools && { filter: tools.filter, changes: new Map(Object.entries(tools.changes)) },
  };
}
