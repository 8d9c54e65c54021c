/*
 * API keys of the store. A key is its user's: what it may do is what they may do in its organisation at that moment, or a
 * part of it. Who is no user any more, is switched off, or has left the organisation, has no key there either.
 */
import type { IdentityDefinition } from '../../model/identity.ts';
import type { People, StoredKey, StoredUser } from '../../model/people.ts';
import { NOBODY, type Principal } from '../../model/principal.ts';
import { inTable } from '../../model/table.ts';
import type { Judging } from './keys.ts';
import type { Refused, Verified } from './scheme.ts';

export function storedKeyFound(
  key: StoredKey,
  { people, identity, denies, nowMs }: Judging & { readonly people: People; readonly identity: IdentityDefinition },
): Verified | Refused {
  const { id, sha256, user: name, expiresAtMs = Number.POSITIVE_INFINITY } = key;
  // Of two users of one name the file's is the one that there is.
  const user = identity.users.has(name) ? undefined : inTable(people.users, name);
  const roles = user && rolesOf(key, user);
  if (key.disabled || !roles) return { refused: 'denied' };
  const principal = principalOf(key, roles);
  if (denies({ issuer: undefined, subjects: [principal.id, name], tokenId: id })) return { refused: 'denied' };
  if (!(expiresAtMs > nowMs)) return { refused: 'expired' };
  const rests = (now: People) => inTable(now.keys, sha256) === key && inTable(now.users, name) === user;
  return { principal, expiresAtMs, rests, storedKey: id };
}

/** Undefined for whom it opens nothing. */
function rolesOf({ organisation, roles }: StoredKey, { disabled, memberships }: StoredUser) {
  const held = disabled ? undefined : memberships.get(organisation);
  return roles === undefined ? held : held?.filter((role) => roles.includes(role));
}

function principalOf({ id, organisation, user, reach }: StoredKey, roles: readonly string[]): Principal {
  return { ...NOBODY, id: `key:${id}`, kind: 'key', organisation, user, roles, reach };
}
