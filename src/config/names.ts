/*
 * Server names: `[a-z][a-z0-9]*(-[a-z0-9]+)*`, at most 32 characters, because a name stands in URLs, in tool prefixes
 * and in metrics. Native files must use such names; names in foreign files are slugged.
 *
 * A slug depends on the name alone, never on the order in the file: when two names meet in one slug, the name that is
 * its own slug keeps it and every other gets a short hash of its original, so that reordering a file can never make
 * one server answer under the name of another.
 */
import { createHash } from 'node:crypto';

export const NAME_LENGTH_MAX = 32;
export const NAME = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/;
const HASH_LENGTH = 6;

export function isServerName(text: string): boolean {
  return text.length <= NAME_LENGTH_MAX && NAME.test(text);
}

/** The nearest valid name; the same for the same text, always. */
export function slugOf(original: string): string {
  if (isServerName(original)) return original;
  const letters = original
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '');
  if (letters === '') return `server-${shortHash(original)}`;
  const named = /^[a-z]/.test(letters) ? letters : `s-${letters}`;
  return named.length <= NAME_LENGTH_MAX ? named : hashed(named, original);
}

/** Original name → unique server name. */
export function slugAll(originals: readonly string[]): ReadonlyMap<string, string> {
  const owners = new Map<string, number>();
  for (const original of originals) {
    const slug = slugOf(original);
    owners.set(slug, (owners.get(slug) ?? 0) + 1);
  }
  return new Map(
    originals.map((original) => {
      const slug = slugOf(original);
      const alone = owners.get(slug) === 1;
      return [original, alone || slug === original ? slug : hashed(slug, original)];
    }),
  );
}

function hashed(slug: string, original: string): string {
  const stem = slug.slice(0, NAME_LENGTH_MAX - HASH_LENGTH - 1).replace(/-+$/, '');
  return `${stem}-${shortHash(original)}`;
}

function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, HASH_LENGTH);
}
