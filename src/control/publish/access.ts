/*
 * Roles and policies that are stored, as the data plane decides by them.
 *
 * What cannot be read opens nothing. A role or a policy that allows is left out. A policy that denies, or that does not say
 * whether it does, denies everything that it could mean: each of its parts that cannot be read is taken at its widest.
 */
import type { ConditionFault } from '../../config/access-rules.ts';
import { mapOf, type Raw } from '../../config/raw.ts';
import { policyOf, resolvePermissions } from '../../config/resolve-access.ts';
import type { PolicyEntry } from '../../config/schema-access.ts';
import { storedPermissions, storedPolicy } from '../../config/schema-stored.ts';
import type { PolicyDefinition, RoleDefinition } from '../../model/access.ts';
import type { PublishedRows } from '../store/queries/published.ts';
import { parsed, type Read, readJson, readValue } from './readable.ts';
import { Remembered } from './remembered.ts';

type PolicyRow = PublishedRows['policies'];
type RoleRow = PublishedRows['roles'];

export const PRIORITY_MAX = 1_000;

/** What holds in the place of a policy. */
export interface PolicyRead {
  readonly policy: PolicyDefinition | undefined;
  /** Undefined when it is the policy itself. */
  readonly why: string | undefined;
}

export class StoredAccess {
  readonly #conditionFault: ConditionFault;
  readonly #policies = new Remembered<PolicyRow, PolicyRead>();
  readonly #roles = new Remembered<RoleRow, Read<RoleDefinition>>();

  constructor(conditionFault: ConditionFault) {
    this.#conditionFault = conditionFault;
  }

  role(row: RoleRow): Read<RoleDefinition> {
    return this.#roles.of(row, [], () => {
      const read = readJson(storedPermissions, row.permissionsJson, 'permissions');
      if (!read.ok) return read;
      const { name, organisation } = row;
      return { ok: true, value: { name, organisation, permissions: resolvePermissions(read.value) } };
    });
  }

  /** `headers`: those that conditions may read. */
  policy(row: PolicyRow, headers: readonly string[]): PolicyRead {
    return this.#policies.of(row, [headers], () => this.#policyOf(row, headers));
  }

  #policyOf(row: PolicyRow, headers: readonly string[]): PolicyRead {
    const read = readJson(storedPolicy, row.definitionJson, 'definition');
    const why = read.ok ? this.#faultOf(read.value.when, headers) : read.why;
    if (read.ok && why === undefined) return { policy: definitionOf(row, read.value), why };
    const raw = mapOf(parsed(row.definitionJson)?.of);
    if (raw.effect === 'allow') return { policy: undefined, why };
    const policy = definitionOf(row, this.#widest(raw, headers));
    return { policy, why: `${why} Until it is put right it denies everything that it could mean.` };
  }

  #faultOf(when: string | undefined, headers: readonly string[]): string | undefined {
    if (when === undefined) return undefined;
    try {
      const fault = this.#conditionFault(when, headers);
      return fault === undefined ? undefined : `when: ${fault}`;
    } catch {
      return 'when: It cannot be judged.';
    }
  }

  #widest(raw: Raw, headers: readonly string[]): Stated {
    const { who, exceptWho, what, exceptWhat, when } = storedPolicy.shape;
    const condition = readable(when, raw.when);
    return {
      effect: 'deny',
      who: readable(who, raw.who) ?? '*',
      exceptWho: readable(exceptWho, raw.exceptWho),
      what: readable(what, raw.what) ?? '*',
      exceptWhat: readable(exceptWhat, raw.exceptWhat),
      when: this.#faultOf(condition, headers) === undefined ? condition : undefined,
    };
  }
}

type Stated = Omit<PolicyEntry, 'name' | 'organisation' | 'priority'>;

function definitionOf({ name, organisation, priority }: PolicyRow, stated: Stated): PolicyDefinition {
  const isPriority = Number.isInteger(priority) && priority >= 1 && priority <= PRIORITY_MAX;
  return policyOf({ name, organisation, ...stated, priority: isPriority ? priority : PRIORITY_MAX });
}

function readable<Value>(schema: Parameters<typeof readValue<Value>>[0], value: unknown): Value | undefined {
  const read = readValue(schema, value, '');
  return read.ok ? read.value : undefined;
}
