/*
 * A configuration after loading: plain frozen data, every default filled in, every limit resolved.
 */
import type { Limits } from '../model/limits.ts';
import type { ServerDefinition } from '../model/snapshot.ts';

export interface ServerConfig extends ServerDefinition {
  /** A disabled server is neither started nor listed; it is kept so that it can be shown. */
  readonly enabled: boolean;
  readonly description: string | undefined;
}

export interface StaticToken {
  readonly name: string;
  /** Secret. Never to be printed. */
  readonly token: string;
}

export interface Config {
  /** In the order of the file. */
  readonly servers: readonly ServerConfig[];
  readonly listen: { readonly host: string; readonly port: number };
  readonly auth: { readonly tokens: readonly StaticToken[] };
  readonly limits: Limits;
  readonly publicUrl: string | undefined;
  /** `host` or `host:port`, lower case. */
  readonly allowedHosts: readonly string[];
  /** Serialized origins: `https://app.example.com`. */
  readonly allowedOrigins: readonly string[];
  /** The file it was read from, absolute. */
  readonly source: string;
}
