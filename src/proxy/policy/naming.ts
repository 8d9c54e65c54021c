/*
 * What an endpoint calls things (design §5, Names).
 *
 *   transparent     the server's own names and URIs
 *   prefixed        name → server__name
 *   plain, merged   the server's own name, or what fits of it; whose it is stands in the view
 *   all but the first: uri → server+uri, and ui://x → ui://server/x, whatever the names
 *
 * Language models take names of [A-Za-z0-9_-] and at most 64 characters, so a name that does not fit is cut to what does
 * and gets a hash of the whole. A name that already looks as if it had such a hash gets one too: else a server could give
 * one of its tools the shortened name of another. The way back from a name is the view's map, never a guess at where the
 * prefix ends; the way back from a URI is its first `+`, which no server name can hold.
 */
import { createHash } from 'node:crypto';
import type { EntryKind } from '../../model/catalogue.ts';
import type { EndpointDefinition, Naming } from '../../model/snapshot.ts';

export const NAME_LENGTH_MAX = 64;
const HASH_LENGTH = 8;
const LOOKS_HASHED = /_[0-9a-f]{8}$/;

export type NamingRule = Pick<EndpointDefinition, 'naming' | 'separator'>;

/** An entry of `server` as this endpoint calls it, unless the operator renamed it there. */
export function publicKey(rule: NamingRule, kind: EntryKind, server: string, key: string): string {
  return kind === 'tools' || kind === 'prompts' ? publicName(rule, server, key) : publicUri(rule.naming, server, key);
}

/** A tool or a prompt. */
export function publicName(rule: NamingRule, server: string, name: string): string {
  if (rule.naming === 'transparent') return name;
  return rule.naming === 'prefixed' ? fitted(`${server}${rule.separator}`, name) : fitted('', name);
}

function fitted(prefix: string, name: string): string {
  const letters = name.replace(/[^A-Za-z0-9_-]/gu, '_');
  const whole = prefix + letters;
  const fits = letters === name && name + prefix !== '' && whole.length <= NAME_LENGTH_MAX;
  if (fits && !LOOKS_HASHED.test(name)) return whole;
  return `${whole.slice(0, NAME_LENGTH_MAX - HASH_LENGTH - 1)}_${shortHash(prefix + name)}`;
}

/** Half a surrogate pair is a name like any other, and UTF-8 has one replacement for all of them. */
function shortHash(text: string): string {
  const bytes = Buffer.from(text, text.isWellFormed() ? 'utf8' : 'utf16le');
  return createHash('sha256').update(bytes).digest('hex').slice(0, HASH_LENGTH);
}

const UI = 'ui://';

/** A resource's URI, or a template: what a client expands from that names the same server (RFC 6570 keeps literals). */
export function publicUri(naming: Naming, server: string, uri: string): string {
  if (naming === 'transparent') return uri;
  return uri.startsWith(UI) ? `${UI}${server}/${uri.slice(UI.length)}` : `${server}+${uri}`;
}

export interface Split {
  /** Undefined when the endpoint's one server is meant, or nobody's. */
  readonly server: string | undefined;
  readonly key: string;
}

/** The server and the URI it knows. A `server+ui://x` comes from a template whose scheme was a variable. */
export function splitUri(naming: Naming, uri: string): Split {
  if (naming === 'transparent') return { server: undefined, key: uri };
  if (!uri.startsWith(UI)) return splitAt(uri, 0, uri.indexOf('+'), 1);
  const split = splitAt(uri, UI.length, uri.indexOf('/', UI.length), 1);
  return split.server === undefined ? split : { server: split.server, key: UI + split.key };
}

/** The server that a prefixed name would belong to; for servers whose lists are not known yet. */
export function splitName(rule: NamingRule, name: string): Split {
  if (rule.naming !== 'prefixed') return { server: undefined, key: name };
  return splitAt(name, 0, name.indexOf(rule.separator), rule.separator.length);
}

function splitAt(text: string, from: number, at: number, length: number): Split {
  if (at < 0) return { server: undefined, key: text };
  return { server: text.slice(from, at), key: text.slice(at + length) };
}
