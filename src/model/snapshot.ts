/*
 * What people decided: servers, endpoints, credentials, limits. Immutable, numbered, swapped whole; plain cloneable data.
 */
import type { Limits } from './limits.ts';
import type { Revision } from './revision.ts';

export type TransportDefinition =
  | {
      readonly kind: 'http';
      readonly url: string;
      readonly headers: Readonly<Record<string, string>>;
      /** Nobody said which transport it is, so a server that refuses this one is tried as `sse`. */
      readonly orSse: boolean;
    }
  /** HTTP+SSE, the transport of 2024-11-05. */
  | { readonly kind: 'sse'; readonly url: string; readonly headers: Readonly<Record<string, string>> }
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
  /** What clients are told first. */
  readonly instructions?: string | undefined;
}

export interface TokenDefinition {
  /** Names the principal. */
  readonly name: string;
  /** SHA-256 of the token, hexadecimal: the token itself is not kept. */
  readonly sha256: string;
}

export interface Snapshot {
  readonly version: number;
  readonly servers: ReadonlyMap<string, ServerDefinition>;
  readonly endpoints: ReadonlyMap<string, EndpointDefinition>;
  /** Empty means: the local user, on loopback only. */
  readonly tokens: readonly TokenDefinition[];
  readonly limits: Limits;
  readonly publicUrl: string | undefined;
  readonly allowedHosts: readonly string[];
  readonly allowedOrigins: readonly string[];
}
