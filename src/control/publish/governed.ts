/*
 * The stored roles, policies and claim mappings that are published, and what holds in the place of those that cannot be.
 *
 * A policy that denies stays in force when the file has one of its name: what a name clash takes away must not open anything.
 */

import type { ConditionFault } from '../../config/access-rules.ts';
import type { Config } from '../../config/config.ts';
import { BUILT_IN_ROLES, type PolicyDefinition, type RoleDefinition } from '../../model/access.ts';
import type { StoredMapping } from '../../model/people.ts';
import type { PublishedRows } from '../store/queries/published.ts';
import { StoredAccess } from './access.ts';
import { StoredMappings } from './mappings.ts';
import { leftOut } from './named.ts';
import type { Unpublished } from './publisher.ts';
import type { Read } from './readable.ts';
import { keptList } from './remembered.ts';
import { byAge, type Rows } from './rows.ts';

type PolicyRow = PublishedRows['policies'];
type RoleRow = PublishedRows['roles'];

export class StoredGoverned {
  readonly #access: StoredAccess;
  readonly #mappings = new StoredMappings();
  roles: readonly RoleDefinition[] = [];
  policies: readonly PolicyDefinition[] = [];
  mappings: readonly StoredMapping[] = [];
  unpublished: readonly Unpublished[] = [];

  constructor(conditionFault: ConditionFault) {
    this.#access = new StoredAccess(conditionFault);
  }

  follow(rows: Rows, { access }: Config): void {
    const roles = byAge(rows.roles).map((row) => ({ row, read: this.#role(row, access.roles) }));
    const mappings = byAge(rows.claimMappings).map((row) => ({ row: named(row), read: this.#mappings.of(row) }));
    const taken = new Set(access.policies.map(nameIn));
    const policies = byAge(rows.policies)
      .filter(({ enabled }) => enabled !== 0)
      .map((row) => ({ row, ...this.#policy(row, access.headers, taken) }));
    const denials = mappings.flatMap(({ row, read }) => (read.ok ? [] : [this.#mappings.denial(row)]));
    this.roles = keptList(
      this.roles,
      roles.flatMap(({ read }) => (read.ok ? [read.value] : [])),
    );
    this.mappings = keptList(
      this.mappings,
      mappings.flatMap(({ read }) => (read.ok ? [read.value] : [])),
    );
    this.policies = keptList(this.policies, [...policies.flatMap(({ policy }) => policy ?? []), ...denials]);
    this.unpublished = [
      ...leftOut('role', roles),
      ...leftOut('mapping', mappings),
      ...policies.flatMap(({ row, why }) =>
        why === undefined ? [] : leftOut('policy', [{ row, read: { ok: false, why } }]),
      ),
    ];
  }

  #role(row: RoleRow, ofFile: ReadonlyMap<string, unknown>): Read<RoleDefinition> {
    const isTaken = ofFile.has(row.name) || BUILT_IN.has(row.name);
    return isTaken ? { ok: false, why: 'name_conflict' } : this.#access.role(row);
  }

  #policy(row: PolicyRow, headers: readonly string[], taken: ReadonlySet<string>) {
    const read = this.#access.policy(row, headers);
    if (!taken.has(nameIn(row))) return read;
    return { policy: read.policy?.effect === 'deny' ? read.policy : undefined, why: 'name_conflict' };
  }
}

const BUILT_IN: ReadonlySet<string> = new Set(BUILT_IN_ROLES);

function nameIn({ organisation, name }: { readonly organisation: string; readonly name: string }): string {
  return JSON.stringify([organisation, name]);
}

/** A mapping has no name of its own. */
function named<Row extends PublishedRows['claimMappings']>(row: Row): Row & { readonly name: string } {
  return { ...row, name: `${row.claim}:${row.value}` };
}
