/*
 * By what somebody was let in, and whether that is as it was: without the credential, and without asking anybody.
 *
 *   the file's rules (a number) · what the endpoint asks for · the overlay · the rows of the store that it rests on
 *
 * What people decide changes often, and mostly about others. So nothing is compared but what this one rests on, rows by being
 * the same object, and that once after each change: fifty thousand keys that change one at a time cost each holder of
 * another one a few look-ups.
 */
import type { RefusedWhy } from '../../model/event.ts';
import { isKilled } from '../../model/overlay.ts';
import type { StoredUser } from '../../model/people.ts';
import type { Principal } from '../../model/principal.ts';
import { inTable } from '../../model/table.ts';
import { isSamePlace, type Place } from './places.ts';
import type { Rules } from './rules.ts';
import type { Verified } from './scheme.ts';

type Decided = Pick<Rules, 'identity' | 'people' | 'overlay'>;

export class Basis {
  readonly principal: Principal;
  readonly #endpoint: string | undefined;
  readonly #number: number;
  readonly #place: Place;
  readonly #user: StoredUser | undefined;
  readonly #rests: Verified['rests'];
  #generation: number;

  constructor(found: Pick<Verified, 'principal' | 'rests'>, endpoint: string | undefined, rules: Rules, place: Place) {
    this.principal = found.principal;
    this.#endpoint = endpoint;
    this.#number = rules.number;
    this.#place = place;
    this.#user = storedUserOf(found.principal, rules);
    this.#rests = found.rests;
    this.#generation = rules.generation;
  }

  /** When not, it must be found out again; that may well come to the same. */
  holds(rules: Rules): boolean {
    if (rules.generation === this.#generation) return true;
    if (rules.number !== this.#number || !this.#isAsItWas(rules)) return false;
    this.#generation = rules.generation;
    return true;
  }

  #isAsItWas(rules: Rules): boolean {
    if (overlayRefusal(this.principal, rules) !== undefined) return false;
    if (storedUserOf(this.principal, rules) !== this.#user) return false;
    if (this.#rests && !this.#rests(rules.people)) return false;
    return isSamePlace(this.#place, rules.places.of(this.#endpoint));
  }
}

/** Who is not let in whatever he presents, and why. */
export function refusalOf(principal: Principal, rules: Decided): RefusedWhy | undefined {
  return overlayRefusal(principal, rules) ?? (storedUserOf(principal, rules)?.disabled ? 'denied' : undefined);
}

/** A user of the file of that name is another one, and not the store's to switch off. */
function storedUserOf({ user }: Principal, { identity, people }: Decided): StoredUser | undefined {
  return user === undefined || identity.users.has(user) ? undefined : inTable(people.users, user);
}

const KEY = 'key:';

function overlayRefusal({ id, kind, user, organisation }: Principal, { overlay }: Decided): RefusedWhy | undefined {
  const { keys } = overlay;
  if (isKilled(overlay, organisation, user === undefined ? [id] : [id, `user:${user}`])) return 'denied';
  return kind === 'key' && keys.size > 0 && keys.has(id.slice(KEY.length)) ? 'denied' : undefined;
}
