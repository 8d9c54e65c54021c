/*
 * The policies of one organisation in the order in which they are asked: higher priority first, and of equal ones those
 * that deny first. The first that is met decides, which is design §4 (4) to the letter.
 */
import type { Pattern, PolicyDefinition, Scope } from '../../model/access.ts';
import type { EntryKind } from '../../model/catalogue.ts';
import { type Condition, compileCondition } from './condition/condition.ts';
import type { RightsPlace } from './decision.ts';
import { fitting, isAbout, patternsFor } from './scope.ts';
import { addTo } from './who.ts';

export interface Policy {
  readonly definition: PolicyDefinition;
  /** Its place in the order. */
  readonly at: number;
  readonly rule: string;
  readonly denies: boolean;
  readonly condition: Condition | undefined;
}

export function inOrder(definitions: readonly PolicyDefinition[]): readonly Policy[] {
  return [...definitions].sort(byOrder).map((definition, at) => ({
    definition,
    at,
    rule: `access.policies.${definition.name}`,
    denies: definition.effect === 'deny',
    condition: conditionOf(definition),
  }));
}

/** One policy that changes does not cost a thousand others that they are read again. */
const conditions = new WeakMap<PolicyDefinition, Condition>();

function conditionOf(definition: PolicyDefinition): Condition | undefined {
  if (definition.when === undefined) return undefined;
  const known = conditions.get(definition) ?? compileCondition(definition.when);
  conditions.set(definition, known);
  return known;
}

/** Policies by the servers that they name, so that those about one of five hundred are not looked for among all. */
export class ByServer {
  readonly #exact = new Map<string, Policy[]>();
  readonly #wild: readonly Policy[];

  constructor(policies: readonly Policy[]) {
    this.#wild = policies.filter(({ definition: { what } }) => what === '*' || what.servers.some(isPattern));
    for (const policy of policies) {
      const { what } = policy.definition;
      if (what === '*' || what.servers.some(isPattern)) continue;
      for (const server of new Set(what.servers)) addTo(this.#exact, server, policy);
    }
  }

  /** Those that may be about it, in order. */
  of(server: string): readonly Policy[] {
    const exact = this.#exact.get(server);
    return exact ? [...exact, ...this.#wild].sort((one, other) => one.at - other.at) : this.#wild;
  }
}

function isPattern(name: Pattern): boolean {
  return name.includes('*');
}

function byOrder(one: PolicyDefinition, other: PolicyDefinition): number {
  if (one.priority !== other.priority) return other.priority - one.priority;
  if (one.effect !== other.effect) return one.effect === 'deny' ? -1 : 1;
  return one.name < other.name ? -1 : 1;
}

/** What a policy is about at one place, of one kind. `undefined` patterns are none. */
export interface Local {
  readonly policy: Policy;
  readonly what: readonly Pattern[] | '*';
  readonly except: readonly Pattern[] | undefined;
}

function covers({ policy, what, except }: Local, kind: EntryKind, key: string): boolean {
  if (what !== '*' && fitting(what, kind, key, policy.denies ? 'all' : 'some') === undefined) return false;
  if (except === undefined) return true;
  return fitting(except, kind, key, policy.denies ? 'some' : 'all') === undefined;
}

/** Of those who are meant by different policies; there are no more than people gave roles and groups together. */
const COMPANIES_KEPT_MAX = 256;

/** The policies about one kind at one place. Those that name what they mean are found by it, the others are few. */
export class Locals {
  readonly all: readonly Local[];
  readonly #wild: readonly Local[];
  readonly #exact = new Map<string, Local[]>();
  /** By company. */
  readonly #narrowed = new Map<string, Locals>();

  constructor(all: readonly Local[]) {
    this.all = all;
    this.#wild = all.filter(isWild);
    for (const local of all) {
      if (local.what === '*' || isWild(local)) continue;
      for (const name of local.what) addTo(this.#exact, name, local);
    }
  }

  /** Those that a company is meant by: kept once for all of it, for its members may be as many as there are claims. */
  narrowed(company: string, isMeant: (policy: Policy) => boolean): Locals {
    const known = this.#narrowed.get(company);
    if (known) return known;
    const meant = this.all.filter(({ policy }) => isMeant(policy));
    const narrowed = meant.length === this.all.length ? this : new Locals(meant);
    if (this.#narrowed.size >= COMPANIES_KEPT_MAX) this.#narrowed.clear();
    this.#narrowed.set(company, narrowed);
    return narrowed;
  }

  /** All that cover it, in order, until the visitor says that it is enough. */
  visit(kind: EntryKind, key: string, isEnough: (policy: Policy) => boolean): void {
    const exact = kind === 'templates' ? [] : (this.#exact.get(key) ?? []);
    const wild = kind === 'templates' ? this.all : this.#wild;
    for (let [at, next] = [0, 0]; at < exact.length || next < wild.length; ) {
      const [one, other] = [exact[at], wild[next]];
      const isFirst = one !== undefined && (other === undefined || one.policy.at < other.policy.at);
      const local = isFirst ? one : other;
      if (isFirst) at += 1;
      else next += 1;
      if (local && covers(local, kind, key) && isEnough(local.policy)) return;
    }
  }
}

function isWild({ what }: Local): boolean {
  return what === '*' || what.some((pattern) => pattern.includes('*'));
}

export function localsAt(policies: readonly Policy[], place: RightsPlace, kind: EntryKind): Locals {
  return new Locals(policies.flatMap((policy) => localOf(policy, place, kind) ?? []));
}

function localOf(policy: Policy, place: RightsPlace, kind: EntryKind): Local | undefined {
  const { what: scope, exceptWhat } = policy.definition;
  const what = scope === '*' ? '*' : patternsAt(scope, place, kind);
  if (what === undefined || what.length === 0) return undefined;
  return { policy, what, except: exceptWhat && patternsAt(exceptWhat, place, kind) };
}

function patternsAt(scope: Scope, place: RightsPlace, kind: EntryKind): readonly Pattern[] | undefined {
  return isAbout(scope, place) ? patternsFor(scope, kind) : undefined;
}
