/*
 * Whether a server may be made or changed so, beyond what its fields say by themselves: addresses, names, owners, limits.
 * What takes a question to the store or to the data plane stands here.
 */
import { ownEndpointName } from '../../../config/known-names.ts';
import { AdminError, type FieldFault } from '../../../model/admin-errors.ts';
import type { LimitName } from '../../../model/limits.ts';
import type { Actor } from '../../actor.ts';
import { countServers, memberNamed } from '../../store/queries/servers.ts';
import type { AdminParts } from '../parts.ts';
import { checkDraft, type ServerDraft } from './server-draft.ts';
import { checkGiving, checkVisibility, manages } from './server-rights.ts';

type CheckParts = Pick<AdminParts, 'store' | 'publisher' | 'operator' | 'limits' | 'onLimit'>;

/** Only what is new is looked at: a rule that became stricter leaves the title of an old server changeable. */
export async function checkAddresses(
  { operator }: Pick<CheckParts, 'operator'>,
  draft: Pick<ServerDraft, 'url' | 'replicas'>,
  before?: Pick<ServerDraft, 'url' | 'replicas'>,
): Promise<void> {
  const known = new Set(before && [before.url, ...before.replicas.map(({ url }) => url)]);
  const asked = [
    { field: 'body.url', url: draft.url },
    ...draft.replicas.map(({ url }, at) => ({ field: `body.replicas.${at}.url`, url })),
  ].filter(({ url }) => !known.has(url));
  const told = await Promise.all(
    asked.map(async ({ field, url }) => ({ field, say: await operator.addressFault(url) })),
  );
  const faults = told.filter((each): each is FieldFault => each.say !== undefined);
  if (faults.length > 0) throw new AdminError('address_refused', { faults });
}

/** Throws `parameter_wrong` with everything that is wrong. */
export function checkWhole(
  { limits, onLimit }: Pick<CheckParts, 'limits' | 'onLimit'>,
  draft: ServerDraft,
  headers: readonly string[],
  more: readonly FieldFault[] = [],
): void {
  const { faults, hit } = checkDraft(draft, headers, limits());
  for (const limit of hit) onLimit(limit);
  const all = [...faults, ...more];
  if (all.length > 0) throw new AdminError('parameter_wrong', { faults: all });
}

/** Who shows it to whom, and whose it becomes. */
export async function checkGiven(
  parts: Pick<CheckParts, 'store' | 'publisher'>,
  actor: Actor,
  after: ServerDraft,
  before?: ServerDraft,
): Promise<void> {
  if (after.visibility !== before?.visibility) checkVisibility(actor, after.visibility);
  if (after.owner === before?.owner) return;
  checkGiving(actor, after.owner);
  if (after.owner === null || after.owner === actor.username || (await isMember(parts, actor, after.owner))) return;
  const say = 'There is no member of this name in the organisation.';
  throw new AdminError('parameter_wrong', { faults: [{ field: 'body.owner', say }] });
}

/** A member by the store, or a user of the file. */
async function isMember({ store, publisher }: Pick<CheckParts, 'store' | 'publisher'>, actor: Actor, name: string) {
  if (publisher.snapshot().identity.users.get(name)?.organisation === actor.organisation) return true;
  return (await store.read(memberNamed(actor, name))).length > 0;
}

/** A server has its own endpoint, so its name is taken by endpoints, too; what the store has twice it says itself. */
export function checkName({ publisher }: Pick<CheckParts, 'publisher'>, { organisation }: Actor, name: string): void {
  const key = ownEndpointName(name, organisation);
  const { servers, endpoints } = publisher.snapshot();
  if (!servers.has(key) && !endpoints.has(key)) return;
  const say = 'There is a server or an endpoint of this name.';
  throw new AdminError('conflict', { say, faults: [{ field: 'body.name', say: 'Choose another.' }] });
}

/** Of the organisation, and of the user who does not manage it. */
export async function checkRoom(parts: CheckParts, actor: Actor, owner: string | null): Promise<void> {
  const own = manages(actor) || owner === null ? undefined : owner;
  const [[all], [ofUser]] = await parts.store.readAll([countServers(actor), countServers(actor, own)]);
  refuseOver(parts, 'serversPerOrganisationMax', all?.count ?? 0);
  if (own !== undefined) refuseOver(parts, 'serversPerUserMax', ofUser?.count ?? 0);
}

/** Throws `limited` when there are as many as there may be. */
export function refuseOver(
  { limits, onLimit }: Pick<CheckParts, 'limits' | 'onLimit'>,
  limit: LimitName,
  count: number,
): void {
  const max = limits()[limit];
  if (count < max) return;
  onLimit(limit);
  throw new AdminError('limited', {
    say: `There are ${max} already (the limit ${limit}). Delete one, or raise the limit in the configuration file.`,
  });
}
