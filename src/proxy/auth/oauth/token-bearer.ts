/*
 * The principal whom a verified token of an issuer makes of its bearer: identity is issuer and subject together, so that
 * equal subjects of two issuers are two people; rights are what the claims give, by the file and by the mappings of the
 * organisation in which it acts, and what the file's user of that identity has besides.
 *
 * A claim that names a user of the store names an owner of servers and gives none of that user's roles: those are for who
 * has shown to be that user, and a name that people choose at their issuer shows nothing.
 */
import type { IdentityDefinition, IssuerDefinition, UserDefinition } from '../../../model/identity.ts';
import { NO_PEOPLE, type People } from '../../../model/people.ts';
import { DEFAULT_ORGANISATION, type Principal } from '../../../model/principal.ts';
import type { Verified } from '../scheme.ts';
import { type ClaimedRights, claimReader, joined } from './claims.ts';
import { type Claims, isObject } from './compact.ts';
import { mapsAlike, storedMappings } from './stored-mappings.ts';

/** Undefined when the claims refuse their token. */
export type BearerOf = (subject: string, claims: Claims) => Bearer | undefined;

type Bearer = Required<Pick<Verified, 'principal' | 'rests'>>;

type Known = Pick<IdentityDefinition, 'users' | 'organisations'>;

export function bearerOf(
  { issuer, claims: rules, grants }: IssuerDefinition,
  known: Known,
  peopleNow: () => People = () => NO_PEOPLE,
): BearerOf {
  const read = claimReader(rules);
  const users = usersOf(issuer, known.users);
  return (subject, claims) => {
    const claimed = read(claims);
    if (!claimed) return undefined;
    const [user, { mappings }] = [users.get(subject), peopleNow()];
    const organisation = user?.organisation ?? organisationOf(claimed, known);
    const mapped = storedMappings(mappings, issuer, organisation)(claims);
    if (!mapped) return undefined;
    const principal: Principal = {
      ...{ id: `${issuer}|${subject}`, kind: 'user', organisation },
      user: user?.name ?? ownName(claimed, known),
      ...joined(claimed, [...mapped, { scopes: [], roles: user?.roles ?? [], groups: user?.groups ?? [] }]),
      ...{ grants, reach: undefined, claims: harmless(claims) },
    };
    return { principal, rests: (now) => mapsAlike(mappings, now.mappings, issuer, organisation) };
  };
}

/** Those of this issuer, by subject. */
function usersOf(issuer: string, users: Known['users']): ReadonlyMap<string, UserDefinition> {
  const mine = [...users.values()].flatMap((user) =>
    user.identities.filter((identity) => identity.issuer === issuer).map(({ subject }) => [subject, user] as const),
  );
  return new Map(mine);
}

function organisationOf({ organisation }: ClaimedRights, { organisations }: Known): string {
  return organisation !== undefined && organisations.includes(organisation) ? organisation : DEFAULT_ORGANISATION;
}

/** Whose identities the file lists is himself by these alone: no claim makes anybody else him. */
function ownName({ user }: ClaimedRights, { users }: Known): string | undefined {
  return user !== undefined && users.get(user)?.identities.length ? undefined : user;
}

/** Own members stay what they are, but for the one name that some readers take for something else. */
function harmless(claims: Claims): Claims {
  const kept = Object.entries(claims).filter(([name]) => name !== '__proto__');
  return Object.freeze(Object.fromEntries(kept.map(([name, value]) => [name, harmlessValue(value)])));
}

function harmlessValue(value: unknown): unknown {
  if (Array.isArray(value)) return Object.freeze(value.map(harmlessValue));
  return isObject(value) ? harmless(value) : value;
}
