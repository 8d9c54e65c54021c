/*
 * Kinds of value that the schema is made of: text that fits where it will be used, patterns, URLs, hosts.
 *
 * Each says in its own words what is wrong, and never quotes the value, which may be a secret.
 */
import { z } from 'zod';
import { secretFault } from './secret-strength.ts';

const TEXT_LENGTH_MAX = 8192;

/** Control characters would let a value end a header field, a log line or an argument early. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROL = /[\u0000-\u001f\u007f]/;
/** RFC 9110 §5.6.2. */
const HEADER_NAME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/;
/** RFC 6750 §2.1, `b64token`. */
const BEARER_TOKEN = /^[A-Za-z0-9._~+/-]+=*$/;
const HOST = /^(?:\[[0-9a-f:.]+\]|[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)(?::\d{1,5})?$/i;

export const text = () => z.string().max(TEXT_LENGTH_MAX);
export const line = (lengthMax = TEXT_LENGTH_MAX) =>
  z.string().min(1, 'Must not be empty.').max(lengthMax).refine(hasNoControl, 'Must not contain control characters.');

export const argument = () => text().refine((value) => !value.includes('\0'), 'Must not contain a NUL character.');

export const headerName = () =>
  z
    .string()
    .regex(HEADER_NAME, 'This is not a valid header name.')
    .refine((name) => !OWN_HEADERS.has(name.toLowerCase()), 'Gatewright sets this header itself.');
// A line break would start another header field (RFC 9110 §5.5).
export const headerValue = () =>
  text().refine(
    (value) => hasNoControl(value.replaceAll('\t', ' ')),
    'Must not contain line breaks or control characters.',
  );

/** What the protocol or the connection owns: a value from a file would break framing or sessions. */
const OWN_HEADERS: ReadonlySet<string> = new Set(
  'accept connection content-length content-type expect host keep-alive mcp-method mcp-name mcp-protocol-version mcp-session-id proxy-connection te trailer transfer-encoding upgrade last-event-id'.split(
    ' ',
  ),
);

export const variableName = () => z.string().regex(/^[^=\0]+$/, 'This is not a valid name of an environment variable.');

export const bearerToken = () =>
  z
    .string()
    .max(4096, 'A token has at most 4096 characters.')
    .regex(BEARER_TOKEN, 'A token consists of letters, digits and - . _ ~ + / (and = at its end).')
    .superRefine(strongEnough('A token'));

/** A refinement that says what is weak about a secret, and how to make a better one. */
export function strongEnough(what: string) {
  return (value: string, context: z.RefinementCtx): void => {
    const fault = secretFault(value, what);
    if (fault) context.addIssue({ code: 'custom', message: fault.say, params: { suggestion: fault.suggestion } });
  };
}

/** Where a server is reached. */
export const serverUrl = () =>
  text().superRefine((value, context) => {
    const url = parsedUrl(value);
    const say = urlFault(url) ?? (url?.username || url?.password ? CREDENTIALS : undefined);
    if (say !== undefined) context.addIssue({ code: 'custom', message: say });
  });
const CREDENTIALS = 'The URL holds a user name or password. Put credentials into "headers".';

/** Never quoted: it holds a password. */
export const databaseUrl = () =>
  text().superRefine((value, context) => {
    const url = parsedUrl(value);
    const isPostgres = url !== undefined && ['postgres:', 'postgresql:'].includes(url.protocol);
    if (!isPostgres)
      context.addIssue({
        code: 'custom',
        message: 'Must be the URL of a Postgres database.',
        params: { suggestion: 'Write postgres://user:password@host/name, or leave it out for SQLite.' },
      });
  });

/** Where clients reach this gateway from outside. */
export const publicUrl = () =>
  text().superRefine((value, context) => {
    const url = parsedUrl(value);
    const say =
      urlFault(url) ??
      (url !== undefined && hasMoreThanOriginAndPath(url)
        ? 'Must be an address without query, fragment and credentials.'
        : undefined);
    if (say !== undefined) context.addIssue({ code: 'custom', message: say });
  });

function hasMoreThanOriginAndPath(url: URL): boolean {
  return [url.search, url.hash, url.username, url.password].some((part) => part !== '');
}

function urlFault(url: URL | undefined): string | undefined {
  if (url === undefined) return 'This is not a valid URL.';
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return 'The URL must begin with http:// or https://.';
  return undefined;
}

function parsedUrl(value: string): URL | undefined {
  return URL.canParse(value) ? new URL(value) : undefined;
}

export const allowedHost = () =>
  text().superRefine((value, context) => {
    if (HOST.test(value)) return;
    const host = parsedUrl(value)?.host;
    const suggestion = host ? `Write "${host}".` : undefined;
    context.addIssue({
      code: 'custom',
      message: 'Must be a host name or address, with or without a port, and nothing else.',
      params: { suggestion },
    });
  });

export const allowedOrigin = () =>
  text().superRefine((value, context) => {
    const url = parsedUrl(value);
    if (url?.origin === value && value !== 'null') return;
    const suggestion = url !== undefined && url.origin !== 'null' ? `Write "${url.origin}".` : undefined;
    context.addIssue({
      code: 'custom',
      message: 'Must be an origin: scheme, host and port, and nothing else ("https://app.example.com").',
      params: { suggestion },
    });
  });

/** RFC 9110 gives a port no other range; 0 lets the system choose. */
export const port = () => z.int().min(0).max(65_535);

/** An exact name, or one in which `*` stands for any run of characters. */
export const namePattern = () => line(256);

function hasNoControl(value: string): boolean {
  return !CONTROL.test(value);
}
