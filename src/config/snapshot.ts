/*
 * The part of a configuration that the data plane goes by, as it takes it: servers by name, the endpoints there are, and
 * everything about who may do what.
 */
import { DEFAULT_ORGANISATION } from '../model/principal.ts';
import { DEFAULT_SEPARATOR, type EndpointDefinition, type ServerDefinition, type Snapshot } from '../model/snapshot.ts';
import type { Config, EndpointConfig } from './config.ts';
import { ownEndpointName } from './known-names.ts';

export function snapshotOf(config: Config): Snapshot {
  const servers = config.servers.filter((server) => server.enabled);
  const endpoints = [
    aggregate({ ...ALL, ...config.endpoints.find(({ name }) => name === '') }, servers),
    ...servers.map(own),
    ...config.endpoints.filter(({ name }) => name !== '').map((endpoint) => aggregate(endpoint, servers)),
  ];
  return {
    version: 1,
    servers: new Map(servers.map((server) => [server.name, server])),
    endpoints: new Map(endpoints.map((endpoint) => [endpoint.name, endpoint])),
    identity: config.identity,
    access: config.access,
    egress: config.egress,
    trustedProxies: config.trustedProxies,
    limits: config.limits,
    publicUrl: config.publicUrl,
    allowedHosts: config.allowedHosts,
    allowedOrigins: config.allowedOrigins,
  };
}

const ALL: EndpointConfig = {
  ...{ name: '', naming: 'prefixed', separator: DEFAULT_SEPARATOR },
  ...{ title: undefined, instructions: undefined, servers: undefined, tools: undefined },
  ...{ organisation: DEFAULT_ORGANISATION, scopesSupported: [] },
};

function own({ name, organisation }: ServerDefinition): EndpointDefinition {
  return {
    ...{ name: ownEndpointName(name, organisation), naming: 'transparent', separator: DEFAULT_SEPARATOR },
    ...{ servers: [name], organisation, scopesSupported: [] },
  };
}

/** A server that is disabled is not behind it. */
function aggregate({ tools, ...endpoint }: EndpointConfig, enabled: readonly ServerDefinition[]): EndpointDefinition {
  const { name, organisation, servers: chosen } = endpoint;
  const names = enabled
    // `/mcp` is the caller's own, so whose it is follows from the caller.
    .filter((server) => name === '' || server.organisation === organisation || server.visibility === 'shared')
    .map((server) => server.name);
  return {
    ...endpoint,
    servers: chosen?.filter((server) => names.includes(server)) ?? names,
    tools: tools && { filter: tools.filter, changes: new Map(Object.entries(tools.changes)) },
  };
}
