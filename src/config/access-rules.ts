/*
 * Rules between the fields of `access`, and between those and the rest of the file. They read raw values and must bear
 * anything (`rules.ts`).
 *
 * "All" is only ever said by `*`, so what says nothing is refused, and the error names the way out.
 */
import type { KnownNames, Reports } from './known-names.ts';
import { isServerName, slugOf } from './names.ts';
import type { Path, Report } from './problem.ts';
import { isMap, listOf, mapOf, type Raw } from './raw.ts';

const KINDS = ['tools', 'prompts', 'resources'] as const;

/** Undefined when it compiles, else what is wrong with it; never its own text. `headers`: those that it may read. */
export type ConditionFault = (condition: string, headers: readonly string[]) => string | undefined;

export function checkAccess(raw: Raw, known: KnownNames, { report }: Reports, conditionFault?: ConditionFault): void {
  const access = mapOf(raw.access);
  checkOrganisations(mapOf(access.organisations), report);
  checkUsers(mapOf(access.users), known, report);
  for (const [name, role] of Object.entries(mapOf(access.roles))) {
    listOf(mapOf(role).permissions).forEach((what, at) => {
      checkWhat(what, ['access', 'roles', name, 'permissions', at], known, report);
    });
  }
  for (const entry of Object.keys(mapOf(access.permissions)))
    known.checkServerPart(entry, ':', ['access', 'permissions', entry]);
  if (access.scopeMode !== undefined && access.permissions === undefined)
    report({
      path: ['access', 'scopeMode'],
      say: 'There are no permissions, so it says nothing.',
      suggestion: 'Remove it, or add "permissions".',
    });
  const headers = listOf(access.conditionHeaders).map((name) => String(name).toLowerCase());
  checkPolicies(access.policies, known, report, (condition) => conditionFault?.(condition, headers));
}

function checkOrganisations(organisations: Raw, report: Report): void {
  for (const name of Object.keys(organisations)) {
    if (isServerName(name)) continue;
    report({
      path: ['access', 'organisations', name],
      say: 'An organisation name has lower-case letters, digits and single hyphens, begins with a letter, and has at most 32 characters.',
      suggestion: `Write "${slugOf(name)}" and keep the old name as "title".`,
    });
  }
}

function checkUsers(users: Raw, known: KnownNames, report: Report): void {
  const identities = new Map<string, string>();
  for (const [name, entry] of Object.entries(users)) {
    const path = ['access', 'users', name];
    const user = mapOf(entry);
    known.checkName('organisation', user.organisation, [...path, 'organisation']);
    known.checkNames('role', user.roles, [...path, 'roles']);
    listOf(user.identities).forEach((identity, at) => {
      const { issuer, subject } = mapOf(identity);
      const where = [...path, 'identities', at];
      known.checkName('issuer', issuer, [...where, 'issuer']);
      if (typeof issuer !== 'string' || typeof subject !== 'string') return;
      const id = JSON.stringify([issuer, subject]);
      const other = identities.get(id);
      if (other !== undefined) report({ path: where, say: 'This identity is listed before, and is one user only.' });
      identities.set(id, name);
    });
  }
}

function checkPolicies(
  policies: unknown,
  known: KnownNames,
  report: Report,
  faultOf: (condition: string) => string | undefined,
): void {
  const seen = new Set<string>();
  listOf(policies).forEach((entry, at) => {
    const policy = mapOf(entry);
    const path = ['access', 'policies', at];
    const { name, organisation = '' } = policy;
    const id = JSON.stringify([organisation, name]);
    if (name !== undefined && seen.has(id))
      report({ path: [...path, 'name'], say: 'Another entry has the same name.' });
    seen.add(id);
    known.checkName('organisation', organisation === '' ? undefined : organisation, [...path, 'organisation']);
    checkCase(policy, path, known, report, faultOf);
  });
}

/** Whom and what a rule is about, and when: for each rule that is said in this way. */
export function checkCase(
  rule: Raw,
  path: Path,
  known: KnownNames,
  report: Report,
  faultOf: (condition: string) => string | undefined,
): void {
  for (const field of ['who', 'exceptWho'] as const) checkWho(rule[field], [...path, field], known, report);
  for (const field of ['what', 'exceptWhat'] as const) checkWhat(rule[field], [...path, field], known, report);
  const say = typeof rule.when === 'string' ? faultOf(rule.when) : undefined;
  if (say !== undefined) report({ path: [...path, 'when'], say });
}

function checkWho(who: unknown, path: Path, known: KnownNames, report: Report): void {
  if (!isMap(who)) return;
  if (Object.keys(who).length === 0)
    report({
      path,
      say: 'Names nobody.',
      suggestion: 'Name users, roles, groups or scopes, or write "*" for everybody.',
    });
  known.checkPatterns('role', who.roles, [...path, 'roles']);
  known.checkPatterns('user', who.users, [...path, 'users']);
}

function checkWhat(what: unknown, path: Path, known: KnownNames, report: Report): void {
  if (!isMap(what)) return;
  if (what.servers === undefined)
    report({ path, say: 'Says nothing of servers.', suggestion: 'Add "servers", with "*" for all of them.' });
  if (KINDS.every((kind) => what[kind] === undefined))
    report({
      path,
      say: 'Says nothing of tools, prompts or resources, so it is about nothing.',
      suggestion: `Add one of them, with "*" for all${path.at(-1) === 'exceptWhat' ? '' : ', or write "*" in place of the map for everything'}.`,
    });
  known.checkPatterns('server', what.servers, [...path, 'servers']);
  known.checkPatterns('endpoint', what.endpoints, [...path, 'endpoints']);
}
