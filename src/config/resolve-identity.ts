/*
 * From the sections `auth` and `access.users`, and the token lists of servers, to whom a credential makes of its bearer.
 *
 * Of static tokens and keys only hashes are kept. A token may stand in several lists: its first entry says whom it makes
 * of its bearer, and its reach is what all its lists give together.
 */
import { createHash } from 'node:crypto';
import type { Holder, IdentityDefinition, KeyDefinition, TokenDefinition, UserDefinition } from '../model/identity.ts';
import { DEFAULT_ORGANISATION, type Reach } from '../model/principal.ts';
import { resolveIssuer } from './resolve-issuer.ts';
import type { NativeFile } from './schema.ts';
import type { UserEntry } from './schema-access.ts';
import type { AuthSection, KeyEntry, TokenEntry } from './schema-auth.ts';

type Users = ReadonlyMap<string, UserDefinition>;

export function resolveIdentity(file: NativeFile): IdentityDefinition {
  const users: Users = new Map(
    Object.entries(file.access?.users ?? {}).map(([name, entry]) => [name, userOf(name, entry)]),
  );
  const lists = new TokenLists(file);
  return {
    tokens: lists.tokens(users),
    keys: (file.auth?.keys ?? []).map((entry) => keyOf(entry, users)),
    issuers: (file.auth?.issuers ?? []).map(resolveIssuer),
    users,
    organisations: Object.keys(file.access?.organisations ?? {}),
    denied: deniedOf(file.auth?.deny),
    required: file.auth?.required ?? false,
    queryToken: file.auth?.queryToken ?? false,
    openServers: lists.open,
    ownTokens: lists.own,
  };
}

function userOf(name: string, { organisation, roles = [], groups = [], identities = [] }: UserEntry): UserDefinition {
  return { name, organisation: organisation ?? DEFAULT_ORGANISATION, roles, groups, identities };
}

function deniedOf(deny: AuthSection['deny']): IdentityDefinition['denied'] {
  const subjects = (deny?.subjects ?? []).map((entry) =>
    typeof entry === 'string'
      ? { issuer: undefined, subject: entry }
      : { issuer: entry.issuer, subject: entry.subject },
  );
  return { subjects, tokenIds: deny?.tokenIds ?? [] };
}

function keyOf(entry: KeyEntry, users: Users): KeyDefinition {
  const expiresAtMs = entry.expiresAt === undefined ? undefined : Date.parse(entry.expiresAt);
  const sha256 = entry.hash.toLowerCase();
  const reach = reachOf(entry, entry.servers, []);
  return { id: entry.id, name: entry.name ?? entry.id, sha256, expiresAtMs, ...holderOf(entry, 'none', users), reach };
}

type HolderEntry = Omit<TokenEntry, 'name' | 'token'>;

function holderOf(entry: HolderEntry, initial: Holder['grants'], users: Users): Omit<Holder, 'reach'> {
  const user = entry.user === undefined ? undefined : users.get(entry.user);
  return {
    organisation: entry.organisation ?? user?.organisation ?? DEFAULT_ORGANISATION,
    user: entry.user,
    // Those that it names are all that it has, so that it can be less than its user.
    roles: entry.roles ?? user?.roles ?? [],
    grants: entry.grants ?? initial,
  };
}

/** Undefined where nothing is out of reach. */
export function reachOf(
  { endpoints, tools }: Pick<HolderEntry, 'endpoints' | 'tools'>,
  servers: readonly string[] | undefined,
  exceptServers: readonly string[],
): Reach | undefined {
  const isLimited = [servers, endpoints, tools].some((part) => part !== undefined) || exceptServers.length > 0;
  return isLimited ? { servers, endpoints, tools, exceptServers } : undefined;
}

/** The gateway's list of static tokens, and those that servers have in its place. */
class TokenLists {
  readonly #gateway: readonly TokenEntry[];
  /** Server → its list, where it has one. */
  readonly #lists: ReadonlyMap<string, readonly TokenEntry[]>;

  constructor(file: NativeFile) {
    this.#gateway = file.auth?.tokens ?? [];
    this.#lists = new Map(
      Object.entries(file.servers ?? {}).flatMap(([name, { auth }]) => (auth?.tokens ? [[name, auth.tokens]] : [])),
    );
  }

  get open(): readonly string[] {
    return [...this.#lists].filter(([, tokens]) => tokens.length === 0).map(([server]) => server);
  }

  get own(): ReadonlyMap<string, readonly string[]> {
    const lists = [...this.#lists].filter(([, tokens]) => tokens.length > 0);
    return new Map(lists.map(([server, tokens]) => [server, tokens.map(({ name }) => name)]));
  }

  tokens(users: Users): readonly TokenDefinition[] {
    const first = new Map<string, TokenEntry>();
    for (const entry of [...this.#gateway, ...[...this.#lists.values()].flat()]) {
      if (!first.has(entry.name)) first.set(entry.name, entry);
    }
    return [...first.values()].map((entry) => ({
      name: entry.name,
      sha256: createHash('sha256').update(entry.token).digest('hex'),
      ...holderOf(entry, 'all', users),
      reach: this.#reachOf(entry),
    }));
  }

  /** S4's inheritance: a list of a server's own replaces the gateway's for it. */
  #reachOf(entry: TokenEntry): Reach | undefined {
    const own = [...this.own].filter(([, names]) => names.includes(entry.name)).map(([server]) => server);
    if (!this.#gateway.includes(entry)) return reachOf(entry, own, []);
    const others = [...this.own.keys()].filter((server) => !own.includes(server));
    const servers = entry.servers && [...new Set([...entry.servers, ...own])];
    return reachOf(entry, servers, others);
  }
}
