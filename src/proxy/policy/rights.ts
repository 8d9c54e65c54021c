/*
 * Who may do what under a snapshot, compiled when somebody asks for the first time. A principal that was here before is one
 * look-up; those who are the same to the rules share what was compiled.
 */
import type { Principal } from '../../model/principal.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import { CompiledRights } from './compiled.ts';
import type { RightsOf } from './decision.ts';
import { factsOf } from './facts.ts';
import { type Decided, OrganisationRules } from './organisation.ts';

/** Of different rights, under one snapshot. What is needed again is compiled again; who is asked about keeps his own. */
const RIGHTS_KEPT_MAX = 4_096;

const compiled = new WeakMap<Snapshot, RightsOf>();

/** The newest under the same access rules: most snapshots differ in nothing that decides. */
const newest = new WeakMap<Snapshot['access'], { readonly decided: Decided; readonly of: RightsOf }>();

export function rightsIn(snapshot: Snapshot): RightsOf {
  const known = compiled.get(snapshot);
  if (known) return known;
  const { servers, endpoints, access, overlay } = snapshot;
  const before = newest.get(access);
  const of = before && isSame(before.decided, snapshot) ? before.of : rightsBy({ servers, endpoints, access, overlay });
  compiled.set(snapshot, of);
  return of;
}

function rightsBy(decided: Decided): RightsOf {
  const rights = new RightsOfSnapshot(decided);
  const of: RightsOf = (principal) => rights.of(principal);
  newest.set(decided.access, { decided, of });
  return of;
}

function isSame(one: Decided, other: Decided): boolean {
  const { servers, endpoints, access, overlay } = other;
  return one.servers === servers && one.endpoints === endpoints && one.access === access && one.overlay === overlay;
}

class RightsOfSnapshot {
  readonly #decided: Decided;
  /** Those that a rule could name; all others are alike. */
  readonly #named: ReadonlySet<string>;
  readonly #organisations = new Map<string | undefined, OrganisationRules>();
  readonly #warm = new WeakMap<Principal, CompiledRights>();
  /** By fingerprint, least lately used first. */
  readonly #kept = new Map<string, CompiledRights>();

  constructor(decided: Decided) {
    const { servers, endpoints, access } = decided;
    this.#decided = decided;
    this.#named = new Set(
      [...servers.values(), ...endpoints.values(), ...access.policies, ...access.roles.values()].flatMap(
        ({ organisation }) => organisation ?? [],
      ),
    );
  }

  of(principal: Principal): CompiledRights {
    const known = this.#warm.get(principal);
    if (known) return known;
    const rights = this.#cold(principal);
    this.#warm.set(principal, rights);
    return rights;
  }

  #cold(principal: Principal): CompiledRights {
    const rules = this.#rulesOf(principal.organisation);
    const facts = factsOf(principal, rules);
    const rights = this.#kept.get(facts.fingerprint) ?? new CompiledRights(rules, facts, (other) => this.of(other));
    this.#kept.delete(facts.fingerprint);
    this.#kept.set(facts.fingerprint, rights);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > RIGHTS_KEPT_MAX && oldest !== undefined) this.#kept.delete(oldest);
    return rights;
  }

  #rulesOf(organisation: string): OrganisationRules {
    const name = this.#named.has(organisation) ? organisation : undefined;
    const rules = this.#organisations.get(name) ?? new OrganisationRules(this.#decided, name);
    this.#organisations.set(name, rules);
    return rules;
  }
}
