/*
 * Who asks. Comes from a verified credential and from nothing else (invariant I4).
 */
import type { Pattern } from './access.ts';

/** What a credential itself is limited to, whatever its holder may do. A part that is undefined limits nothing. */
export interface Reach {
  readonly servers: readonly Pattern[] | undefined;
  readonly endpoints: readonly Pattern[] | undefined;
  /** `server.tool`. When present, prompts and resources are out of reach. */
  readonly tools: readonly Pattern[] | undefined;
  /** Servers that are out of reach although `servers` names them: they have token lists of their own. */
  readonly exceptServers: readonly string[];
}

export interface Principal {
  /** Unique and stable; part of every cache, pool and session key. A subject of an issuer is `issuer|subject`. */
  readonly id: string;
  readonly kind: 'local' | 'anonymous' | 'token' | 'key' | 'user';
  /** The one organisation in which the credential acts. */
  readonly organisation: string;
  /** The name under which servers are owned; undefined for who can own none. */
  readonly user: string | undefined;
  readonly roles: readonly string[];
  readonly groups: readonly string[];
  /** OAuth scopes, and those that claims were mapped to. */
  readonly scopes: readonly string[];
  /** `all`: needs no role, scope or policy to be allowed (design §4). */
  readonly grants: 'all' | 'none';
  /** Undefined for a credential that is as good as its holder. */
  readonly reach: Reach | undefined;
  /** What conditions may read of a token; empty for other credentials. */
  readonly claims: Readonly<Record<string, unknown>>;
}

export const DEFAULT_ORGANISATION = 'default';

/** A principal with nothing but a name. */
export const NOBODY: Omit<Principal, 'id' | 'kind'> = {
  organisation: DEFAULT_ORGANISATION,
  user: undefined,
  roles: [],
  groups: [],
  scopes: [],
  grants: 'none',
  reach: undefined,
  claims: {},
};

/** The user of a loopback gateway without configured authentication, and of the operator's socket and pipes. */
export const LOCAL_USER: Principal = { ...NOBODY, id: 'local', kind: 'local', grants: 'all', roles: ['system_admin'] };

const holders = new WeakMap<Principal, string>();

/**
 * Whose something is that is kept: part of the key of every session, conversation, parked call, state and task. One identity
 * that acts in two organisations is two of them. One line of text, whatever an issuer calls its subjects.
 */
export function holderOf(principal: Principal): string {
  const known = holders.get(principal);
  if (known !== undefined) return known;
  const holder = JSON.stringify([principal.organisation, principal.id]);
  holders.set(principal, holder);
  return holder;
}

export const LOCAL_HOLDER = holderOf(LOCAL_USER);
