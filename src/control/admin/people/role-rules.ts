/*
 * Who may give which roles: nobody what they do not hold.
 *
 *   system_admin   holds every role, everywhere
 *   admin          holds admin, user, service, viewer, and the roles that are stored for the organisation: who manages them
 *                  could write any of them anew. Not those of the file: a policy of the file may mean who has one.
 *   the others     hold what they have: user also service and viewer, service also viewer
 *
 * Groups and scopes are said by claims and mean what policies make of them. Those that a policy of the file names for the
 * organisation are not its admin's to give: who could join those that it excepts would be held to nothing by it.
 *
 * The same is asked of who takes a role away, or changes an account that has one: a new password for somebody is everything
 * that they may do.
 */
import { AdminError, type FieldFault } from '../../../model/admin-errors.ts';
import { matchIn } from '../../../model/pattern.ts';
import type { Actor } from '../../actor.ts';
import { roles as roleQueries } from '../../store/queries/people.ts';
import type { AdminParts } from '../parts.ts';
import { BUILT_IN_ROLES } from '../rights.ts';

const HELD_WITH: Readonly<Record<string, readonly string[]>> = {
  admin: ['admin', 'user', 'service', 'viewer'],
  user: ['user', 'service', 'viewer'],
  service: ['service', 'viewer'],
};

/** The roles that an organisation knows. */
export interface KnownRoles {
  readonly stored: ReadonlySet<string>;
  readonly ofFile: ReadonlySet<string>;
}

export async function rolesKnown({ store, file }: AdminParts, actor: Actor): Promise<KnownRoles> {
  const rows = await store.read(roleQueries.having(actor, {}));
  const ofFile = new Set(file().access.roles.keys());
  return { ofFile, stored: new Set(rows.map(({ name }) => name).filter((name) => !ofFile.has(name))) };
}

export function holds({ roles, rights }: Pick<Actor, 'roles' | 'rights'>, role: string, known: KnownRoles): boolean {
  if (rights.has('system')) return true;
  if (rights.has('manage') && known.stored.has(role) && !BUILT_IN_ROLES.includes(role)) return true;
  return roles.some((own) => own === role || (Object.hasOwn(HELD_WITH, own) && HELD_WITH[own]?.includes(role)));
}

export function isRole(role: string, { stored, ofFile }: KnownRoles): boolean {
  return BUILT_IN_ROLES.includes(role) || stored.has(role) || ofFile.has(role);
}

/** Throws what is wrong with roles that somebody gives: `parameter_wrong` for one that is not there, `forbidden`. */
export function checkGiven(actor: Actor, given: readonly string[], known: KnownRoles, field = 'body.roles'): void {
  const faults = given.flatMap((role, at): FieldFault[] =>
    isRole(role, known) ? [] : [{ field: `${field}.${at}`, say: 'There is no such role.' }],
  );
  if (faults.length > 0) throw new AdminError('parameter_wrong', { faults });
  checkHeld(actor, given, known);
}

/** The same for what somebody has already; a role that is gone means nothing and is in nobody's way. */
export function checkHeld(actor: Actor, given: readonly string[], known: KnownRoles): void {
  const beyond = given.filter((role) => isRole(role, known) && !holds(actor, role, known));
  if (beyond.length > 0)
    throw new AdminError('forbidden', {
      say: `You do not hold ${beyond.join(', ')}, so it is not yours to give or to take.`,
    });
}

interface Joined {
  readonly groups?: readonly string[] | undefined;
  readonly scopes?: readonly string[] | undefined;
}

/** Throws `forbidden` for what only a system_admin lets somebody join. */
export function checkJoined(
  { file }: Pick<AdminParts, 'file'>,
  { rights, organisation }: Actor,
  { groups = [], scopes = [] }: Joined,
): void {
  if (rights.has('system')) return;
  const own = file().access.policies.filter((policy) => policy.organisation === organisation);
  const meant = own.flatMap(({ who, exceptWho }) => [who, exceptWho]).filter((each) => typeof each === 'object');
  const isNamed = (kind: 'groups' | 'scopes', text: string) =>
    meant.some((who) => matchIn(who[kind] ?? [], text) !== undefined);
  const beyond = [
    ...groups.filter((group) => isNamed('groups', group)),
    ...scopes.filter((scope) => isNamed('scopes', scope)),
  ];
  if (beyond.length > 0)
    throw new AdminError('forbidden', {
      say: `A policy of the configuration file is about ${beyond.join(', ')}, so it is not yours to give.`,
    });
}
