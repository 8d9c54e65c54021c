/*
 * What is stored, as Kysely sees it. The same in SQLite and in Postgres: text, and whole numbers.
 *
 * Ids are opaque text with 128 random bits (`ids.ts`). Times are milliseconds since 1970, UTC. Truth is 0 or 1. What has a
 * shape of its own (`…Json`) is JSON text, checked by its zod schema when it is written and when it is read. `version`
 * counts the changes of a row; it is the entity tag. Every row belongs to an organisation; those of the installation
 * itself to `default`.
 */

/** Columns that every managed object has. */
export interface Managed {
  id: string;
  /** The name of the organisation, as design §5 has it. */
  organisation: string;
  version: number;
  createdAtMs: number;
  updatedAtMs: number;
}

export interface OrganisationRow extends Managed {
  /** Equal to `organisation`: an organisation belongs to itself. Never renamed. */
  name: string;
  title: string;
}

export interface UserRow extends Managed {
  /** Unique per installation; what servers are owned under (`Principal.user`). */
  username: string;
  displayName: string;
  email: string;
  /** PHC text of argon2id; `''` for who cannot log in with a password. */
  passwordHash: string;
  /** 1: nothing but a change of the password is allowed. */
  mustChangePassword: number;
  disabled: number;
  /** Sessions that began before are over. */
  sessionsNotBeforeMs: number;
}

/** What a user is in an organisation; one row for each. */
export interface MembershipRow extends Managed {
  userId: string;
  /** Names of roles. */
  rolesJson: string;
}

export interface RoleRow extends Managed {
  name: string;
  title: string;
  /** As `access.roles.*.permissions` of the file. */
  permissionsJson: string;
}

export interface KeyRow extends Managed {
  /** Stands in the key itself: `gwk_{keyId}_{secret}`. */
  keyId: string;
  name: string;
  /** The whole key, hexadecimal. */
  sha256: string;
  /** Whose it is. */
  userId: string;
  /** Null: all of its user's roles. */
  rolesJson: string | null;
  /** `Reach`, as the file has it: servers, endpoints, tools. Null: wherever its user may. */
  reachJson: string | null;
  /** What it may do of the admin API: `[]`, `["read"]`, `["read","write"]`. */
  apiJson: string;
  expiresAtMs: number | null;
  /** To the minute. */
  lastUsedAtMs: number | null;
  disabled: number;
}

export interface ServerRow extends Managed {
  name: string;
  title: string;
  description: string;
  /** A server entry of the file, of `url` servers, without what has a column or a table here, and without secrets. */
  definitionJson: string;
  url: string;
  /** The name of a user; null for the organisation's own. */
  owner: string | null;
  visibility: string;
  /** Sorted, without repetition. */
  tagsJson: string;
  /** 1 to 1000; of `url` among the replicas. */
  weight: number;
}

export interface ReplicaRow extends Managed {
  serverId: string;
  url: string;
  weight: number;
}

export interface EndpointRow extends Managed {
  name: string;
  title: string;
  /** `toolset`: chosen by tools; `endpoint`: by servers. */
  kind: string;
  /** An endpoint entry of the file. */
  definitionJson: string;
}

export interface ForwardTokenRow extends Managed {
  serverId: string;
  userId: string;
  description: string;
  sha256: string;
  /** The first letters, for people to tell them apart. */
  prefix: string;
  expiresAtMs: number | null;
  lastUsedAtMs: number | null;
}

export interface PolicyRow extends Managed {
  name: string;
  description: string;
  priority: number;
  enabled: number;
  /** A policy entry of the file. */
  definitionJson: string;
}

export interface LimitRuleRow extends Managed {
  name: string;
  description: string;
  priority: number;
  enabled: number;
  definitionJson: string;
}

export interface ClaimMappingRow extends Managed {
  /** As it stands in `iss`. */
  issuer: string;
  claim: string;
  value: string;
  /** `{scopes, roles, groups}`; means something in `organisation` alone. */
  mappedJson: string;
}

export interface SecretRow extends Managed {
  /** What it is of: `server_header`, `session_key` … */
  kind: string;
  /** The id of the row that it belongs to. */
  ownerId: string;
  /** Which of several: the name of the header field. */
  name: string;
  /** Which key it is encrypted with. */
  keyId: string;
  /** AES-256-GCM, base64: nonce, ciphertext and tag; the associated data is kind, id of this row, owner and name. */
  sealed: string;
}

/** The runtime overlay: holds for objects of the file as for those stored. */
export interface OverlayRow extends Managed {
  /** `server`, `tool`, `principal`, `key`. */
  kind: string;
  /** The name of a server, `server.tool`, the id of a principal, the id that stands in a key. */
  target: string;
  /** `disabled`, `maintenance`, `killed`. */
  state: string;
  reason: string;
}

export interface SessionRow extends Managed {
  userId: string;
  /** Of the refresh token that is good now; each is good once. */
  refreshSha256: string;
  /** Of the one before: whoever presents it again ends the session. */
  usedSha256: string;
  expiresAtMs: number;
  revokedAtMs: number | null;
}

export interface AdminAuditRow {
  /** Rises, without promise of being without gaps. */
  seq: number;
  id: string;
  organisation: string;
  atMs: number;
  requestId: string;
  address: string;
  /** `user:{username}`, `key:{id}`, `local`, `''` for nobody. */
  actor: string;
  /** `server.create`, `session.login` … */
  action: string;
  /** `done`, `denied`, `failed`. */
  outcome: string;
  kind: string;
  targetId: string;
  targetName: string;
  /** JSON, secrets masked; null where there was nothing. */
  beforeJson: string | null;
  afterJson: string | null;
  /** Why it was refused. */
  reason: string;
}

/** What the data plane tells: changes of state of servers. Later kinds come with their parts. */
export interface StateEventRow {
  seq: number;
  organisation: string;
  atMs: number;
  node: string;
  server: string;
  state: string;
  reason: string;
}

/** What was changed, in order: by this the snapshot follows, on this node and on others. */
export interface ChangeRow {
  seq: number;
  organisation: string;
  kind: string;
  targetId: string;
  atMs: number;
}

export interface Tables {
  organisations: OrganisationRow;
  users: UserRow;
  memberships: MembershipRow;
  roles: RoleRow;
  apiKeys: KeyRow;
  servers: ServerRow;
  serverReplicas: ReplicaRow;
  endpoints: EndpointRow;
  forwardTokens: ForwardTokenRow;
  policies: PolicyRow;
  limitRules: LimitRuleRow;
  claimMappings: ClaimMappingRow;
  secrets: SecretRow;
  overlay: OverlayRow;
  sessions: SessionRow;
  adminAudit: AdminAuditRow;
  stateEvents: StateEventRow;
  changes: ChangeRow;
}

/** Tables of objects that people manage. */
export type ManagedTable = {
  [Name in keyof Tables]: Tables[Name] extends Managed ? Name : never;
}[keyof Tables];
