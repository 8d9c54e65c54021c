/*
 * The deny list: subjects and ids of tokens that are refused although they are good. One function for every scheme, so that
 * who is denied is denied whichever way he comes.
 */
import type { DenyList } from '../../model/identity.ts';

export interface Claimed {
  /** Undefined for credentials of our own. */
  readonly issuer: string | undefined;
  /** Every name that this credential gives its bearer. */
  readonly subjects: readonly (string | undefined)[];
  readonly tokenId: string | undefined;
}

export type Denies = (claimed: Claimed) => boolean;

/** A subject that is denied without naming an issuer is denied for all, and for our own credentials. */
export function denierOf({ subjects, tokenIds }: DenyList): Denies {
  const denied = new Set(subjects.map(({ issuer, subject }) => keyOf(issuer, subject)));
  const ids = new Set(tokenIds);
  if (denied.size + ids.size === 0) return () => false;
  return ({ issuer, subjects: claimed, tokenId }) =>
    (tokenId !== undefined && ids.has(tokenId)) ||
    claimed.some(
      (subject) =>
        subject !== undefined && (denied.has(keyOf(undefined, subject)) || denied.has(keyOf(issuer, subject))),
    );
}

/** No two pairs have one key. */
function keyOf(issuer: string | undefined, subject: string): string {
  return JSON.stringify([issuer ?? null, subject]);
}
