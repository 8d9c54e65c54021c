/*
 * What people decided: servers, endpoints, credentials, limits. Immutable, numbered, swapped whole; plain cloneable data.
 */
import type { AccessDefinition } from './access.ts';
import type { IdentityDefinition } from './identity.ts';
import type { Limits } from './limits.ts';
import type { Overlay } from './overlay.ts';
import type { People } from './people.ts';
import type { Revision } from './revision.ts';

/** How a server is recognised, and how the gateway shows itself to it. Files, absolute. */
export interface ClientTls {
  /** Certificates to trust instead of the well-known ones. */
  readonly caFile: string | undefined;
  readonly certFile: string | undefined;
  readonly keyFile: string | undefined;
}

/**
 * `trusted`: the address is written in the local file. Any other one goes through the rules for addresses from elsewhere, at
 * every connection (design §6, egress).
 */
export type TransportDefinition =
  | {
      readonly kind: 'http';
      readonly url: string;
      readonly headers: Readonly<Record<string, string>>;
      readonly tls?: ClientTls;
      readonly trusted: boolean;
      /** Nobody said which transport it is, so a server that refuses this one is tried as `sse`. */
      readonly orSse: boolean;
    }
  /** HTTP+SSE, the transport of 2024-11-05. */
  | {
      readonly kind: 'sse';
      readonly url: string;
      readonly headers: Readonly<Record<string, string>>;
      readonly tls?: ClientTls;
      readonly trusted: boolean;
    }
  | {
      readonly kind: 'stdio';
      readonly command: string;
      readonly args: readonly string[];
      readonly env: Readonly<Record<string, string>>;
      readonly cwd: string | undefined;
    };

/** Exact names, or patterns in which `*` stands for any run of characters. Case-sensitive. */
export interface ToolFilter {
  /** When present, only these. */
  readonly allow: readonly string[] | undefined;
  /** Never these, whatever `allow` says. */
  readonly block: readonly string[];
}

/** `idempotent`: where the server says of a tool that to call it twice does no more than once, and for reads. */
export const REPEATS = ['never', 'idempotent'] as const;
export type Repeats = (typeof REPEATS)[number];

export interface ServerDefinition {
  readonly name: string;
  readonly title: string | undefined;
  readonly transport: TransportDefinition;
  readonly tools: ToolFilter;
  /** Set when the operator pins the revision, so that no era is probed. */
  readonly revision: Revision | undefined;
  /** The operator's statement that the server keeps no per-user state: one process or session for all (design §7). */
  readonly shared: boolean;
  /** Whether a call that was lost on its way may be made once more. */
  readonly repeatCalls: Repeats;
  readonly organisation: string;
  /** The user (`Principal.user`) whose it is; undefined for the organisation's own. */
  readonly owner: string | undefined;
  readonly visibility: Visibility;
  readonly limits: Limits;
}

/**
 * `transparent`: one server, its own names. The others are aggregates. `prefixed`: names `server__name`. `plain`: the
 * servers' own names, and of two that are equal only that of the first server. `merged`: equal names are one entry with
 * several owners. URIs are `server+uri` in all three.
 */
export type Naming = 'transparent' | 'prefixed' | 'plain' | 'merged';

export const DEFAULT_SEPARATOR = '__';

/** What an endpoint says of a tool instead of what its server says; what is undefined stays. */
export interface ToolChange {
  readonly name: string | undefined;
  readonly title: string | undefined;
  readonly description: string | undefined;
}

/** An endpoint's choice of tools. They are called `server.tool` here. */
export interface EndpointTools {
  readonly filter: ToolFilter;
  readonly changes: ReadonlyMap<string, ToolChange>;
}

export interface EndpointDefinition {
  /** `''` is the caller's default endpoint, `/mcp`. */
  readonly name: string;
  readonly naming: Naming;
  /** Stands between server and name where `naming` is `prefixed`. */
  readonly separator: string;
  /** In the order in which they are listed. */
  readonly servers: readonly string[];
  readonly tools?: EndpointTools | undefined;
  readonly title?: string | undefined;
  readonly organisation: string;
  /** OAuth scopes that a client may ask for to get more here (RFC 9728); what needs another one is not listed. */
  readonly scopesSupported: readonly string[];
  /** What clients are told first. */
  readonly instructions?: string | undefined;
}

/** A way out that addresses from elsewhere than the local file may take (design §6, egress). */
export interface EgressRule {
  /** A host name, `*.name` for those below it, or an address range (CIDR). */
  readonly host: string;
  /** Undefined for 443, and 80 where `http` is set. */
  readonly ports: readonly number[] | undefined;
  /** Plain http too. */
  readonly http: boolean;
}

/** `private`: its owner, and whom something else grants it. `public`: every member of its organisation. `shared`: everybody. */
export const VISIBILITIES = ['private', 'public', 'shared'] as const;
export type Visibility = (typeof VISIBILITIES)[number];

export interface Snapshot {
  readonly version: number;
  readonly servers: ReadonlyMap<string, ServerDefinition>;
  readonly endpoints: ReadonlyMap<string, EndpointDefinition>;
  readonly identity: IdentityDefinition;
  readonly access: AccessDefinition;
  readonly people: People;
  readonly overlay: Overlay;
  readonly egress: readonly EgressRule[];
  /** Address ranges (CIDR) of proxies whose forwarded fields are believed. */
  readonly trustedProxies: readonly string[];
  readonly limits: Limits;
  readonly publicUrl: string | undefined;
  readonly allowedHosts: readonly string[];
  readonly allowedOrigins: readonly string[];
}
