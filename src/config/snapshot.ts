/*
 * The part of a configuration that the data plane goes by, as it takes it: servers by name, the endpoints there are, and
 * tokens as nothing but their hashes.
 */
import { createHash } from 'node:crypto';
import { DEFAULT_SEPARATOR, type EndpointDefinition, type Snapshot } from '../model/snapshot.ts';
import type { Config, EndpointConfig } from './config.ts';

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
    tokens: config.auth.tokens.map(({ name, token }) => ({
      name,
      sha256: createHash('sha256').update(token).digest('hex'),
    })),
    limits: config.limits,
    publicUrl: config.publicUrl,
    allowedHosts: config.allowedHosts,
    allowedOrigins: config.allowedOrigins,
  };
}

const ALL: EndpointConfig = {
  ...{ name: '', naming: 'prefixed', separator: DEFAULT_SEPARATOR },
  ...{ title: undefined, instructions: undefined, servers: undefined, tools: undefined },
};

function own(name: string): EndpointDefinition {
  return { name, naming: 'transparent', separator: DEFAULT_SEPARATOR, servers: [name] };
}

/** A server that is disabled is not behind it. */
function aggregate({ tools, ...endpoint }: EndpointConfig, enabled: readonly string[]): EndpointDefinition {
  return {
    ...endpoint,
    servers: endpoint.servers?.filter((name) => enabled.includes(name)) ?? enabled,
    tools: tools && { filter: tools.filter, changes: new Map(Object.entries(tools.changes)) },
  };
}
