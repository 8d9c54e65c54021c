/*
 * The part of a configuration that the data plane goes by, as it takes it: servers by name, the endpoints there are, and
 * everything about who may do what. Out of the file, and of what is stored beside it.
 */
import { isDeepStrictEqual } from 'node:util';
import type { PolicyDefinition, RoleDefinition } from '../model/access.ts';
import { NO_OVERLAY, type Overlay } from '../model/overlay.ts';
import { NO_PEOPLE, type People } from '../model/people.ts';
import { DEFAULT_ORGANISATION } from '../model/principal.ts';
import { DEFAULT_SEPARATOR, type EndpointDefinition, type ServerDefinition, type Snapshot } from '../model/snapshot.ts';
import type { Config, EndpointConfig } from './config.ts';
import { ownEndpointName } from './known-names.ts';

/** What is stored, without what the file wins over: no name in it is one of the file. */
export interface StoredPart {
  readonly servers: readonly ServerDefinition[];
  readonly endpoints: readonly EndpointConfig[];
  readonly organisations: readonly string[];
  readonly roles: readonly RoleDefinition[];
  readonly policies: readonly PolicyDefinition[];
  readonly people: People;
  readonly overlay: Overlay;
}

export const NOTHING_STORED: StoredPart = {
  ...{ servers: [], endpoints: [], organisations: [], roles: [], policies: [] },
  ...{ people: NO_PEOPLE, overlay: NO_OVERLAY },
};

/** A snapshot, and what it was made from. */
export interface Made {
  readonly config: Config;
  /** Undefined where it is not known: all of it is looked at then. */
  readonly stored: StoredPart | undefined;
  readonly snapshot: Snapshot;
}

export function snapshotOf(config: Config, stored: StoredPart = NOTHING_STORED): Snapshot {
  return {
    version: 1,
    ...named(config, stored),
    identity: identityOf(config, stored),
    access: accessOf(config, stored),
    people: stored.people,
    overlay: stored.overlay,
    ...settingsOf(config),
  };
}

/**
 * What comes after `before`. What is equal in both is the same object, so that whatever was made from it stays good; where
 * everything is, the snapshot is that of before itself. What its sources say nothing new of is not looked at.
 */
export function nextSnapshot({ snapshot: before, ...from }: Made, config: Config, stored: StoredPart): Snapshot {
  const to = { config, stored };
  const next: Snapshot = {
    version: before.version,
    ...(isSame(from, to, NAMED_BY) ? { servers: before.servers, endpoints: before.endpoints } : keptNames(before, to)),
    identity: isSame(from, to, IDENTIFIED_BY) ? before.identity : same(before.identity, identityOf(config, stored)),
    access: isSame(from, to, GOVERNED_BY) ? before.access : same(before.access, accessOf(config, stored)),
    people: stored.people,
    overlay: stored.overlay,
    ...(from.stored && from.config === config ? settingsOf(before) : keptSettings(before, config)),
  };
  const fields = Object.keys(next) as (keyof Snapshot)[];
  return fields.every((field) => next[field] === before[field]) ? before : { ...next, version: before.version + 1 };
}

interface Sources {
  readonly config: Config;
  readonly stored: StoredPart;
}
type Source = (sources: Sources) => unknown;

const NAMED_BY: readonly Source[] = [
  ({ config }) => config.servers,
  ({ config }) => config.endpoints,
  ({ stored }) => stored.servers,
  ({ stored }) => stored.endpoints,
];
const IDENTIFIED_BY: readonly Source[] = [({ config }) => config.identity, ({ stored }) => stored.organisations];
const GOVERNED_BY: readonly Source[] = [
  ({ config }) => config.access,
  ({ stored }) => stored.roles,
  ({ stored }) => stored.policies,
];

function isSame({ config, stored }: Omit<Made, 'snapshot'>, to: Sources, by: readonly Source[]): boolean {
  return stored !== undefined && by.every((source) => source({ config, stored }) === source(to));
}

export function same<Value>(before: Value, next: Value): Value {
  return isDeepStrictEqual(before, next) ? before : next;
}

function named(config: Config, stored: StoredPart): Pick<Snapshot, 'servers' | 'endpoints'> {
  const servers = [...config.servers.filter(({ enabled }) => enabled), ...stored.servers];
  const behind = behindOf(servers);
  const all: EndpointConfig = { ...ALL, ...config.endpoints.find(({ name }) => name === '') };
  const others = [...config.endpoints, ...stored.endpoints].filter(({ name }) => name !== '');
  const endpoints = [
    aggregate(all, behind(all)),
    ...servers.map(own),
    ...others.map((endpoint) => aggregate(endpoint, behind(endpoint))),
  ];
  return {
    servers: new Map(servers.map((server) => [server.name, server])),
    endpoints: new Map(endpoints.map((endpoint) => [endpoint.name, endpoint])),
  };
}

function keptNames(before: Snapshot, { config, stored }: Sources): Pick<Snapshot, 'servers' | 'endpoints'> {
  const { servers, endpoints } = named(config, stored);
  return { servers: keptMap(before.servers, servers), endpoints: keptMap(before.endpoints, endpoints) };
}

function identityOf({ identity }: Config, { organisations }: StoredPart): Snapshot['identity'] {
  if (organisations.length === 0) return identity;
  return { ...identity, organisations: [...identity.organisations, ...organisations] };
}

function accessOf({ access }: Config, { roles, policies }: StoredPart): Snapshot['access'] {
  if (roles.length === 0 && policies.length === 0) return access;
  const all = [...access.roles, ...roles.map((role): [string, RoleDefinition] => [roleKey(role), role])];
  return { ...access, roles: new Map(all), policies: [...access.policies, ...policies] };
}

/** Two organisations may each have a role of one name. No name has a control character. */
function roleKey({ name, organisation }: RoleDefinition): string {
  return organisation === undefined ? name : `${organisation}\0${name}`;
}

/** As if there were no other servers. */
export function withOnly(snapshot: Snapshot, names: ReadonlySet<string>): Snapshot {
  const servers = new Map([...snapshot.servers].filter(([name]) => names.has(name)));
  const endpoints = [...snapshot.endpoints.values()].flatMap((endpoint): EndpointDefinition[] => {
    const left = endpoint.servers.filter((name) => names.has(name));
    return endpoint.naming === 'transparent' && left.length === 0 ? [] : [{ ...endpoint, servers: left }];
  });
  return { ...snapshot, servers, endpoints: new Map(endpoints.map((endpoint) => [endpoint.name, endpoint])) };
}

type Settings = Pick<
  Snapshot,
  'egress' | 'trustedProxies' | 'limits' | 'publicUrl' | 'allowedHosts' | 'allowedOrigins'
>;

function settingsOf({ egress, trustedProxies, limits, publicUrl, allowedHosts, allowedOrigins }: Settings): Settings {
  return { egress, trustedProxies, limits, publicUrl, allowedHosts, allowedOrigins };
}

function keptSettings(before: Snapshot, config: Config): Settings {
  return {
    egress: same(before.egress, config.egress),
    trustedProxies: same(before.trustedProxies, config.trustedProxies),
    limits: same(before.limits, config.limits),
    publicUrl: config.publicUrl,
    allowedHosts: same(before.allowedHosts, config.allowedHosts),
    allowedOrigins: same(before.allowedOrigins, config.allowedOrigins),
  };
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
  const isKept =
    entries.length === names.length &&
    entries.every(([name, value], at) => name === names[at] && value === before.get(name));
  return isKept ? before : new Map(entries);
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
function aggregate({ tools, ...endpoint }: EndpointConfig, { names, known }: Behind): EndpointDefinition {
  return {
    ...endpoint,
    servers: endpoint.servers?.filter((server) => known.has(server)) ?? names,
    tools: tools && { filter: tools.filter, changes: new Map(Object.entries(tools.changes)) },
  };
}

/** The servers that an endpoint may have, in their order. */
interface Behind {
  readonly names: readonly string[];
  readonly known: ReadonlySet<string>;
}

/** Found out once for all endpoints of an organisation. */
function behindOf(servers: readonly ServerDefinition[]): (endpoint: EndpointConfig) => Behind {
  const found = new Map<string, Behind>();
  return ({ name, organisation }) => {
    // `/mcp` is the caller's own, so whose it is follows from the caller.
    const of = name === '' ? '' : organisation;
    const behind = found.get(of) ?? reachable(servers, of);
    found.set(of, behind);
    return behind;
  };
}

function reachable(servers: readonly ServerDefinition[], organisation: string): Behind {
  const isBehind = (server: ServerDefinition) =>
    organisation === '' || server.organisation === organisation || server.visibility === 'shared';
  const names = servers.filter(isBehind).map(({ name }) => name);
  return { names, known: new Set(names) };
}
