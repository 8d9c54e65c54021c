/*
 * From what a verified token says to whom it makes of its bearer. Pure; the rules are those of its issuer in the
 * configuration, and what no rule names gives nothing.
 *
 * Claims are somebody's JSON. Only own members are looked at, and a value of a kind that a rule does not expect refuses the
 * whole token: a rule that is half applied may be the half that opens.
 */
import type { ClaimPath, ClaimRules, Mapped } from '../../../model/identity.ts';
import { mappingReader, textsIn } from './claim-mappings.ts';
import { type Claims, isObject } from './compact.ts';

export interface ClaimedRights {
  readonly scopes: readonly string[];
  readonly roles: readonly string[];
  readonly groups: readonly string[];
  /** As claimed; whether there is such an organisation, or whether the name is taken, is not known here. */
  readonly organisation: string | undefined;
  readonly user: string | undefined;
}

/** Undefined when the claims refuse their token. */
export type ReadClaims = (claims: Claims) => ClaimedRights | undefined;

export function claimReader(rules: ClaimRules): ReadClaims {
  const mapped = mappingReader(rules.mappings);
  return (claims) => {
    const scopes = textsAt(claims, rules.scopes);
    const roles = textsAt(claims, rules.roles);
    const groups = textsAt(claims, rules.groups);
    const given = mapped(claims);
    if (!scopes || !roles || !groups || !given || !rules.required.every((path) => isThere(claims, path)))
      return undefined;
    const organisation = rules.organisation && nameAt(claims, rules.organisation);
    const user = rules.user && nameAt(claims, rules.user);
    return {
      ...joined({ scopes: scopes.flatMap((text) => text.split(' ')), roles, groups }, given),
      organisation,
      user,
    };
  };
}

/** Each once. */
export function joined(own: Mapped, given: readonly Mapped[]): Mapped {
  const all = [own, ...given];
  const unique = (texts: readonly string[]) => [...new Set(texts)].filter((text) => text !== '');
  return {
    scopes: unique(all.flatMap(({ scopes }) => scopes)),
    roles: unique(all.flatMap(({ roles }) => roles)),
    groups: unique(all.flatMap(({ groups }) => groups)),
  };
}

/** What stands at a path; a list on the way there stands for each of its elements. `null` is nothing. */
function valuesAt(claims: Claims, path: ClaimPath): readonly unknown[] {
  let found: readonly unknown[] = [claims];
  for (const name of path) {
    found = found.flat().flatMap((value) => (isObject(value) && Object.hasOwn(value, name) ? [value[name]] : []));
  }
  return found.filter((value) => value !== null);
}

/** Text and lists of text; undefined when there is anything else. */
function textsAt(claims: Claims, paths: readonly ClaimPath[]): readonly string[] | undefined {
  return textsIn(paths.flatMap((path) => valuesAt(claims, path)));
}

/** Of the same kinds as everywhere: that a flag is there would say nothing, for it may be `false`. */
function isThere(claims: Claims, path: ClaimPath): boolean {
  const values = valuesAt(claims, path);
  return values.length > 0 && textsIn(values) !== undefined;
}

/** Undefined unless there is exactly one: nobody is two users, or acts in two organisations. */
function nameAt(claims: Claims, path: ClaimPath): string | undefined {
  const texts = textsAt(claims, [path]);
  return texts?.length === 1 ? texts[0] : undefined;
}
