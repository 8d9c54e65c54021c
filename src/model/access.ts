/*
 * What people decided about who may do what: roles, what scopes open, and the policies of organisations. Plain data; the
 * one function that decides by it is in `proxy/policy/`.
 *
 * Everywhere an absent list says nothing and an empty one matches nothing; "all" is only ever said by `*`.
 */

/** An exact name, or one in which `*` stands for any run of characters. Case-sensitive. */
export type Pattern = string;

/** What a role or a policy is about. */
export interface Scope {
  /** Names of servers. */
  readonly servers: readonly Pattern[];
  /** Names of endpoints, `default` for `/mcp`; undefined for wherever the call comes in. */
  readonly endpoints: readonly Pattern[] | undefined;
  /** As the server calls them; undefined for none of this kind. */
  readonly tools: readonly Pattern[] | undefined;
  readonly prompts: readonly Pattern[] | undefined;
  /** URIs of the server; templates are of this kind too. */
  readonly resources: readonly Pattern[] | undefined;
}

export interface RoleDefinition {
  readonly name: string;
  /** Undefined: in every organisation. */
  readonly organisation?: string | undefined;
  /** Each grants by itself. */
  readonly permissions: readonly Scope[];
}

/**
 * Names that a server's tool is called by in scope permissions: `server:tool`, with patterns. The most specific entry that
 * fits a tool is the only one that counts.
 */
export interface ScopePermissions {
  readonly entries: ReadonlyMap<Pattern, readonly string[]>;
  /** How many of the scopes of an entry are needed. */
  readonly mode: 'any' | 'all';
  /** What holds where no entry fits: `null` denies, a scope allows who has it. */
  readonly defaultScope: string | null;
}

/** Fits when any list does; undefined lists say nothing. */
export interface Who {
  /** Ids of principals. */
  readonly principals: readonly Pattern[] | undefined;
  readonly users: readonly Pattern[] | undefined;
  readonly roles: readonly Pattern[] | undefined;
  readonly groups: readonly Pattern[] | undefined;
  readonly scopes: readonly Pattern[] | undefined;
}

export interface PolicyDefinition {
  readonly name: string;
  /** Only its members are meant, and only targets that they could reach. */
  readonly organisation: string;
  /** 1 to 1000; the highest that fits decides. */
  readonly priority: number;
  readonly effect: 'allow' | 'deny';
  /** `*` for everybody. */
  readonly who: Who | '*';
  readonly exceptWho: Who | undefined;
  /** `*` for everything. */
  readonly what: Scope | '*';
  readonly exceptWhat: Scope | undefined;
  /** A condition in CEL over `principal`, `target`, `arguments` and `request`; undefined for always. */
  readonly when: string | undefined;
}

export interface AccessDefinition {
  /** By name; those of one organisation as `{organisation}/{name}`. */
  readonly roles: ReadonlyMap<string, RoleDefinition>;
  readonly permissions: ScopePermissions | undefined;
  readonly policies: readonly PolicyDefinition[];
  /** Lower-case names of the header fields that conditions may read. */
  readonly headers: readonly string[];
}

/** Roles that are always there; what they may do of the servers is in `proxy/policy/`. */
export const BUILT_IN_ROLES = ['system_admin', 'admin', 'user', 'viewer', 'service'] as const;

export const NO_ACCESS_RULES: AccessDefinition = {
  roles: new Map(),
  permissions: undefined,
  policies: [],
  headers: [],
};
