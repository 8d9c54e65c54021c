/*
 * A configuration after loading: plain frozen data, every default filled in, every limit resolved.
 */
import type { AccessDefinition } from '../model/access.ts';
import type { IdentityDefinition } from '../model/identity.ts';
import type { Limits } from '../model/limits.ts';
import type { EgressRule, Naming, ServerDefinition, ToolChange, ToolFilter } from '../model/snapshot.ts';
import type { ServerDefaults } from './schema.ts';

export interface ServerConfig extends ServerDefinition {
  /** A disabled server is neither started nor listed; it is kept so that it can be shown. */
  readonly enabled: boolean;
  readonly description: string | undefined;
}

export interface EndpointConfig {
  /** `''` is `/mcp` itself. */
  readonly name: string;
  readonly title: string | undefined;
  readonly instructions: string | undefined;
  /** Undefined means all of its organisation, and shared ones. */
  readonly servers: readonly string[] | undefined;
  readonly naming: Exclude<Naming, 'transparent'>;
  readonly separator: string;
  readonly organisation: string;
  readonly scopesSupported: readonly string[];
  readonly tools: { readonly filter: ToolFilter; readonly changes: Readonly<Record<string, ToolChange>> } | undefined;
}

export interface TlsFiles {
  /** Absolute. */
  readonly certFile: string;
  readonly keyFile: string;
}

export interface Listen {
  readonly host: string;
  readonly port: number;
  readonly tls: TlsFiles | undefined;
}

/** Where what is managed while the gateway runs is kept, and where it is managed. */
export interface ControlConfig {
  /** Postgres; undefined for SQLite in the data folder. Holds a password. */
  readonly databaseUrl: string | undefined;
  /** Absolute; undefined for `encryption.key` in the data folder. */
  readonly encryptionKeyFile: string | undefined;
  readonly isServed: boolean;
  /** Undefined for the gateway's own listener. */
  readonly listen: Listen | undefined;
}

export interface Config {
  /** In the order of the file. */
  readonly servers: readonly ServerConfig[];
  /** What servers that come from elsewhere inherit too. */
  readonly defaults: ServerDefaults;
  /** Those of the file; each server has its own besides. */
  readonly endpoints: readonly EndpointConfig[];
  readonly listen: Listen;
  readonly identity: IdentityDefinition;
  readonly access: AccessDefinition;
  readonly egress: readonly EgressRule[];
  readonly control: ControlConfig;
  /** Address ranges (CIDR). */
  readonly trustedProxies: readonly string[];
  readonly limits: Limits;
  readonly publicUrl: string | undefined;
  /** `host` or `host:port`, lower case. */
  readonly allowedHosts: readonly string[];
  /** Serialized origins: `https://app.example.com`. */
  readonly allowedOrigins: readonly string[];
  /** The file it was read from, absolute. */
  readonly source: string;
}
