/*
 * The part of a configuration that the data plane goes by, as it takes it: servers by name, the endpoints there are, and
 * everything about who may do what.
 */
import { isDeepStrictEqual } from 'node:util';
import { NO_OVERLAY } from '../model/overlay.ts';
import { NO_PEOPLE } from '../model/people.ts';
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
    people: NO_PEOPLE,
    overlay: NO_OVERLAY,
    egress: config.egress,
    trustedProxies: config.trustedProxies,
    limits: config.limits,
    publicUrl: config.publicUrl,
    allowedHosts: config.allowedHosts,
    allowedOrigins: config.allowedOrigins,
  };
}

/**
 * The snapshot after `before`. What is equal in both is the same object, so that whatever was made from it stays good; where
 * everything is, it is `before` itself.
 */
export function nextSnapshot(before: Snapshot, config: Config): Snapshot {
  const next = snapshotOf(config);
  const servers = keptMap(before.servers, next.servers);
  const endpoints = keptMap(before.endpoints, next.endpoints);
  const snapshot: Snapshot = {
    ...{ ...next, servers, endpoints },
    identity: same(before.identity, next.identity),
    access: same(before.access, next.access),
    people: before.people,
    overlay: before.overlay,
    egress: same(before.egress, next.egress),
    limits: same(before.limits, next.limits),
  };
  return isDeepStrictEqual({ ...snapshot, version: before.version }, before)
    ? before
    : { ...snapshot, version: before.version + 1 };
}

function same<Value>(before: Value, next: Value): Value {
  return isDeepStrictEqual(before, next) ? before : next;
}

/** In another order it is another map: endpoints list their servers in that of the file. */
function keptMap<Value>(
  before: ReadonlyMap<string, Value>,
  next: ReadonlyMap<string, Value>,
): ReadonlyMap<string, Value> {
  const entries = [...next].map(([name, value]): [string, Value] => {
    const known = before.get(name);
    return [name, known === undefined ? value : same(known, value)];
  });
  const names = [...before.keys()];
  const isSame =
    entries.length === names.length &&
    entries.every(([name, value], at) => name === names[at] && value === before.get(name));
  return isSame ? before : new Map(entries);
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
