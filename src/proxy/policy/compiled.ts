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
import { Aim } from './aim.ts';
import { both, bothTraced, otherForm } from './both-forms.ts';
import type { Value } from './condition/cel.ts';
import type { Condition, Truth } from './condition/condition.ts';
import { type Known, principalValue, Question } from './condition/question.ts';
import { isVolatile } from './condition/reads.ts';
import type { Conditional, Decision, KnownOfCall, Rights, RightsPlace, Settled } from './decision.ts';
import type { Facts } from './facts.ts';
import { mayGrant, mayReach, namedGrant } from './grants.ts';
import type { OrganisationRules, PlaceRules } from './organisation.ts';
import type { Policy } from './policies.ts';
import { denied, nameRefusal, TOO_LONG } from './refusals.ts';
import { missingScopes, type Step } from './scope-permissions.ts';
import { type Standing, standingOf } from './standing.ts';
import { lookedAt, type Trace } from './trace.ts';

/** How what is not known yet is taken: for the caller, or against. */
type Mood = 'hope' | 'fear';

export class CompiledRights implements Rights {
  readonly fingerprint: string;
  readonly #rules: OrganisationRules;
  readonly #facts: Facts;
  readonly #rightsOf: (principal: Principal) => CompiledRights;
  readonly #standings = new WeakMap<PlaceRules, Standing>();
  /** By policy: what conditions that do not look at the target say before there is a request. */
  readonly #early = new Map<Policy, Truth>();
  #principal: Value | undefined;
  /** With some scopes more. */
  readonly #stepped = new Map<string, CompiledRights>();

  constructor(rules: OrganisationRules, facts: Facts, rightsOf: (principal: Principal) => CompiledRights) {
    this.fingerprint = facts.fingerprint;
    this.#rules = rules;
    this.#facts = facts;
    this.#rightsOf = rightsOf;
  }

  decide(place: RightsPlace, kind: EntryKind, key: string): Decision {
    const said = this.#decide(place, kind, key);
    const other = said.answer === 'no' ? key : otherForm(kind, key);
    return other === key ? said : both(kind, said, other === undefined ? TOO_LONG : this.#decide(place, kind, other));
  }

  #decide(place: RightsPlace, kind: EntryKind, key: string): Decision {
    const standing = this.#standingAt(place);
    const no = standing.refused ?? nameRefusal(this.#facts, standing, kind, key);
    return no ?? this.#decided(new Aim(standing, kind, key));
  }

  trace(place: RightsPlace, kind: EntryKind, key: string, known: KnownOfCall): Trace {
    const [traced, other] = [this.#trace(place, kind, key, known), otherForm(kind, key)];
    if (other === undefined) return traced.decision.answer === 'no' ? traced : { ...traced, decision: TOO_LONG };
    return other === key ? traced : bothTraced(kind, traced, this.#trace(place, kind, other, known));
  }

  #trace(place: RightsPlace, kind: EntryKind, key: string, known: KnownOfCall): Trace {
    const standing = this.#standingAt(place);
    const aim = new Aim(standing, kind, key, known);
    const decision = this.#decide(place, kind, key);
    const again = new Question({ place, kind, key, ...known });
    return {
      decision: decision.answer === 'ask' ? this.#decided(aim) : decision,
      ...lookedAt(this.#facts, standing, aim, (policy) => this.#truthOf(policy, again)),
    };
  }

  #decided(aim: Aim): Decision {
    const best = this.#judge(aim, 'hope');
    if (!aim.hasDoubt) return best;
    const worst = this.#judge(aim, 'fear');
    if (!isSame(best, worst)) return this.#conditional(aim);
    // Of what is so either way the rule that needs nothing more to be known.
    return best.answer === 'no' ? best : worst;
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
    const standing = standingOf(this.#facts, rules, this.#rules.overlay);
    this.#standings.set(rules, standing);
    return standing;
  }

  #conditional(aim: Aim): Conditional {
    const { standing, kind, key } = aim;
    const open = this.#open(aim);
    const anew = (known: Partial<Known>) => new Aim(standing, kind, key, known);
    return {
      answer: 'ask',
      rule: open.map(({ rule }) => rule).join(' '),
      volatile: open.some(({ condition }) => condition && isVolatile(condition.reads)),
      listed: (about) => this.#judge(anew({ about }), 'hope'),
      called: (about, argumentsOf) => this.#judge(anew({ about, argumentsOf }), 'hope'),
    };
  }

  #judge(aim: Aim, mood: Mood): Settled {
    const judged = this.#judgeNow(aim, mood);
    if (judged.answer !== 'no') return judged;
    const extra = this.#steps(aim).find((step) => this.#passesWith(step, aim, mood));
    if (!extra) return judged;
    const wanted = (scope: string) => extra.includes(scope) || this.#facts.scopes.has(scope);
    const { scopesSupported } = aim.standing.rules.place.endpoint;
    return { answer: 'step-up', rule: judged.rule, scopes: scopesSupported.filter(wanted) };
  }

  #judgeNow(aim: Aim, mood: Mood): Settled {
    const { standing, kind, key } = aim;
    let first: Policy | undefined;
    standing.policies(kind).visit(kind, key, (policy) => {
      if (this.#isMet(policy, aim, mood)) first = policy;
      return first !== undefined;
    });
    if (first) return first.denies ? denied(first.rule) : { answer: 'yes', rule: first.rule };
    const rule = standing.granted[kind] ?? namedGrant(this.#facts, standing.rules, kind, key);
    return rule === undefined ? denied('none') : { answer: 'yes', rule };
  }

  /** What may decide, now or after a step-up. */
  #open(aim: Aim): readonly Policy[] {
    const { place } = aim.standing.rules;
    const later = this.#steps(aim).flatMap((step) => {
      const stepped = this.#with(step);
      return stepped.#openNow(aim.of(stepped.#standingAt(place)));
    });
    return [...new Set([...this.#openNow(aim), ...later])];
  }

  /** Up to the first that surely does. */
  #openNow(aim: Aim): readonly Policy[] {
    const open: Policy[] = [];
    const { standing, kind, key } = aim;
    standing.policies(kind).visit(kind, key, (policy) => {
      const [surely, perhaps] = [this.#isMet(policy, aim, 'hope'), this.#isMet(policy, aim, 'fear')];
      if (surely !== perhaps) open.push(policy);
      return surely && perhaps;
    });
    return open;
  }

  /** An error denies, and allows nothing (design §4). */
  #isMet(policy: Policy, aim: Pick<Aim, 'question'>, mood: Mood): boolean {
    if (!policy.condition) return true;
    const { question } = aim;
    const truth = this.#truthOf(policy, question);
    if (truth === 'error') return policy.denies;
    if (truth !== 'unknown') return truth;
    question.hasDoubt = true;
    return policy.denies === (mood === 'fear');
  }

  #truthOf(policy: Policy, question: Question): Truth {
    const { condition } = policy;
    if (!condition) return true;
    // What does not depend on the target is asked once for all of them.
    if (condition.reads.target.size > 0 || !question.isEarly) return this.#test(condition, question);
    const known = this.#early.get(policy) ?? this.#test(condition, question);
    if (question.purse.left > 0) this.#early.set(policy, known);
    return known;
  }

  #test(condition: Condition, question: Question): Truth {
    this.#principal ??= principalValue(this.#facts.principal);
    return condition.test(this.#principal, question);
  }

  /** Sets of scopes that are worth a try: what the scope permissions ask for, then each scope that policies look at. */
  #steps({ standing, kind, key }: Pick<Aim, 'standing' | 'kind'> & { readonly key?: string }): readonly Step[] {
    const { permissions, place } = standing.rules;
    const { scopesSupported } = place.endpoint;
    if (!this.#facts.canStepUp || scopesSupported.length === 0) return [];
    const all = kind === 'tools' && permissions ? (key === undefined ? permissions.all : [permissions.asked(key)]) : [];
    const missing = all.flatMap((asked) => (asked ? missingScopes(asked, this.#facts.scopes, scopesSupported) : []));
    return [...missing, ...scopesSupported.filter((one) => this.#matters(one)).map((one) => [one])];
  }

  /** Whether a policy looks at the scope; what the scope permissions say of it is tried anyway. */
  #matters(scope: string): boolean {
    if (this.#facts.scopes.has(scope)) return false;
    if (this.#rules.reads.has('scopes') || this.#rules.reads.has('*')) return true;
    const { meant, excepted } = this.#with([scope]).#facts;
    return !(equal(meant, this.#facts.meant) && equal(excepted, this.#facts.excepted));
  }

  #passesWith(scopes: Step, aim: Aim, mood: Mood): boolean {
    const stepped = this.#with(scopes);
    const standing = stepped.#standingAt(aim.standing.rules.place);
    return stepped.#judgeNow(aim.of(standing), mood).answer === 'yes';
  }

  #with(scopes: Step): CompiledRights {
    const key = JSON.stringify(scopes);
    const { principal } = this.#facts;
    const made = this.#stepped.get(key) ?? this.#rightsOf({ ...principal, scopes: [...principal.scopes, ...scopes] });
    this.#stepped.set(key, made);
    return made;
  }

  #seesOf(standing: Standing, kind: EntryKind): boolean {
    const { place } = standing.rules;
    if (!mayReach(this.#facts, kind, place.server.name)) return false;
    if (this.#mayUse(standing, kind)) return true;
    return this.#steps({ standing, kind }).some((step) => {
      const stepped = this.#with(step);
      return stepped.#mayUse(stepped.#standingAt(place), kind);
    });
  }

  /** Whether something of the kind may be granted and is not denied whole. */
  #mayUse({ rules, granted, policies }: Standing, kind: EntryKind): boolean {
    const question = new Question({ place: rules.place, kind, key: undefined });
    for (const { policy, what, except } of policies(kind).all) {
      const isWhole = (what === '*' || what.includes('*')) && (except === undefined || except.length === 0);
      if (policy.denies && !isWhole) continue;
      if (this.#isMet(policy, { question }, 'hope')) return !policy.denies;
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
