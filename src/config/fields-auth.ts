/*
 * Kinds of value that say who somebody is or what he may do: names, patterns, scopes, claims, hashes, issuers, ranges.
 *
 * Each says in its own words what is wrong, and never quotes the value, which may be a secret.
 */
import { isIP } from 'node:net';
import { z } from 'zod';
import { KEY_ID } from '../model/key-text.ts';
import { line, strongEnough, text } from './fields.ts';
import { isLoopback } from './loopback.ts';
import { NAME, NAME_LENGTH_MAX } from './names.ts';
import { isPlaceholder } from './secret-strength.ts';

/** RFC 6749 §3.3, `scope-token`: blanks separate scopes, so none can stand in one. */
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]{1,256}$/;
/** RFC 3339 §5.6, `date-time`. */
const DATE_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/i;
const HOST = /^(?:\*\.)?[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/i;

/** What the names of organisations, servers and endpoints look like; `names.ts` says why. */
export const plainName = () =>
  z
    .string()
    .regex(NAME, 'Lower-case letters, digits and single hyphens, beginning with a letter.')
    .max(NAME_LENGTH_MAX);

/** A key of a map whose form is checked in the rules, which can suggest a better one; the pattern is for editors. */
export const nameKey = () => z.string().meta({ pattern: NAME.source, maxLength: NAME_LENGTH_MAX });

/** Of a user, a role, a group, a token. A `*` would read like a pattern elsewhere. */
export const personName = () =>
  line(256).refine((name) => !name.includes('*'), 'A name holds no "*"; that is for patterns.');

/** An exact name, or one in which `*` stands for any run of characters. */
export const pattern = () => line(1024);
export const patterns = () => z.array(pattern()).max(10_000);

export const scope = () =>
  z.string().regex(SCOPE, 'A scope is one word of printable ASCII without blanks, quotes and backslashes.');

export const sha256Hex = () =>
  z
    .string()
    .regex(
      /^[0-9a-f]{64}$/i,
      'Must be the SHA-256 of the key, 64 hexadecimal digits. `gatewright key create` prints it.',
    );

/** Stands in a key between underscores: `gwk_{id}_{secret}`. */
export const keyId = () => z.string().regex(KEY_ID, 'Letters and digits, 4 to 64 of them.');

export const instant = () =>
  z
    .string()
    .refine(
      (value) => DATE_TIME.test(value) && !Number.isNaN(Date.parse(value)),
      'Must be a date and time with its zone (RFC 3339), for example 2030-01-31T12:00:00Z.',
    );

/** Whoever has it signs tokens for anybody. RFC 7518 §3.2 asks for as many bytes as the hash has. */
export const signingSecret = () => text().superRefine(strongEnough('A secret that signs tokens'));

/** Given to us by a provider, so its length is not ours to judge. */
export const clientSecret = () =>
  line().refine((value) => !isPlaceholder(value), 'This is a placeholder, not a secret.');

/** Where keys and metadata of an issuer are read. */
export const issuerUrl = () =>
  text().superRefine((value, context) => {
    const say = issuerUrlFault(value);
    if (say !== undefined) context.addIssue({ code: 'custom', message: say });
  });

/** RFC 8414 §2: https, without query and fragment. Undefined when it is right. */
export function issuerUrlFault(value: string): string | undefined {
  if (!URL.canParse(value)) return 'This is not a valid URL.';
  const { protocol, hostname, search, hash, username, password } = new URL(value);
  if (protocol !== 'https:' && !(protocol === 'http:' && isLoopback(hostname)))
    return 'Must begin with https://; http:// is for this machine only.';
  if (username !== '' || password !== '') return 'The URL holds a user name or password.';
  return search === '' && hash === '' ? undefined : 'Must have no query and no fragment.';
}

/** Host name, `*.name` for those below it, address or address range. */
export const egressHost = () =>
  z
    .string()
    .max(255)
    .refine(
      (value) => isRange(value) || HOST.test(value),
      'Must be a host name, "*." and a name for all below it, or an address range such as 10.1.0.0/16.',
    );

export const addressRange = () =>
  z.string().refine(isRange, 'Must be an address or an address range, such as 10.0.0.0/8 or fd00::/8.');

function isRange(value: string): boolean {
  const [address = '', bits, more] = value.split('/');
  const version = isIP(address);
  if (version === 0 || more !== undefined || address.includes('%')) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128));
}

/** What conditions may read of a request. RFC 9110 §5.6.2; credentials are for verifiers alone. */
export const conditionHeader = () =>
  z
    .string()
    .regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}$/, 'This is not a valid header name.')
    .refine(
      (name) => !CREDENTIALS.has(name.toLowerCase()),
      'This header holds a credential, which conditions may not read.',
    );

const CREDENTIALS: ReadonlySet<string> = new Set(
  'authorization cookie forwarded mcp-session-id proxy-authorization x-api-key x-forwarded-authorization'.split(' '),
);

const claimName = () => line(256);

/** Where one thing stands in a token: `a.b.c`, or the names as a list where one of them holds a dot. */
export const claimPath = () =>
  z.union([claimName(), z.array(claimName()).min(1).max(16)], {
    error: 'Expected the path of a claim ("realm_access.roles"), or its names as a list.',
  });

/** One path, or several; a path among several may be a list of names. */
export const claimPaths = () =>
  z.union([claimName(), z.array(claimPath()).max(100)], {
    error: 'Expected the path of a claim ("realm_access.roles"), or a list of paths.',
  });
