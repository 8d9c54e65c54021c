/*
 * The one decision: may this principal use this entry of this server here (design §4, "A call passes when all hold")?
 *
 *   1  the endpoint holds it, no tool filter blocks it, and its organisation is the caller's
 *   2  the credential is for it
 *   3  something grants it: the credential, a role, a scope, ownership, visibility or a policy
 *   4  the first policy that means it, in order of priority and deny before allow, does not deny it
 *
 * List, call, read, get, complete, subscribe and task all ask here (invariant I12). Nothing here ever throws for what a
 * caller can send; should it throw for a fault of ours, no permit is made and the call ends as `internal`.
 */
import { ENTRY_KINDS, type EntryKind } from '../../model/catalogue.ts';
import type { Principal } from '../../model/principal.ts';
import type { Asked, Truth } from './condition.ts';
import type { Conditional, Decision, KnownOfCall, Rights, RightsPlace, Settled } from './decision.ts';
import { type Facts, isMeant } from './facts.ts';
import { mayGrant, mayReach, namedGrant, wholeGrant } from './grants.ts';
import { byKind, type OrganisationRules, type PlaceRules } from './organisation.ts';
import { covers, type Local, type Policy } from './policies.ts';
import { denied, type No, nameRefusal, placeRefusal } from './refusals.ts';
import { type AskedScopes, holds } from './scope-permissions.ts';
import { lookedAt, type Trace } from './trace.ts';

/** How what is not known yet is taken: for the caller, or against. */
type Mood = 'hope' | 'fear';

/** What a place is to somebody, before any name is known. */
interface Standing {
  readonly rules: PlaceRules;
  readonly refused: No | undefined;
  readonly granted: Readonly<Record<EntryKind, string | undefined>>;
  seen: boolean | undefined;
}

/** One question. */
interface Aim {
  readonly standing: Standing;
  readonly kind: EntryKind;
  readonly key: string;
  readonly asked: Asked;
}

export class CompiledRights implements Rights {
  readonly fingerprint: string;
  readonly #rules: OrganisationRules;
  readonly #facts: Facts;
  readonly #rightsOf: (principal: Principal) => CompiledRights;
  readonly #standings = new WeakMap<PlaceRules, Standing>();
  /** With one scope more. */
  readonly #stepped = new Map<string, CompiledRights>();

  constructor(rules: OrganisationRules, facts: Facts, rightsOf: (principal: Principal) => CompiledRights) {
    this.fingerprint = facts.fingerprint;
    this.#rules = rules;
    this.#facts = facts;
    this.#rightsOf = rightsOf;
  }

  decide(place: RightsPlace, kind: EntryKind, key: string): Decision {
    const standing = this.#standingAt(place);
    const no = standing.refused ?? nameRefusal(this.#facts, place, kind, key);
    if (no) return no;
    const asked = { place, kind, key, about: undefined, argumentsOf: undefined };
    return this.#decided({ standing, kind, key, asked });
  }

  trace(place: RightsPlace, kind: EntryKind, key: string, known: KnownOfCall): Trace {
    const { rules } = this.#standingAt(place);
    const aim = { standing: this.#standingAt(place), kind, key, asked: { place, kind, key, ...known } };
    const decision = this.decide(place, kind, key);
    return {
      decision: decision.answer === 'ask' ? this.#decided(aim) : decision,
      ...lookedAt(this.#facts, rules, aim, (policy) => this.#truth(policy, aim)),
    };
  }

  #decided(aim: Aim): Decision {
    const best = this.#judge(aim, 'hope');
    const worst = this.#judge(aim, 'fear');
    return isSame(best, worst) ? worst : this.#conditional(aim);
  }

  sees(place: RightsPlace): boolean {
    const standing = this.#standingAt(place);
    if (standing.refused) return false;
    standing.seen ??= ENTRY_KINDS.some((kind) => this.#seesOf(standing, kind));
    return standing.seen;
  }

  #standingAt(place: RightsPlace): Standing {
    const rules = this.#rules.at(place);
    const known = this.#standings.get(rules);
    if (known) return known;
    const standing: Standing = {
      rules,
      refused: placeRefusal(this.#facts, rules),
      granted: byKind((kind) => wholeGrant(this.#facts, kind, place.server)),
      seen: undefined,
    };
    this.#standings.set(rules, standing);
    return standing;
  }

  #conditional(aim: Aim): Conditional {
    const open = this.#openPolicies(aim);
    return {
      answer: 'ask',
      rule: open.map(({ rule }) => rule).join(' '),
      volatile: open.some(({ condition }) => condition?.readsRequest),
      listed: (about) => this.#judge({ ...aim, asked: { ...aim.asked, about } }, 'hope'),
      called: (about, argumentsOf) => this.#judge({ ...aim, asked: { ...aim.asked, about, argumentsOf } }, 'hope'),
    };
  }

  #judge(aim: Aim, mood: Mood): Settled {
    const judged = this.#judgeWithoutStep(aim, mood);
    if (judged.answer !== 'no' || !this.#facts.canStepUp) return judged;
    const { scopesSupported } = aim.standing.rules.place.endpoint;
    const extra = scopesSupported.length > 0 && this.#steps(aim).find((step) => this.#passesWith(step, aim, mood));
    if (!extra) return judged;
    const wanted = (scope: string) => extra.includes(scope) || this.#facts.scopes.has(scope);
    return { answer: 'step-up', rule: judged.rule, scopes: scopesSupported.filter(wanted) };
  }

  #judgeWithoutStep(aim: Aim, mood: Mood): Settled {
    const { standing, kind, key } = aim;
    const policy = this.#decisive(aim, mood);
    if (policy) return policy.denies ? denied(policy.rule) : { answer: 'yes', rule: policy.rule };
    const rule = standing.granted[kind] ?? namedGrant(this.#facts, standing.rules, kind, key);
    return rule === undefined ? denied('none') : { answer: 'yes', rule };
  }

  /** The policy that decides. */
  #decisive(aim: Aim, mood: Mood): Policy | undefined {
    for (const { policy } of this.#about(aim)) if (this.#isMet(policy, aim, mood)) return policy;
    return undefined;
  }

  /** What may decide, up to the first that surely does. */
  #openPolicies(aim: Aim): readonly Policy[] {
    const open: Policy[] = [];
    for (const { policy } of this.#about(aim)) {
      const surely = this.#isMet(policy, aim, policy.denies ? 'hope' : 'fear');
      if (surely) break;
      if (this.#isMet(policy, aim, policy.denies ? 'fear' : 'hope')) open.push(policy);
    }
    return open;
  }

  #about({ standing, kind, key }: Aim): readonly Local[] {
    const locals = standing.rules.policies[kind].about(kind, key);
    return locals.filter((local) => isMeant(this.#facts, local.policy) && covers(local, kind, key));
  }

  /** An error denies, and allows nothing (design §4). */
  #isMet(policy: Policy, aim: Aim, mood: Mood): boolean {
    const truth = this.#truth(policy, aim);
    if (truth === 'error') return policy.denies;
    return truth === 'unknown' ? policy.denies === (mood === 'fear') : truth;
  }

  #truth({ condition }: Policy, { asked }: Aim): Truth {
    return condition ? condition.test(this.#facts.principal, asked) : true;
  }

  /** Sets of scopes that are worth a try: what the scope permissions ask for, then each scope that policies look at. */
  #steps({ standing, kind, key }: Aim): readonly (readonly string[])[] {
    const { permissions, place } = standing.rules;
    const asked = kind === 'tools' ? permissions?.asked(key) : undefined;
    const { scopesSupported } = place.endpoint;
    return [
      ...this.#missing(asked, scopesSupported),
      ...scopesSupported.filter((one) => this.#matters(one)).map((one) => [one]),
    ];
  }

  #missing(asked: AskedScopes | undefined, supported: readonly string[]): readonly (readonly string[])[] {
    if (!asked || holds(asked, this.#facts.scopes)) return [];
    const missing = asked.scopes.filter((scope) => !this.#facts.scopes.has(scope));
    const sets = asked.mode === 'all' ? [missing] : missing.map((scope) => [scope]);
    return sets.filter((set) => set.every((scope) => supported.includes(scope)));
  }

  /** Whether a policy looks at the scope; what the scope permissions say of it is tried anyway. */
  #matters(scope: string): boolean {
    const { meant, excepted } = this.#with([scope]).#facts;
    return (
      !this.#facts.scopes.has(scope) && !(equal(meant, this.#facts.meant) && equal(excepted, this.#facts.excepted))
    );
  }

  #passesWith(scopes: readonly string[], aim: Aim, mood: Mood): boolean {
    const stepped = this.#with(scopes);
    const standing = stepped.#standingAt(aim.standing.rules.place);
    return stepped.#judgeWithoutStep({ ...aim, standing }, mood).answer === 'yes';
  }

  #with(scopes: readonly string[]): CompiledRights {
    const key = JSON.stringify(scopes);
    const { principal } = this.#facts;
    const made = this.#stepped.get(key) ?? this.#rightsOf({ ...principal, scopes: [...principal.scopes, ...scopes] });
    this.#stepped.set(key, made);
    return made;
  }

  #seesOf(standing: Standing, kind: EntryKind): boolean {
    const { place, permissions } = standing.rules;
    if (!mayReach(this.#facts, kind, place.server.name)) return false;
    if (this.#mayUse(standing, kind)) return true;
    const { scopesSupported } = place.endpoint;
    if (!this.#facts.canStepUp || scopesSupported.length === 0) return false;
    const asked = kind === 'tools' ? (permissions?.all ?? []) : [];
    const sets = asked.flatMap((one) => this.#missing(one, scopesSupported));
    const steps = [...sets, ...scopesSupported.filter((one) => this.#matters(one)).map((one) => [one])];
    return steps.some((step) => {
      const stepped = this.#with(step);
      return stepped.#mayUse(stepped.#standingAt(place), kind);
    });
  }

  /** Whether something of the kind may be granted and is not denied whole. */
  #mayUse({ rules, granted }: Standing, kind: EntryKind): boolean {
    for (const { policy, what, except } of rules.policies[kind].all) {
      if (!isMeant(this.#facts, policy)) continue;
      if (!policy.denies) return true;
      const whole = what === '*' || what.includes('*');
      if (whole && !policy.condition && (except === undefined || except.length === 0)) return false;
    }
    return granted[kind] !== undefined || mayGrant(this.#facts, rules, kind);
  }
}

function isSame(one: Settled, other: Settled): boolean {
  if (one.answer !== other.answer) return false;
  return one.answer !== 'step-up' || other.answer !== 'step-up' || one.scopes.join(' ') === other.scopes.join(' ');
}

function equal(one: Uint8Array, other: Uint8Array): boolean {
  return one.every((mark, at) => mark === other[at]);
}
