/*
 * What each claim of a token gave its bearer: the rules of its issuer, read one at a time by the reader that reads them all.
 */
import type { ExplainStep } from '../../model/explanation.ts';
import type { ClaimPath, ClaimRules, IdentityDefinition, IssuerDefinition, Mapped } from '../../model/identity.ts';
import type { Principal } from '../../model/principal.ts';
import { claimReader } from '../auth/oauth/claims.ts';

const NO_RULES: ClaimRules = {
  ...{ subject: undefined, scopes: [], roles: [], groups: [], organisation: undefined, user: undefined },
  ...{ required: [], mappings: new Map() },
};
const LISTS = ['scopes', 'roles', 'groups'] as const;

export function claimSteps(
  { claims: rules }: Pick<IssuerDefinition, 'claims'>,
  { claims }: Pick<Principal, 'claims'>,
): readonly ExplainStep[] {
  const read = (part: Partial<ClaimRules>) => claimReader({ ...NO_RULES, ...part })(claims);
  const listed = LISTS.flatMap((list) =>
    rules[list].map((path) => step(path, read({ [list]: [path] }), `no ${list.slice(0, -1)}`)),
  );
  const mapped = [...rules.mappings].flatMap(([key, each]) => {
    const given = read({ mappings: new Map([[key, each]]) });
    return given && giving(given) !== '' ? [told(`${key} is mapped to ${giving(given)}`)] : [];
  });
  const { organisation, user } = rules;
  return [
    ...listed,
    ...mapped,
    ...(organisation ? [named(organisation, 'organisation', read({ organisation })?.organisation)] : []),
    ...(user ? [named(user, 'user', read({ user })?.user)] : []),
  ];
}

/** What the file's user has beside the claims. */
export function userSteps({ users }: Pick<IdentityDefinition, 'users'>, { user }: Principal): readonly ExplainStep[] {
  const known = user === undefined ? undefined : users.get(user);
  if (!known) return [];
  const given = giving({ scopes: [], roles: known.roles, groups: known.groups });
  return [told(`the user ${known.name} of the configuration has ${given === '' ? 'nothing more' : given}`)];
}

function step(path: ClaimPath, given: Mapped | undefined, nothing: string): ExplainStep {
  return told(`the claim ${path.join('.')} gives ${given && giving(given) !== '' ? giving(given) : nothing}`);
}

function named(path: ClaimPath, what: string, value: string | undefined): ExplainStep {
  return told(`the claim ${path.join('.')} names ${value === undefined ? `no ${what}` : `the ${what} ${value}`}`);
}

function giving(given: Mapped): string {
  return LISTS.flatMap((list) => {
    const texts = given[list];
    return texts.length === 0 ? [] : [`${texts.length === 1 ? list.slice(0, -1) : list} ${texts.join(', ')}`];
  }).join('; ');
}

function told(say: string): ExplainStep {
  return { about: 'claims', mark: 'told', rule: '', say };
}
