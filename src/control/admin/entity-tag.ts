/*
 * Versions as entity tags: who changes an object says which version they have read (RFC 9110 §13.1.1).
 *
 * One strong tag is taken and nothing else. `*` would mean "whatever there is", which is the overwriting that the field is
 * asked for to prevent; and a version 0, of objects of the file, is never a stored one.
 */
import { AdminError } from '../../model/admin-errors.ts';

const TAG = /^"(?<version>0|[1-9]\d{0,14})"$/;

export function tagOf(version: number): string {
  return `"${version}"`;
}

/** Throws `if_match_missing`, `changed_meanwhile` for a tag that none of ours can be. */
export function versionIn(field: string | undefined): number {
  if (field === undefined || field.trim() === '*') {
    throw new AdminError('if_match_missing', {
      faults: [{ field: 'header.if-match', say: 'Send the ETag of the version that you have read: If-Match: "3".' }],
    });
  }
  const version = TAG.exec(field.trim())?.groups?.version;
  if (version === undefined) throw new AdminError('changed_meanwhile');
  return Number(version);
}
