/*
 * What people decided about who is who: the credentials that are taken, and whom they make of their bearer. Plain data;
 * secrets are here as hashes, but for those that a check needs whole.
 */
import type { Reach } from './principal.ts';

/** Whom a static token or a key makes of its bearer. */
export interface Holder {
  readonly organisation: string;
  readonly user: string | undefined;
  readonly roles: readonly string[];
  readonly grants: 'all' | 'none';
  readonly reach: Reach | undefined;
}

export interface TokenDefinition extends Holder {
  /** Names the principal: `token:{name}`. */
  readonly name: string;
  /** SHA-256 of the token, hexadecimal: the token itself is not kept. */
  readonly sha256: string;
}

export interface KeyDefinition extends Holder {
  /** Names the principal: `key:{id}`. Stands in the key itself: `gwk_{id}_{secret}`. */
  readonly id: string;
  /** For people. */
  readonly name: string;
  /** SHA-256 of the whole key, hexadecimal. */
  readonly sha256: string;
  /** Wall clock; undefined for never. */
  readonly expiresAtMs: number | undefined;
}

/** Where in a token's claims things stand: member names from the top down, `.` between them in the file. */
export type ClaimPath = readonly string[];

export interface ClaimRules {
  /** Who it is, as text or a whole number; undefined for `sub`, as text. */
  readonly subject: ClaimPath | undefined;
  readonly scopes: readonly ClaimPath[];
  readonly roles: readonly ClaimPath[];
  readonly groups: readonly ClaimPath[];
  readonly organisation: ClaimPath | undefined;
  /** The name under which servers are owned. */
  readonly user: ClaimPath | undefined;
  /** Every one of these must be there. */
  readonly required: readonly ClaimPath[];
  /** `claim:value` → what it opens; compared without regard to case, as in S2. */
  readonly mappings: ReadonlyMap<string, Mapped>;
}

export interface Mapped {
  readonly scopes: readonly string[];
  readonly roles: readonly string[];
  readonly groups: readonly string[];
}

export interface IntrospectionDefinition {
  /** Undefined: the one that discovery names. */
  readonly url: string | undefined;
  readonly clientId: string;
  readonly clientSecret: string;
  /** At most 30 000. */
  readonly cacheMs: number;
}

/** What tokens may do without, where only who shares a secret with us signs them: who has public keys signs for others. */
export type LackedClaim = 'aud' | 'iss';

/** Who signs tokens, and what of them is believed. */
export interface IssuerDefinition {
  /** As it stands in `iss`, to the letter. */
  readonly issuer: string;
  /** Where keys come from: shared secrets, a key set, or what discovery at `issuer` names. */
  readonly keys:
    | {
        readonly kind: 'secrets';
        readonly secrets: readonly string[];
        /** A token that has one of these all the same must have it right. */
        readonly mayLack: readonly LackedClaim[];
      }
    | { readonly kind: 'jwks'; readonly url: string }
    | { readonly kind: 'discovery' };
  readonly algorithms: readonly string[];
  /** Taken beside the endpoint's own resource URL; empty for that URL alone. */
  readonly audiences: readonly string[];
  readonly leewayMs: number;
  readonly introspection: IntrospectionDefinition | undefined;
  /** Told to clients as an authorization server (RFC 9728); not so for issuers of shared secrets. */
  readonly announced: boolean;
  readonly claims: ClaimRules;
  readonly grants: 'all' | 'none';
}

export interface UserDefinition {
  readonly name: string;
  readonly organisation: string;
  readonly roles: readonly string[];
  readonly groups: readonly string[];
  readonly identities: readonly { readonly issuer: string; readonly subject: string }[];
}

/** Tokens that are refused although they are good. */
export interface DenyList {
  readonly subjects: readonly { readonly issuer: string | undefined; readonly subject: string }[];
  readonly tokenIds: readonly string[];
}

export interface IdentityDefinition {
  readonly tokens: readonly TokenDefinition[];
  readonly keys: readonly KeyDefinition[];
  readonly issuers: readonly IssuerDefinition[];
  readonly users: ReadonlyMap<string, UserDefinition>;
  /** Beside `default`. What a token names and is not here is nothing. */
  readonly organisations: readonly string[];
  readonly denied: DenyList;
  /** Whether `?token=` is looked at. */
  readonly queryToken: boolean;
  /** Everybody is asked, also when nothing here could be presented: the store has keys. */
  readonly required: boolean;
  /** Servers whose own endpoint asks for no credential. */
  readonly openServers: readonly string[];
  /** Servers whose own endpoint takes static tokens of their own list alone: server → names of tokens. */
  readonly ownTokens: ReadonlyMap<string, readonly string[]>;
}

export const NO_IDENTITY: IdentityDefinition = {
  tokens: [],
  keys: [],
  issuers: [],
  users: new Map(),
  organisations: [],
  denied: { subjects: [], tokenIds: [] },
  queryToken: false,
  required: false,
  openServers: [],
  ownTokens: new Map(),
};

/** Whether anybody is asked who he is. Without it everybody is the local user. */
export function asksForCredentials({ required, tokens, keys, issuers, ownTokens }: IdentityDefinition): boolean {
  return required || tokens.length + keys.length + issuers.length + ownTokens.size > 0;
}
