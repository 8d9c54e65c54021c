/*
 * Whom policies mean. Each name that a principal has is looked up once, so that who asks for the first time is not
 * compared with every name in a thousand policies.
 */
import type { Who } from '../../model/access.ts';
import { matchesParts } from '../../model/pattern.ts';
import type { Principal } from '../../model/principal.ts';

/** One mark for each policy, by its place in the order. */
export type Marks = Uint8Array;

const LISTS = ['principals', 'users', 'roles', 'groups', 'scopes'] as const;
type List = (typeof LISTS)[number];

function namesOf(principal: Principal, list: List): readonly string[] {
  if (list === 'principals') return [principal.id];
  if (list === 'users') return principal.user === undefined ? [] : [principal.user];
  return principal[list];
}

/** The names of one list of all policies. */
interface Index {
  readonly exact: Map<string, number[]>;
  readonly wild: [readonly string[], number][];
}

export function addTo<T>(lists: Map<string, T[]>, name: string, one: T): void {
  const list = lists.get(name);
  if (list) list.push(one);
  else lists.set(name, [one]);
}

export class WhoIndex {
  readonly #always: readonly number[];
  readonly #count: number;
  readonly #indexes = new Map<List, Index>(LISTS.map((list) => [list, { exact: new Map(), wild: [] }]));

  constructor(whos: readonly (Who | '*' | undefined)[]) {
    this.#count = whos.length;
    this.#always = whos.flatMap((who, at) => (who === '*' ? [at] : []));
    whos.forEach((who, at) => {
      if (who !== '*' && who) this.#add(who, at);
    });
  }

  #add(who: Who, at: number): void {
    for (const [list, { exact, wild }] of this.#indexes) {
      for (const pattern of who[list] ?? []) {
        if (pattern.includes('*')) wild.push([pattern.split('*'), at]);
        else addTo(exact, pattern, at);
      }
    }
  }

  /** Which of them mean this principal. */
  marks(principal: Principal): Marks {
    const marks = new Uint8Array(this.#count);
    for (const at of this.#always) marks[at] = 1;
    for (const [list, { exact, wild }] of this.#indexes) {
      for (const name of namesOf(principal, list)) {
        for (const at of exact.get(name) ?? []) marks[at] = 1;
        for (const [parts, at] of wild) if (matchesParts(parts, name)) marks[at] = 1;
      }
    }
    return marks;
  }
}
