/*
 * Who sees a server in the admin API, and who changes it. Who manages the organisation does both with all of its servers;
 * everybody else sees those of their own and those that are shown to members, and changes their own.
 *
 * What is not seen is `not_found`; what is seen and not theirs is `forbidden` to change.
 */
import { AdminError } from '../../../model/admin-errors.ts';
import type { Visibility } from '../../../model/snapshot.ts';
import type { Actor } from '../../actor.ts';

export interface Owned {
  readonly owner: string | null;
  readonly visibility: Visibility;
}

/** Shown to every member. */
export const SHOWN: readonly Visibility[] = ['public', 'shared'];

export function manages({ rights }: Actor): boolean {
  return rights.has('manage');
}

export function mayChange(actor: Actor, { owner }: Pick<Owned, 'owner'>): boolean {
  return manages(actor) || (actor.rights.has('own') && owner !== null && owner === actor.username);
}

export function maySee(actor: Actor, { owner, visibility }: Owned): boolean {
  if (manages(actor) || SHOWN.includes(visibility)) return true;
  return owner !== null && owner === actor.username;
}

export function checkSeen<Found extends Owned>(actor: Actor, found: Found | undefined): Found {
  if (found === undefined || !maySee(actor, found)) throw new AdminError('not_found');
  return found;
}

export function checkChangeable<Found extends Owned>(actor: Actor, found: Found | undefined): Found {
  const seen = checkSeen(actor, found);
  if (!mayChange(actor, seen)) throw new AdminError('forbidden', { say: 'It belongs to somebody else.' });
  return seen;
}

/** What is shown to every organisation is nothing that who manages one of them decides for the others. */
export function checkVisibility(actor: Actor, visibility: Visibility): void {
  if (visibility !== 'shared' || actor.rights.has('system')) return;
  throw new AdminError('forbidden', {
    say: 'Only a system_admin shows something to every organisation. "public" shows it to the members of this one.',
    faults: [{ field: 'body.visibility', say: 'Write "private" or "public".' }],
  });
}

/** Whose it will be, where nobody said: its maker's, unless who makes it manages the organisation. */
export function ownerAtFirst(actor: Actor): string | null {
  if (manages(actor)) return null;
  if (actor.username === undefined) throw new AdminError('forbidden', { say: 'Who owns something needs a user.' });
  return actor.username;
}

export function checkGiving(actor: Actor, owner: string | null): void {
  if (manages(actor) || (owner !== null && owner === actor.username)) return;
  throw new AdminError('forbidden', {
    say: 'Only who manages the organisation gives a server to somebody else.',
    faults: [{ field: 'body.owner', say: 'Leave it out, or write your own name.' }],
  });
}

/** Deleted and made again under its name it would be there as if nothing had been: what the kill switch holds stays. */
export function checkNotKilled(actor: Actor, switched: readonly { readonly state: string }[]): void {
  if (manages(actor) || switched.every(({ state }) => state !== 'killed')) return;
  throw new AdminError('conflict', { say: 'The kill switch holds it; who manages the organisation takes that back.' });
}

interface Addressed {
  readonly visibility: Visibility;
  readonly url: string;
  readonly replicas: readonly { readonly url: string }[];
}

/**
 * Who has shown a server to every organisation has shown what answers at its addresses: with another one it would be another
 * server that everybody sends their calls to.
 */
export function checkShownAddresses(actor: Actor, after: Addressed, before: Addressed): void {
  if (actor.rights.has('system') || before.visibility !== 'shared' || after.visibility !== 'shared') return;
  const known = new Set([before.url, ...before.replicas.map(({ url }) => url)]);
  if (after.url === before.url && after.replicas.every(({ url }) => known.has(url))) return;
  throw new AdminError('forbidden', {
    say: 'It is shown to every organisation: a system_admin changes where it is. Make it "public" or "private" with that.',
  });
}
