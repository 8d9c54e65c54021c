/*
 * Who may call, in the configuration file: static tokens, keys, issuers of tokens, and who is refused. What its fields mean
 * together is checked in `auth-rules.ts`.
 *
 * Secrets stand here as `${NAME}` or `${file:PATH}`; a key stands as its hash.
 */
import { z } from 'zod';
import { bearerToken, line } from './fields.ts';
import {
  claimPath,
  claimPaths,
  clientSecret,
  instant,
  issuerUrl,
  keyId,
  patterns,
  personName,
  plainName,
  scope,
  sha256Hex,
  signingSecret,
} from './fields-auth.ts';

/** HMAC ones go with `secrets`, all others with public keys: never both, or a public key would pass for a secret. */
export const HMAC_ALGORITHMS = ['HS256', 'HS384', 'HS512'] as const;
export const PUBLIC_ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
] as const;

const grants = (initial: string) =>
  z
    .enum(['all', 'none'])
    .optional()
    .describe(
      `\`all\`: may do everything within its reach. \`none\`: needs a role, a scope permission, a policy, or a server of its own or for everybody. Default \`${initial}\`.`,
    );

/** Whom a credential makes of its bearer, and how far it reaches. */
const holder = (initialGrants: string) => ({
  grants: grants(initialGrants),
  roles: z.array(personName()).max(1_000).optional().describe('Roles of its bearer, of `access.roles` or built in.'),
  user: personName().optional().describe('The user of `access.users` who bears it: whose servers are his own.'),
  organisation: plainName()
    .optional()
    .describe('The organisation in which it acts. Default: that of its user, else `default`.'),
  servers: patterns().optional().describe('When present, it reaches only these servers.'),
  endpoints: patterns().optional().describe('When present, only these endpoints; `default` is /mcp.'),
  tools: patterns().optional().describe('When present, only these tools, `server.tool`, and no prompts or resources.'),
});

const token = z
  .strictObject({
    name: line(128).describe('Who uses the token; stands in logs. Unique.'),
    token: bearerToken().describe('The secret, best as a variable of the environment. At least 32 characters.'),
    ...holder('all'),
  })
  .describe('One static bearer token.');

const key = z
  .strictObject({
    id: keyId().describe('Second part of the key, `gwk_{id}_{secret}`; stands in logs. Unique.'),
    name: line(128).optional().describe('What it is for, for people. Default: its id.'),
    hash: sha256Hex().describe('SHA-256 of the whole key, as `gatewright key create` prints it.'),
    expiresAt: instant().optional().describe('From then on it is refused: date, time and zone. Default: never.'),
    ...holder('none'),
  })
  .describe('One API key.');

const introspection = z
  .strictObject({
    url: issuerUrl().optional().describe('Where tokens are asked about. Default: what discovery names.'),
    clientId: line(1024).describe('As which client the gateway asks.'),
    clientSecret: clientSecret().describe('Secret of that client. Never shown.'),
    cacheSeconds: z
      .int()
      .min(0)
      .max(30)
      .optional()
      .describe('So long an answer is good; a revoked token works for as long. Default 30.'),
  })
  .describe(
    'Asks the issuer about each token that is not a JWT (RFC 7662). Of several issuers that can be asked only the first is: a token does not show whose it is, and to try them all would show it to the others.',
  );

const claims = z
  .strictObject({
    subject: claimPath()
      .optional()
      .describe(
        'Where it stands who somebody is: text or a whole number. Only with `secrets`. Default `sub`, as text.',
      ),
    scopes: claimPaths()
      .optional()
      .describe('Where scopes stand: a list, or text with blanks. Default `[scope, scp]`.'),
    roles: claimPaths().optional().describe('Where roles stand. Default: nowhere, so that no token names itself one.'),
    groups: claimPaths().optional().describe('Where groups stand. Default: nowhere.'),
    organisation: claimPath().optional().describe('Where the organisation stands. Default: nowhere; it is `default`.'),
    user: claimPath().optional().describe('Where the name stands under which servers are owned. Default: nowhere.'),
    required: claimPaths().optional().describe('Claims without which a token is refused.'),
  })
  .describe(
    'Where things stand in a token: `a.b.c` goes into maps, a name that is a URL is taken whole, and a list of names is for those with dots.',
  );

export const mapped = z
  .strictObject({
    scopes: z.array(scope()).max(1_000).optional().describe('Scopes that it gives.'),
    roles: z.array(personName()).max(1_000).optional().describe('Roles that it gives.'),
    groups: z.array(personName()).max(1_000).optional().describe('Groups that it puts its bearer in.'),
  })
  .describe('What this value of this claim gives.');

const issuer = z
  .strictObject({
    issuer: line(2048).describe(
      'As it stands in `iss`, to the letter, a slash at the end included. An https URL, unless it has `secrets`.',
    ),
    audiences: z
      .array(line(1024))
      .max(1_000)
      .optional()
      .describe('Taken in `aud` beside the address of the endpoint that is called. Default: that address alone.'),
    algorithms: z
      .array(z.enum([...HMAC_ALGORITHMS, ...PUBLIC_ALGORITHMS]))
      .min(1)
      .optional()
      .describe('Signatures that are taken. Default: all those that fit its keys.'),
    secrets: z
      .array(signingSecret())
      .min(1)
      .max(16)
      .optional()
      .describe('Secrets shared with who signs (HS256, HS384, HS512); several while they are changed. Never shown.'),
    mayLack: z
      .array(z.enum(['aud', 'iss']))
      .max(2)
      .optional()
      .describe(
        'Claims that its tokens may lack, and that must be right where they have them; without `aud` a token is good at every endpoint. Such tokens are also taken without `Bearer`. Only with `secrets`, `iss` for one issuer. Default: none.',
      ),
    jwksUri: issuerUrl().optional().describe('Where its public keys are. Default: what discovery at `issuer` names.'),
    leewaySeconds: z
      .int()
      .min(0)
      .max(300)
      .optional()
      .describe('By how much its clock may differ from ours. Default 60.'),
    introspection: introspection.optional(),
    claims: claims.optional(),
    mappings: z
      .record(line(2048), mapped)
      .optional()
      .describe('`claim:value` → scopes, roles and groups that it gives; capital and small letters are the same.'),
    grants: grants('none'),
  })
  .describe('Who signs tokens, and what of them is believed.');

const denied = z
  .strictObject({
    subjects: z
      .array(
        z.union(
          [
            line(1024),
            z.strictObject({
              issuer: line(2048).optional().describe('Of this issuer only. Default: of any.'),
              subject: line(1024).describe('As it stands in `sub`.'),
            }),
          ],
          { error: 'Expected a subject, or a map with "issuer" and "subject".' },
        ),
      )
      .max(100_000)
      .optional()
      .describe(
        'Refused by `sub`, by the name in the log (`{issuer}|{sub}`), or by the user: text for that of any issuer, or `{issuer, subject}`.',
      ),
    tokenIds: z.array(line(1024)).max(100_000).optional().describe('Refused by `jti`.'),
  })
  .describe('Tokens of issuers that are refused although they are good.');

export const authSection = z
  .strictObject({
    tokens: z
      .array(token)
      .max(10_000)
      .optional()
      .describe('Static bearer tokens. Where there is a token, a key or an issuer, every caller needs a credential.'),
    keys: z.array(key).max(10_000).optional().describe('API keys, made by `gatewright key create`.'),
    issuers: z.array(issuer).max(100).optional().describe('Issuers whose tokens are taken, side by side.'),
    required: z
      .boolean()
      .optional()
      .describe(
        'Asks everybody for a credential, also when this file has none: keys are made over the admin API. Default: only when the file names tokens, keys or issuers.',
      ),
    queryToken: z
      .boolean()
      .optional()
      .describe(
        'Whether `?token=` is looked at; an address is kept in many places, so only for clients that can do no better. Default `false`.',
      ),
    deny: denied.optional(),
  })
  .describe('Who may call. Without it, only the local user, on a loopback address.');

export const serverAuth = z
  .strictObject({
    tokens: z
      .array(token)
      .max(10_000)
      .optional()
      .describe(
        'Replaces the tokens of `auth` for this server, whole. An empty list asks for no credential at /mcp/{server}. Absent: those of `auth`.',
      ),
    allowAnonymous: z
      .literal(true)
      .optional()
      .describe('States that an empty list is meant, where other machines reach the gateway.'),
  })
  .describe('Who may use this server.');

export type AuthSection = z.infer<typeof authSection>;
export type TokenEntry = z.infer<typeof token>;
export type KeyEntry = z.infer<typeof key>;
export type IssuerEntry = z.infer<typeof issuer>;
export type ClaimsEntry = z.infer<typeof claims>;
