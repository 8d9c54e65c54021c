/*
 * Who may do what under a snapshot, compiled when somebody asks for the first time. A principal that was here before is one
 * look-up; those who are the same to the rules share what was compiled.
 */
import type { Principal } from '../../model/principal.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import { CompiledRights } from './compiled.ts';
import type { RightsOf } from './decision.ts';
import { factsOf } from './facts.ts';
import { OrganisationRules } from './organisation.ts';

/** Of different rights, under one snapshot. What is needed again is compiled again; who is asked about keeps his own. */
const RIGHTS_KEPT_MAX = 4_096;

const compiled = new WeakMap<Snapshot, RightsOf>();

export function rightsIn(snapshot: Snapshot): RightsOf {
  const known = compiled.get(snapshot);
  if (known) return known;
  const rights = new RightsOfSnapshot(snapshot);
  const of: RightsOf = (principal) => rights.of(principal);
  compiled.set(snapshot, of);
  return of;
}

class RightsOfSnapshot {
  readonly #snapshot: Snapshot;
  /** Those that a rule could name; all others are alike. */
  readonly #named: ReadonlySet<string>;
  readonly #organisations = new Map<string | undefined, OrganisationRules>();
  readonly #warm = new WeakMap<Principal, CompiledRights>();
  /** By fingerprint, least lately used first. */
  readonly #kept = new Map<string, CompiledRights>();

  constructor(snapshot: Snapshot) {
    const { servers, endpoints, access } = snapshot;
    this.#snapshot = snapshot;
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
    const rules = this.#organisations.get(name) ?? new OrganisationRules(this.#snapshot, name);
    this.#organisations.set(name, rules);
    return rules;
  }
}
