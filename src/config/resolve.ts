/*
 * From a valid file to a `Config`: built-in defaults → `defaults` → server, and for limits → `limits` in between.
 *
 * A value is taken whole and only where the server has none: lists and maps are never merged, because a merged
 * `tools.allow` could offer more than either list says.
 */
import { isIPv6 } from 'node:net';
import { dirname } from 'node:path';
import { defaultLimits, type Limits } from '../model/limits.ts';
import { DEFAULT_ORGANISATION } from '../model/principal.ts';
import { type ClientTls, DEFAULT_SEPARATOR, type ToolChange, type TransportDefinition } from '../model/snapshot.ts';
import type { Config, EndpointConfig, Listen, ServerConfig } from './config.ts';
import { DEFAULT_ENDPOINT } from './endpoint-rules.ts';
import { pathIn } from './home-path.ts';
import { DEFAULT_HOST, DEFAULT_PORT } from './listen-rules.ts';
import { resolveAccess } from './resolve-access.ts';
import { resolveControl } from './resolve-control.ts';
import { resolveIdentity } from './resolve-identity.ts';
import { type NativeFile, PER_SERVER_LIMITS, type ServerDefaults, type ServerEntry } from './schema.ts';
import type { EndpointEntry } from './schema-endpoint.ts';

export interface ListenOverride {
  readonly host: string | undefined;
  readonly port: number | undefined;
}

/** @param source Absolute path of the file; relative `cwd`s start at its folder. */
export function resolveConfig(file: NativeFile, source: string, override: ListenOverride): Config {
  const limits: Limits = { ...defaultLimits(), ...present(file.limits ?? {}) };
  const folder = dirname(source);
  const listen = resolveListen(file.listen, folder, override);
  const inherited: Inherited = { defaults: file.defaults ?? {}, limits, folder, trusted: true };
  const config: Config = {
    servers: Object.entries(file.servers ?? {}).map(([name, entry]) => resolveServer(name, entry, inherited)),
    defaults: inherited.defaults,
    endpoints: Object.entries(file.endpoints ?? {}).map(([name, entry]) => resolveEndpoint(name, entry)),
    listen,
    control: resolveControl(file, folder, listen),
    identity: resolveIdentity(file),
    access: resolveAccess(file.access),
    egress: (file.egress?.allow ?? []).map(({ host, ports, http = false }) => ({ host, ports, http })),
    trustedProxies: (file.listen?.trustedProxies ?? []).map(asRange),
    limits,
    publicUrl: file.publicUrl,
    allowedHosts: (file.allowedHosts ?? []).map((host) => host.toLowerCase()),
    allowedOrigins: file.allowedOrigins ?? [],
    source,
  };
  return frozen(config);
}

/** What a server has where its entry says nothing. */
export interface Inherited {
  readonly defaults: ServerDefaults;
  readonly limits: Limits;
  /** Where relative paths begin. */
  readonly folder: string;
  /** Whether the entry stands in the local file. */
  readonly trusted: boolean;
}

export function resolveServer(name: string, stated: ServerEntry, inherited: Inherited): ServerConfig {
  const { defaults, limits } = inherited;
  const entry: ServerEntry = { ...defaults, ...present(stated) };
  const own = PER_SERVER_LIMITS.map((limit) => [limit, entry[limit] ?? limits[limit]]);
  return {
    name,
    title: entry.title,
    description: entry.description,
    enabled: entry.enabled ?? true,
    transport: transportOf(entry, inherited),
    tools: { allow: entry.tools?.allow, block: entry.tools?.block ?? [] },
    revision: entry.revision,
    shared: entry.isolation === 'shared',
    repeatCalls: entry.repeatCalls ?? 'never',
    organisation: entry.organisation ?? DEFAULT_ORGANISATION,
    owner: entry.owner,
    visibility: entry.visibility ?? 'private',
    limits: { ...limits, ...(Object.fromEntries(own) as Partial<Limits>) },
  };
}

export function resolveEndpoint(name: string, entry: EndpointEntry): EndpointConfig {
  const { title, instructions, servers, tools } = entry;
  const changes = Object.entries(tools?.change ?? {}).map(([address, change]): [string, ToolChange] => [
    address,
    { name: change.name, title: change.title, description: change.description },
  ]);
  return {
    ...{ title, instructions, servers },
    name: name === DEFAULT_ENDPOINT ? '' : name,
    naming: entry.naming ?? 'prefixed',
    separator: entry.separator ?? DEFAULT_SEPARATOR,
    organisation: entry.organisation ?? DEFAULT_ORGANISATION,
    scopesSupported: entry.scopesSupported ?? [],
    tools: tools && {
      filter: { allow: tools.allow, block: tools.block ?? [] },
      changes: Object.fromEntries(changes),
    },
  };
}

function transportOf(entry: ServerEntry, { folder, trusted }: Inherited): TransportDefinition {
  if (entry.url !== undefined) {
    const word = entry.type ?? entry.transport;
    const tls = clientTls(entry, folder);
    const where = { url: entry.url, headers: entry.headers ?? {}, ...(tls && { tls }), trusted };
    return word === 'sse' ? { kind: 'sse', ...where } : { kind: 'http', ...where, orSse: word === undefined };
  }
  const cwd = pathIn(folder, entry.cwd ?? '.');
  return { kind: 'stdio', command: entry.command ?? '', args: entry.args ?? [], env: entry.env ?? {}, cwd };
}

function clientTls({ caFile, certFile, keyFile }: ServerEntry, folder: string): ClientTls | undefined {
  if (caFile === undefined && certFile === undefined) return undefined;
  const absolute = (path: string | undefined) => (path === undefined ? undefined : pathIn(folder, path));
  return { caFile: absolute(caFile), certFile: absolute(certFile), keyFile: absolute(keyFile) };
}

function resolveListen(listen: NativeFile['listen'], folder: string, override: ListenOverride): Listen {
  return {
    host: override.host ?? listen?.host ?? DEFAULT_HOST,
    port: override.port ?? listen?.port ?? DEFAULT_PORT,
    tls: listen?.tls && { certFile: pathIn(folder, listen.tls.certFile), keyFile: pathIn(folder, listen.tls.keyFile) },
  };
}

/** One address is a range of one. */
function asRange(address: string): string {
  if (address.includes('/')) return address;
  return `${address}/${isIPv6(address) ? 128 : 32}`;
}

type Present<T> = { [Field in keyof T]: Exclude<T[Field], undefined> };

/** Fields without those that are `undefined`, so that they do not hide an inherited value. */
function present<T extends object>(fields: T): Present<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Present<T>;
}

function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(frozen);
  }
  return value;
}
