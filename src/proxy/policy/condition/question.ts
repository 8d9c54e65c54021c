/*
 * What is known when conditions are asked, as values of CEL. Made once for all conditions of a decision, and each part only
 * when one looks at it.
 */
import type { EntryKind } from '../../../model/catalogue.ts';
import type { Principal } from '../../../model/principal.ts';
import type { RequestAbout, RightsPlace } from '../decision.ts';
import { calledInRules } from '../scope.ts';
import {
  fromJson,
  type Missing,
  type Purse,
  recordOf,
  timeOf,
  UNKNOWN,
  UNREADABLE,
  type Value,
  WORK_MAX,
} from './cel.ts';
import type { Reads } from './reads.ts';

/** What a condition calls them. */
const KINDS: Readonly<Record<EntryKind, string>> = {
  tools: 'tool',
  prompts: 'prompt',
  resources: 'resource',
  templates: 'template',
};

export interface Known {
  readonly place: RightsPlace;
  readonly kind: EntryKind;
  /** Undefined for any. */
  readonly key: string | undefined;
  /** Undefined while a view is made. */
  readonly about?: RequestAbout | undefined;
  /** Undefined but for a call. */
  readonly argumentsOf?: (() => unknown) | undefined;
}

export class Question {
  readonly purse: Purse = { left: WORK_MAX };
  /** Some answer was `unknown`. */
  hasDoubt = false;
  readonly #known: Known;
  #target: Value | undefined;
  #request: Value | undefined;
  #arguments: Value | Missing | undefined;

  constructor(known: Known) {
    this.#known = known;
  }

  /** Nothing of a request is known yet. */
  get isEarly(): boolean {
    return !this.#known.about && !this.#known.argumentsOf;
  }

  /** Whether what it reads is not all there. */
  lacks({ target, request, arguments: reads }: Reads): boolean {
    const { about, argumentsOf } = this.#known;
    if (this.#name === undefined && (target.has('name') || target.has('*'))) return true;
    if (!argumentsOf && reads) return true;
    return !about && request.size > 0;
  }

  /** Undefined where many are asked about. A template stands for many names. */
  get #name(): string | undefined {
    const { kind, key } = this.#known;
    return kind === 'templates' ? undefined : key;
  }

  get target(): Value | Missing {
    const { place, kind } = this.#known;
    const name = this.#name;
    this.#target ??= recordOf(
      new Map<string, () => Value>([
        ['server', () => place.server.name],
        ['endpoint', () => calledInRules(place.endpoint)],
        ['kind', () => KINDS[kind]],
        ['name', () => (name === undefined ? notYet() : fromJson(name))],
      ]),
    );
    return this.#target;
  }

  get request(): Value | Missing {
    const { about } = this.#known;
    if (!about) return UNKNOWN;
    const { request, door, revision, method, nowMs } = about;
    this.#request ??= recordOf(
      new Map<string, () => Value>([
        ['time', () => timeOf(nowMs)],
        ['address', () => request.address],
        ['headers', () => fromJson(request.headers)],
        ['door', () => door],
        ['revision', () => revision],
        ['method', () => method],
      ]),
    );
    return this.#request;
  }

  /** Throws nothing: what cannot be read is an error of the conditions that look at it. */
  get arguments(): Value | Missing {
    const { argumentsOf } = this.#known;
    if (!argumentsOf) return UNKNOWN;
    this.#arguments ??= asValue(argumentsOf);
    return this.#arguments;
  }
}

/** Of many names. */
function notYet(): never {
  throw new Error('no call yet');
}

function asValue(read: () => unknown): Value | Missing {
  try {
    const json = read();
    return typeof json === 'object' && json !== null && !Array.isArray(json) ? fromJson(json) : UNREADABLE;
  } catch {
    return UNREADABLE;
  }
}

/** What conditions see of a principal. Who has no name to own servers under has an empty one. */
export function principalValue(principal: Principal): Value {
  const { id, kind, organisation, user = '', roles, groups, scopes, claims } = principal;
  const fields = { id, kind, organisation, user, roles, groups, scopes, claims };
  return recordOf(new Map(Object.entries(fields).map(([name, field]) => [name, () => fromJson(field)])));
}
