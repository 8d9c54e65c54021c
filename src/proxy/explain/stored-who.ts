/*
 * Keys and users of the store, as principals by name:
 *
 *   key:{id}     user:{name}, in the organisation that asks, or else in the first that has them
 */
import { NOBODY } from '../../model/principal.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import { entriesOf, inTable } from '../../model/table.ts';
import type { Judging } from '../auth/keys.ts';
import type { Found } from '../auth/scheme.ts';
import { storedKeyFound } from '../auth/stored-keys.ts';

/** Undefined for what is none of them. A look at all keys: for people who ask, not for calls. */
export function storedWho(
  { people, identity }: Snapshot,
  word: string,
  organisation: string | undefined,
  judging: Judging,
): Found {
  if (word.startsWith('user:')) return userFound({ people, identity }, word, organisation);
  for (const [, key] of word.startsWith('key:') ? entriesOf(people.keys) : [])
    if (`key:${key.id}` === word) return storedKeyFound(key, { ...judging, people, identity });
  return undefined;
}

function userFound({ people, identity }: Known, word: string, wanted: string | undefined): Found {
  const name = word.slice('user:'.length);
  const user = identity.users.has(name) ? undefined : inTable(people.users, name);
  if (!user) return undefined;
  const [first] = user.memberships.keys();
  const organisation = wanted ?? first;
  const roles = organisation === undefined ? undefined : user.memberships.get(organisation);
  if (organisation === undefined || !roles) return { refused: 'unknown' };
  if (user.disabled) return { refused: 'denied' };
  const principal = { ...NOBODY, id: word, kind: 'user', organisation, user: name, roles } as const;
  return { principal, expiresAtMs: Number.POSITIVE_INFINITY };
}

type Known = Pick<Snapshot, 'people' | 'identity'>;
