/*
 * What an endpoint calls things (design §5, Names).
 *
 *   transparent   the server's own names and URIs
 *   prefixed      name → server__name, at most 64 characters of [A-Za-z0-9_-]; uri → server+uri
 *
 * A prefixed name that does not fit is shortened and gets a hash of the whole, so that it is stable and collides with
 * nothing by chance. The way back from a name is the view's map, never a guess at where the prefix ends.
 */
import { createHash } from 'node:crypto';
import type { EntryKind } from '../../model/catalogue.ts';
import type { Naming } from '../../model/snapshot.ts';

const SEPARATOR = '__';
const NAME_LENGTH_MAX = 64;
const HASH_LENGTH = 8;

export function publicKey(naming: Naming, kind: EntryKind, server: string, key: string): string {
  if (naming === 'transparent') return key;
  return kind === 'tools' || kind === 'prompts' ? prefixedName(server, key) : `${server}+${key}`;
}

function prefixedName(server: string, name: string): string {
  const whole = `${server}${SEPARATOR}${name}`;
  const plain = whole.replace(/[^A-Za-z0-9_-]/gu, '_');
  if (plain === whole && whole.length <= NAME_LENGTH_MAX) return whole;
  const hash = createHash('sha256').update(whole).digest('hex').slice(0, HASH_LENGTH);
  return `${plain.slice(0, NAME_LENGTH_MAX - HASH_LENGTH - 1)}_${hash}`;
}

/** The server and the URI it knows; the first `+` ends the server, which can hold none itself. */
export function splitUri(naming: Naming, uri: string): { readonly server: string | undefined; readonly key: string } {
  if (naming === 'transparent') return { server: undefined, key: uri };
  const plus = uri.indexOf('+');
  return plus < 0 ? { server: undefined, key: uri } : { server: uri.slice(0, plus), key: uri.slice(plus + 1) };
}

/** The server that a prefixed name would belong to; for servers whose lists are not known yet. */
export function splitName(naming: Naming, name: string): { readonly server: string | undefined; readonly key: string } {
  if (naming === 'transparent') return { server: undefined, key: name };
  const at = name.indexOf(SEPARATOR);
  return at < 0
    ? { server: undefined, key: name }
    : { server: name.slice(0, at), key: name.slice(at + SEPARATOR.length) };
}
